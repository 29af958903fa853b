"""The scenarios every mode has, and the walk: one scenario, one packet, all that follows."""

from __future__ import annotations

from functools import lru_cache
from typing import Unpack

from packetwalk.cni import Plugin, Scenario
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput, chosen
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.network import Network
from packetwalk.walks.walk import Walk

SCENARIOS = (
    Scenario("same-node", "pod to pod on the same node", "a", "a2"),
    Scenario("cross-node", "pod to pod on another node", "a", "b"),
    Scenario("cross-subnet", "pod to pod on a node behind a router", "a", "b", underlay="routed"),
    Scenario("service", "pod to a ClusterIP, backend on another node", "a", "web", "tcp"),
    Scenario("service-local", "pod to a ClusterIP, backend on the same node", "a", "near", "tcp"),
    Scenario("internet", "pod to a host outside of the cluster", "a", "internet"),
    Scenario("node-to-pod", "node to a pod on another node", "kind-worker", "b"),
)


def scenarios(plugin: Plugin) -> tuple[Scenario, ...]:
    """Return the scenarios of a plugin: those of every mode, then its own."""
    return SCENARIOS + plugin.scenarios


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
) -> Network:
    """Return the canonical cluster with a plugin; kept, for its tables never change.

    ``special`` names a scenario that is in no ordinary cluster, ``rules`` the form of the rules.  BadInput for a
    name that does not exist.
    """
    change = scenario(special, find_plugin(plugin)).change if special else None
    return Network(Cluster(underlay=underlay), plugin, mode, fault, change, rules=rules)


def walk(
    plugin: str,
    mode: str | None = None,
    scenario_name: str | None = None,
    *,
    src: str | None = None,
    dst: str | None = None,
    fault: str | None = None,
    rules: str = IPTABLES,
    **given: Unpack[PacketOptions],
) -> Walk:
    """Send one packet through the canonical cluster and return all that happened.

    Give a scenario, or ``src`` and ``dst`` (pod, node, service, address, each with ``:PORT``).
    The packet's fields are ``proto``, ``size`` (the payload in bytes), ``df``, ``ttl``, ``cold``, ``sport``.
    What is not given comes from the fault (the packet that shows it best), else from the scenario, else is a
    default ping; to a port goes TCP.  ``rules`` are written by ``iptables`` or as ``nftables``.  BadInput for a name that does not exist, or a packet that cannot be.
    """
    found = find_plugin(plugin)
    way = _way(found, scenario_name, src, dst)
    broken = found.fault(fault) if fault is not None else None
    packet = Packet.towards(way.dst, given, broken.packet if broken else {}, {"proto": way.proto})
    net = network(plugin, mode, way.underlay, fault, way.name if way.change else None, rules)
    run = net.send(way.src, way.dst, packet)
    return Walk(
        plugin=found.name,
        mode=net.mode.name,
        scenario=way.name,
        title=f"{found.title} {net.mode.name}{', nftables' if rules == NFTABLES else ''}: {way.title}",
        holds_for=found.version,
        packet=packet,
        fault=fault,
        traces=run.traces,
        run=run,
        broken=broken,
        rules=rules,
    )


def _way(plugin: Plugin, name: str | None, src: str | None, dst: str | None) -> Scenario:
    """Return a scenario by name, perhaps with other ends, or one without a name from ``src`` to ``dst``."""
    if (src is None) != (dst is None):
        raise BadInput("source and destination", src or dst, ["both", "neither"])
    if src is None or dst is None:
        return scenario(name or "cross-node", plugin)
    base = scenario(name, plugin) if name else Scenario("", "", src, dst)
    return base._replace(title=f"{src} to {dst}", src=src, dst=dst, proto="icmp")
