"""The walk: one scenario, one packet, all that follows."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Unpack

from packetwalk.cni import Plugin, Scenario
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput, chosen
from packetwalk.plan.cluster import Cluster, Service
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.catalogue import ASKED, SCENARIOS
from packetwalk.walks.changed import Changed
from packetwalk.walks.network import Network
from packetwalk.walks.walk import Walk

if TYPE_CHECKING:
    from packetwalk.policy.manifests.collected import Collected


def scenarios(plugin: Plugin) -> tuple[Scenario, ...]:
    """Return the scenarios of a plugin: those of every mode, its own, then those that are asked for."""
    return SCENARIOS + plugin.scenarios + ASKED


def scenario(name: str, plugin: Plugin) -> Scenario:
    """Return a scenario by name; BadInput lists the valid ones."""
    return chosen("scenario", name, scenarios(plugin))


@lru_cache(maxsize=64)
def network(
    plugin: str,
    mode: str | None = None,
    underlay: str = "flat",
    fault: str | None = None,
    special: str | None = None,
    rules: str = IPTABLES,
    release: str | None = None,
    ipv6: bool = False,
) -> Network:
    """Return the canonical cluster with a plugin; kept, for its tables never change.

    ``special`` names a scenario that is in no ordinary cluster, ``rules`` the form of the rules, ``release`` is the
    plugin's, the newest when None; ``ipv6`` gives it both families.  BadInput for a name that does not exist.
    """
    return _network(plugin, mode, underlay, fault, special, rules, release, ipv6=ipv6)


@lru_cache(maxsize=64)
def changed(
    plugin: str, mode: str | None, underlay: str, special: str | None, rules: str, release: str | None
) -> Changed:
    """Return which lines of that network, with nothing broken, a release changed."""

    def made(other: str) -> Network:
        return network(plugin, mode, underlay, None, special, rules, other)

    return Changed(find_plugin(plugin, release), rules, made)


def _network(
    plugin: str,
    mode: str | None,
    underlay: str,
    fault: str | None,
    special: str | None,
    rules: str,
    release: str | None,
    policies: Collected | None = None,
    *,
    ipv6: bool = False,
) -> Network:
    of = scenario(special, find_plugin(plugin)) if special else None
    change = of.change if of else None

    def made(services: tuple[Service, ...], before: Network | None = None) -> Network:
        machines = Cluster(underlay=underlay, extra=services)
        of_plugin = plugin, mode, fault, change
        return Network(
            machines, *of_plugin, rules=rules, release=release, policies=policies, before=before, ipv6=ipv6
        )

    then = of.before.services if of and of.before else None
    return made(of.services if of else (), None if then is None else made(then))


def walk(
    plugin: str,
    mode: str | None = None,
    scenario_name: str | None = None,
    *,
    src: str | None = None,
    dst: str | None = None,
    fault: str | None = None,
    rules: str = IPTABLES,
    release: str | None = None,
    policies: Collected | None = None,
    ipv6: bool = False,
    **given: Unpack[PacketOptions],
) -> Walk:
    """Send one packet through the canonical cluster and return all that happened.

    Give a scenario, or ``src`` and ``dst`` (pod, node, service, address, each with ``:PORT``).
    ``ipv6`` sends it by IPv6 through a cluster with both families.  The packet's fields are ``proto``, ``size`` (the payload in bytes), ``df``, ``ttl``, ``cold``, ``sport``.
    What is not given comes from the fault (the packet that shows it best), else from the scenario, else is a
    default ping; to a port goes TCP.  ``rules`` are written by ``iptables`` or as ``nftables``; ``release`` is the
    plugin's, the newest when None; ``policies`` are what ``policy.gather`` has read.  BadInput for a name that does
    not exist, or a packet that cannot be.
    """
    found = find_plugin(plugin, release)
    way = _way(found, scenario_name, src, dst)
    broken = found.fault(fault) if fault is not None else None
    packet = Packet.towards(way.dst, given, broken.packet if broken else {}, {"proto": way.proto}, way.packet)
    special = way.name if way.special else None
    if ipv6:
        _only(way, fault, rules, release, policies)
    plain = plugin, mode, way.underlay, fault, special, rules, found.other
    net = network(*plain, ipv6) if policies is None else _network(*plain, policies)
    first = way.before and (net.before or net).send(way.before.src, way.before.dst, packet)
    run = net.send(way.src, way.dst, packet, after=first)
    said = [net.mode.name, *(["IPv6"] if ipv6 else []), *([rules] if rules == NFTABLES else []), *([found.other] if found.other else [])]
    return Walk(
        plugin=found.name,
        mode=net.mode.name,
        scenario=way.name,
        title=f"{found.title} {', '.join(said)}: {way.title}",
        holds_for=f"{found.version}, dual stack" if ipv6 else found.version,
        packet=packet,
        fault=fault,
        traces=run.traces,
        run=run,
        broken=broken,
        rules=rules,
        release=found.other,
        estate=net.estate,
        ipv6=ipv6,
        changed=None if policies or ipv6 else changed(plugin, mode, way.underlay, special, rules, found.other).lines,
    )


def _only(
    way: Scenario, fault: str | None, rules: str, release: str | None, policies: Collected | None
) -> None:
    """Raise BadInput for what is not known of IPv6 yet."""
    if fault or release or policies or rules != IPTABLES:
        raise BadInput("with IPv6", "a fault, release, policy or nftables", ["none of them: not known here yet"])
    if way.name and way.of_ipv4:
        raise BadInput("with IPv6", f"scenario {way.name}", ["another: not known here yet"])


def _way(plugin: Plugin, name: str | None, src: str | None, dst: str | None) -> Scenario:
    """Return a scenario by name, perhaps with other ends, or one without a name from ``src`` to ``dst``."""
    if (src is None) != (dst is None):
        raise BadInput("source and destination", src or dst, ["both", "neither"])
    if src is None or dst is None:
        return scenario(name or "cross-node", plugin)
    base = scenario(name, plugin) if name else Scenario("", "", src, dst)
    return base._replace(title=f"{src} to {dst}", src=src, dst=dst, proto="icmp", packet={}, before=None)
