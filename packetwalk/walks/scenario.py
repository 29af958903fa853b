"""The scenarios every mode has, and the walk: one scenario, one packet, all that follows."""

from __future__ import annotations

from functools import lru_cache

from packetwalk.cni import Plugin, Scenario
from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network
from packetwalk.walks.walk import Options, Walk

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
    for each in scenarios(plugin):
        if each.name == name:
            return each
    raise BadInput("scenario", name, [each.name for each in scenarios(plugin)])


@lru_cache(maxsize=64)
def network(
    plugin: str, mode: str | None, underlay: str, fault: str | None, special: Scenario | None = None
) -> Network:
    """Return the canonical cluster with a plugin; kept, for its tables never change.

    ``special`` is a scenario that changes the cluster.
    """
    return Network(Cluster(underlay=underlay), plugin, mode, fault, special.change if special else None)


def walk(
    plugin: str,
    mode: str | None = None,
    scenario_name: str | None = None,
    *,
    src: str | None = None,
    dst: str | None = None,
    proto: str | None = None,
    size: int | None = None,
    df: bool | None = None,
    ttl: int = 64,
    cold: bool | None = None,
    fault: str | None = None,
) -> Walk:
    """Send one packet through the canonical cluster and return all that happened.

    Give a scenario, or ``src`` and ``dst`` (pod, node, service, address, each with ``:PORT``).
    ``size`` is the payload in bytes.  What is not given comes from the fault (the packet that
    shows it best), else from the scenario, else is a default ping.
    """
    found = find_plugin(plugin)
    if (src is None) != (dst is None):
        raise BadInput("source and destination", src or dst, ["both", "neither"])
    chosen = scenario(scenario_name or "cross-node", found) if src is None or scenario_name else None
    broken = found.fault(fault) if fault else None
    best = broken.packet if broken else {}
    proto = proto or best.get("proto") or (chosen.proto if chosen and src is None else "icmp")
    if size is None and proto != "tcp":
        size = best.get("size", 56)
    df = best.get("df", False) if df is None else df
    cold = best.get("cold", False) if cold is None else cold
    net = network(
        plugin,
        mode,
        chosen.underlay if chosen else "flat",
        fault,
        chosen if chosen and chosen.change else None,
    )
    ends = (src, dst) if src and dst else (chosen.src, chosen.dst) if chosen else ("", "")
    run = net.send(*ends, proto=proto, size=size, df=df, ttl=ttl, cold=cold)
    options = Options(proto, size or 0, df, ttl, cold, fault)
    title = f"{found.title} {net.mode.name}: "
    title += chosen.title if chosen and src is None else f"{src} to {dst}"
    return Walk(
        found.name,
        net.mode.name,
        chosen.name if chosen else "",
        title,
        found.version,
        options,
        run.traces,
        run,
        broken,
    )
