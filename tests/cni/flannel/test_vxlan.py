"""Numbers that people know about Flannel's VXLAN, each beside the fact it comes from.

Each fact on Flannel v0.28.9 has a section (2),
what it says, what a walk of the model says, and the number.
"""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.wire import Udp, Vxlan
from tests.cni.flannel.walked import (
    NODE,
    B,
    Fact,
    header,
    net,
    on_wire,
    peers,
    send,
    trace,
)

FACTS = [
    Fact("2.2", "VNI 1", lambda: header(on_wire("a", "b"), Vxlan).vni, 1),
    Fact("2.2", "UDP port 8472", lambda: header(on_wire("a", "b"), Udp).dport, 8472),
    Fact("2.2", "outer UDP checksum on", lambda: header(on_wire("a", "b"), Udp).checksum, True),
    Fact(
        "2.3",
        "flannel.1 has the network address of the podCIDR as /32",
        lambda: [f"{a.local}/{a.prefixlen}" for a in net().fabric.netns(NODE).addrs if a.dev == "flannel.1"],
        ["10.244.1.0/32"],
    ),
    Fact(
        "2.3",
        "ping 10.244.2.0 from node 1 works",
        lambda: trace("reply", NODE, "10.244.2.0").disposition,
        "delivered",
    ),
    Fact("2.4", "one route for each of 9 peers", lambda: peers("route"), 9),
    Fact("2.4", "one neighbour for each of 9 peers", lambda: peers("neigh"), 9),
    Fact("2.4", "one FDB entry for each of 9 peers", lambda: peers("fdb"), 9),
    Fact(
        "2.4",
        "the route to a peer",
        lambda: str(net().fabric.netns(NODE).fib.lookup(B)),
        "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink",
    ),
    Fact(
        "2.4",
        "no ARP ever crosses flannel.1",
        lambda: [
            s
            for t in send("a", "b", cold=True).traces
            if t.name == "arp"
            for s in t.steps
            if s.dev == "flannel.1"
        ],
        [],
    ),
    Fact(
        "2.4",
        "missing FDB entry: a silent drop on flannel.1",
        lambda: [(t.disposition, t.steps[-1].dev) for t in send("a", "b", fault="missing-fdb").traces],
        [("dropped", "flannel.1")],
    ),
    Fact(
        "2.4",
        "missing neighbour: unreachable",
        lambda: trace("request", "a", "b", fault="missing-neighbour").disposition,
        "neighbor_unreachable",
    ),
    Fact(
        "2.6",
        "MTU of flannel.1, cni0 and the pod",
        lambda: [
            net().fabric.netns(n).links[d].mtu
            for n, d in ((NODE, "flannel.1"), (NODE, "cni0"), ("a", "eth0"))
        ],
        [1450] * 3,
    ),
    Fact(
        "2.7",
        "DirectRouting: pod MTU stays 1450",
        lambda: net("vxlan-directrouting").fabric.netns("a").links["eth0"].mtu,
        1450,
    ),
    Fact(
        "2.7",
        "DirectRouting: the route to a peer in the subnet",
        lambda: str(net("vxlan-directrouting").fabric.netns(NODE).fib.lookup(B)),
        "10.244.2.0/24 via 172.18.0.4 dev eth0",
    ),
]


@pytest.mark.parametrize("fact", FACTS, ids=[f"{fact.section} {fact.says}" for fact in FACTS])
def test_fact(fact: Fact) -> None:
    assert fact.model() == fact.value


def test_the_mtu_table_agrees() -> None:
    """50 bytes: outer IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14; pods have 1450."""
    data = packetwalk.mtu("flannel", "vxlan").to_json()
    assert list(data["overhead"].values()) == [20, 8, 8, 14]
    assert (data["overhead_total"], data["pod_mtu"]) == (50, 1450)
