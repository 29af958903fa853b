"""Network plugins: one file each, found by looking into this folder.

A plugin is data and pure functions: it says what should exist on a node, and does nothing.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from packetwalk.errors import BadInput, chosen
from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.plan.edit import Change, Who, alter, entries, everybody, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import Properties, properties
from packetwalk.plan.rules import IPTABLES, NFTABLES, RULES
from packetwalk.tables import LinkEntry
from packetwalk.trace.packet import PacketOptions

TO_ANOTHER_NODE = ("cross-node", "service", "node-to-pod")
"""The scenarios of every mode whose packets go to another node."""


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


class Touch(NamedTuple):
    """What a fault may change: tables (none: any), on which nodes and in their pods, about whom (None: anybody)."""

    tables: tuple[str, ...] = ()
    nodes: Who = everybody
    about: Who | None = None


class Fault(NamedTuple):
    """A thing that goes wrong: ``change`` returns the operations of a node as the fault leaves them.

    ``title`` names it, without a full stop; ``story`` tells whoever reads on what it does and why it happens.
    ``shows`` are the scenarios in which it makes a difference, ``touches`` all that it changes, ``needs`` the
    properties of the modes that it can befall; ``packet`` has the fields of the packet that shows it best;
    ``later`` does the same as ``change`` and what the plugin does about it once it has noticed.
    """

    name: str
    title: str
    story: str
    shows: tuple[str, ...]
    touches: tuple[Touch, ...]
    change: Change
    needs: Callable[[Properties], bool] = lambda mode: True
    packet: PacketOptions = {}  # noqa: RUF012  (never changed)
    later: Change | None = None


NARROW_SEGMENT = Fault(
    "segment-mtu-1400",
    "A switch between the nodes carries only 1400",
    "The nodes' cards have an MTU of 1500, a switch between them takes 1400 and has no IP layer that could tell "
    "anybody: what is longer is lost without a word, whatever its DF says. Pings and handshakes pass, a "
    "connection hangs with its first full segment.",
    ("cross-node", "node-to-pod"),
    (Touch(("link",)),),
    alter(entries(LinkEntry, kind="eth"), "somebody", carries=1400),
    packet={"size": 1380, "df": True},
)
"""A fault of the network between the nodes: it can befall every plugin that does not test the path itself."""


class Scenario(NamedTuple):
    """From where to where, in which underlay, with which protocol unless another is asked for.

    ``change`` returns the operations of a node as the scenario finds them, when it is no ordinary cluster.
    """

    name: str
    title: str
    src: str
    dst: str
    proto: str = "icmp"
    underlay: str = "flat"
    change: Change | None = None


class Plugin(NamedTuple):
    """A network plugin. ``plan`` gives what exists on one node and in its pods.

    ``pod_address`` is the address that a pod has in a mode; ``scenarios`` are those that only this plugin has, on top
    of the ones every mode has; ``nftables`` puts tables of nftables in the place of its iptables rules, as it writes them where it is told to, if it can.
    """

    name: str
    title: str
    version: str
    modes: tuple[Mode, ...]
    faults: tuple[Fault, ...]
    plan: Callable[[Cluster, str, Node], list[Operation]]
    pod_address: Callable[[Cluster, str, Pod], str]
    pod_network: Callable[[Cluster], str]
    scenarios: tuple[Scenario, ...] = ()
    nftables: Change | None = None

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
def plugins() -> dict[str, Plugin]:
    """Return all plugins by name, in alphabetical order."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").PLUGIN for name in names}


def plugin(name: str) -> Plugin:
    """Return a plugin by name; BadInput lists the valid ones."""
    return chosen("plugin", name, tuple(plugins().values()))
