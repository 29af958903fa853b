"""Network plugins: one file each, found by looking into this folder.

A plugin is data and pure functions: it says what should exist on a node, and does nothing.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.errors import BadInput, chosen
from packetwalk.faults import Fault
from packetwalk.plan.cluster import Cluster, Node, Pod, Service
from packetwalk.plan.edit import Change, together
from packetwalk.plan.kube_proxy_releases import MEANT, ProxyRelease
from packetwalk.plan.kube_proxy_releases import PROGRAM as PROXY
from packetwalk.plan.kube_proxy_releases import RELEASES as PROXIES
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import properties
from packetwalk.plan.rules import IPTABLES, NFTABLES, RULES
from packetwalk.trace.packet import PacketOptions

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate


class Mode(NamedTuple):
    """A way in which a plugin carries packets between nodes.

    ``overhead`` is (header, bytes) for each header it adds to the pod's IP packet, outermost
    first; ``pod_mtu`` returns the pod's MTU for an underlay's, in bytes; ``carries`` the longest IP packet
    that crosses in one piece, where that is not the pod's MTU; ``instead`` names the mode whose headers a
    packet gets over an underlay that is too small for this one's.
    """

    name: str
    title: str
    status: str
    overhead: tuple[tuple[str, int], ...]
    pod_mtu: Callable[[int], int]
    carries: Callable[[int], int] | None = None
    instead: Callable[[int], str | None] = lambda underlay: None

    def fits(self, underlay: int) -> int:
        """Return the longest IP packet of a pod that crosses in one piece; ``underlay`` is its MTU."""
        return (self.carries or self.pod_mtu)(underlay)


class PacketBefore(NamedTuple):
    """The packet before a scenario's own, of the same kind and from the same port: its connections are known.

    ``services`` are those that the cluster had then on top of the canonical ones; None: those of the scenario.
    """

    src: str
    dst: str
    services: tuple[Service, ...] | None = None


class Scenario(NamedTuple):
    """From where to where, in which underlay, with which protocol unless another is asked for.

    ``change`` returns the operations of a node as the scenario finds them, when it is no ordinary cluster;
    ``services`` are the Services that its cluster has on top of the canonical ones; ``packet`` has the fields of
    its packet that are not the usual ones; ``before`` is what was sent before it.
    """

    name: str
    title: str
    src: str
    dst: str
    proto: str = "icmp"
    underlay: str = "flat"
    change: Change | None = None
    services: tuple[Service, ...] = ()
    packet: PacketOptions = {}  # noqa: RUF012  (never changed)
    before: PacketBefore | None = None

    @property
    def special(self) -> bool:
        """Whether it needs a cluster that is not the ordinary one."""
        return self.change is not None or bool(self.services)

    @property
    def of_ipv4(self) -> bool:
        """Whether it is about IPv4 alone: an edit of its rules, an address, a Service of one family, a packet before it."""
        addressed = self.dst[0].isdigit() or any(each.load_balancers or each.sources for each in self.services)
        return self.change is not None or self.before is not None or addressed or self.dst == "kubernetes"

    @property
    def by_chance(self) -> bool:
        """Whether a kernel draws one of several endpoints, so that no two need to choose the same.

        An edit settles it: what was chosen before is remembered.
        """
        return self.change is None and any(len(each.backends) > 1 for each in self.services)


class Release(NamedTuple):
    """A release of a plugin: ``plan`` gives what exists on one node and in its pods, ``version`` is what that holds for.

    ``nftables`` puts tables of nftables in the place of its iptables rules, as it writes them where it is told to, if
    it can.  ``evidence`` says where what it writes unlike the release before it in the list is known from.
    """

    name: str
    version: str
    plan: Callable[[Cluster, str, Node], list[Operation]]
    nftables: Change | None = None
    evidence: str = ""


class Plugin(NamedTuple):
    """A network plugin, in the first of its ``releases``: the newest, unless another was chosen.

    ``pod_address`` is the address that a pod has in a mode; ``scenarios`` are those that only this plugin has, on top
    of the ones every mode has; ``policed`` makes of its tables what they are under policies, where it enforces any;
    ``proxy`` is the release of the kube-proxy beside it.
    """

    name: str
    title: str
    releases: tuple[Release, ...]
    modes: tuple[Mode, ...]
    faults: tuple[Fault, ...]
    pod_address: Callable[[Cluster, str, Pod], str]
    pod_network: Callable[[Cluster], str]
    scenarios: tuple[Scenario, ...] = ()
    policed: Callable[[Estate], Change] | None = None
    proxy: ProxyRelease = MEANT

    @property
    def release(self) -> Release:
        """The release that it is in."""
        return self.releases[0]

    @property
    def version(self) -> str:
        """What its walks hold for."""
        proxy = "" if self.proxy is MEANT else f", {PROXY} {self.proxy.version}"
        return f"{self.release.version}{proxy}"

    @property
    def plan(self) -> Callable[[Cluster, str, Node], list[Operation]]:
        """What exists on one node and in its pods."""
        return self.release.plan

    @property
    def nftables(self) -> Change | None:
        """What brings its rules into the form of nftables, if it can write that."""
        return self.release.nftables

    @property
    def other(self) -> str | None:
        """The name of the release that it is in, or kube-proxy, where that is not the one that is meant."""
        if self.proxy is not MEANT:
            return self.proxy.name
        return None if self.release is plugins()[self.name].release else self.release.name

    def at(self, release: str | None) -> Plugin:
        """Return the plugin in a release of its own or of kube-proxy's, by name (as it is when None).

        BadInput lists the valid ones.
        """
        if release is None:
            return self
        found = chosen(f"release of {self.name}", release, (*self.releases, *PROXIES))
        if isinstance(found, ProxyRelease):
            return self._replace(proxy=found)
        others = (each for each in self.releases if each is not found)
        return self._replace(releases=(found, *others))

    def has_ipv6(self, mode: str) -> bool:
        """Say whether it is known what adds IPv6 to a mode."""
        found = _ipv6(self.name)
        return found is not None and mode in found.MODES

    def with_ipv6(self, mode: str) -> ModuleType:
        """Return what adds IPv6 to its tables (``change``), and its addresses; BadInput where that is not known."""
        known = {each: _ipv6(each) for each in plugins()}
        have = {f"{name} {each}": found for name, found in known.items() if found for each in found.MODES}
        asked = f"{self.name} {mode}"
        if asked not in have or self.other:
            raise BadInput("IPv6", " ".join([asked, self.other or ""]).strip(), have or ["none here: it is in the book's repository"])
        return have[asked]

    @property
    def rules(self) -> tuple[str, ...]:
        """The forms in which it can write its rules."""
        return RULES if self.nftables else (IPTABLES,)

    def form(self, rules: str) -> Change:
        """Return what brings its rules into this form; BadInput where there is none."""
        if rules not in self.rules:
            raise BadInput(f"rules of {self.name}", rules, self.rules)
        return self.nftables if self.nftables and rules == NFTABLES else together()

    def mode(self, name: str | None) -> Mode:
        """Return a mode by name (the first when None); BadInput lists the valid ones."""
        if name is None:
            return self.modes[0]
        return chosen(f"mode of {self.name}", name, self.modes)

    def fault(self, name: str) -> Fault:
        """Return a fault by name; BadInput lists the valid ones."""
        return chosen(f"fault of {self.name}", name, self.faults)

    def faults_of(self, mode: str) -> tuple[Fault, ...]:
        """Return the faults that can befall a mode, by its properties."""
        like = properties(self.plan, mode)
        return tuple(fault for fault in self.faults if fault.needs(like))

    def modes_with(self, fault: Fault) -> tuple[Mode, ...]:
        """Return the modes that a fault can befall."""
        return tuple(mode for mode in self.modes if fault.needs(properties(self.plan, mode.name)))


@cache
def _ipv6(plugin: str) -> ModuleType | None:
    """Return a plugin's folder ``ipv6``, if it has one; a wheel has none."""
    try:
        return import_module(f"{__name__}.{plugin}.ipv6")
    except ModuleNotFoundError:
        return None


@cache
def plugins() -> dict[str, Plugin]:
    """Return all plugins by name, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").PLUGIN for name in names}


def plugin(name: str, release: str | None = None) -> Plugin:
    """Return a plugin by name, in its newest release unless another is named; BadInput lists the valid ones."""
    return chosen("plugin", name, tuple(plugins().values())).at(release)
