"""What a mode is like, as its walks show it: what a chooser may judge by."""

from __future__ import annotations

from functools import cache

from packetwalk.cni import plugin as find_plugin
from packetwalk.plan.cluster import Cluster
from packetwalk.trace.step import Step
from packetwalk.walks.compare import SENDER
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk
from packetwalk.wire import Ipv4
from packetwalk.wire.encrypted import Encrypted

TRAITS = {
    "crosses": "a packet passes a router that knows nothing of pods",
    "bare": "between neighbours nothing is added to a packet",
    "sealed": "what goes between two nodes is encrypted",
    "protocol-4": "an IP packet stands right inside another on the wire",
    "policy": "a policy can deny a packet, and the walk names it",
    "bird": "BIRD writes routes of the node",
}


@cache
def traits(plugin: str, mode: str) -> frozenset[str]:
    """Return which of ``TRAITS`` a mode has."""
    near, far = (walk(plugin, mode, scenario) for scenario in ("cross-node", "cross-subnet"))
    wires = [step for each in (near, far) for step in wire_of(each)]
    cluster = Cluster()
    plan = find_plugin(plugin).plan(cluster, mode, cluster.nodes[SENDER])
    found = {
        "crosses": far.disposition == "delivered",
        "bare": near.disposition == "delivered"
        and not any(step.event == "encap" for step in near.traces[0].steps),
        "sealed": any(isinstance(header, Encrypted) for step in wires for header in step.after),
        "protocol-4": any(_ip_in_ip(step) for step in wires),
        "policy": any(
            _denies(plugin, mode, fault.name, fault.shows[0]) for fault in find_plugin(plugin).faults_of(mode)
        ),
        "bird": any(operation.by == "BIRD" for operation in plan),
    }
    return frozenset(name for name, true in found.items() if true)


def wire_of(of: Walk) -> list[Step]:
    """Return the steps at which a request's frames leave a node's own card."""
    return [
        step
        for step in of.traces[0].steps
        if (step.event, step.dev, step.netns) == ("egress", "eth0", step.node)
    ]


def _ip_in_ip(step: Step) -> bool:
    pairs = zip(step.after, step.after[1:], strict=False)
    return any(isinstance(outer, Ipv4) and isinstance(inner, Ipv4) for outer, inner in pairs)


def _denies(plugin: str, mode: str, fault: str, scenario: str) -> bool:
    return walk(plugin, mode, scenario, fault=fault).disposition == "denied"
