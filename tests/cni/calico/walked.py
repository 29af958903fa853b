"""Walks of Calico's modes, asked for what its tests look at."""

from __future__ import annotations

from functools import cache

import packetwalk
from packetwalk import wire
from packetwalk.cni.calico.plan import MODES, interface
from packetwalk.plan.cluster import Cluster
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.route import ROUTES
from packetwalk.walks.network import Network

NODE, NODE2 = "kind-worker", "kind-worker2"
A = "10.244.162.129"  # with a tunnel, which has the first address of the block
NAMES = [mode.name for mode in MODES]
HOST_A = interface(Cluster().pod(Cluster().nodes[1], 0))
HOST_B = interface(Cluster().pod(Cluster().nodes[2], 0))


@cache
def walk(mode: str, scenario: str = "cross-node", **options) -> packetwalk.Walk:
    return packetwalk.walk("calico", mode, scenario, **options)


def steps(
    mode: str,
    scenario: str = "cross-node",
    trace: int = 0,
    *,
    event: str | None = None,
    netns: str | None = None,
    **options,
) -> list:
    return [
        step
        for step in walk(mode, scenario, **options).traces[trace].steps
        if event in (None, step.event) and netns in (None, step.netns)
    ]


def on_wire(mode: str, scenario: str = "cross-node", **options) -> wire.Stack:
    """The request's frame as it leaves the sending node's NIC."""
    return next(
        step.after
        for step in steps(mode, scenario, event="egress", netns=NODE, **options)
        if step.dev == "eth0"
    )


def lines(mode: str, netns: str = NODE, underlay: str = "flat", fault: str | None = None) -> set[str]:
    ns = Network(Cluster(underlay=underlay), "calico", mode, fault).fabric.netns(netns)
    return {
        str(entry)
        for entry in [
            *ns.entries(ROUTES),
            *ns.neighs.values(),
            *ns.fdb.values(),
            *ns.links.values(),
            *ns.addrs,
            *ns.fib.rules,
            *ns.peers,
            *ns.entries(IPTABLES),
        ]
    }
