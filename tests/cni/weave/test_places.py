"""Weave Net as verified: addresses, devices and rules of a node."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import pairwise

import pytest

import packetwalk
from packetwalk.cni.weave import ring
from packetwalk.plan.cluster import Cluster
from packetwalk.tables.route import ROUTES
from packetwalk.walks.network import Network
from tests.cni.weave.walked import A, steps, walk


# --- addresses (5) ----------------------------------------------------------------------------
def test_the_ring_halves_the_range() -> None:
    whole = IPv4Network("10.32.0.0/12")
    assert _parts(ring.divided(whole, "ab")) == {"a": ["10.32.0.0/13"], "b": ["10.40.0.0/13"]}  # LAB
    thirds = {"a": ["10.32.0.0/13"], "b": ["10.40.0.0/14"], "c": ["10.44.0.0/14"]}  # not equal ones
    assert _parts(ring.divided(whole, "cab")) == thirds  # by name, not in the order of their start
    parts = sorted(part for (part,) in ring.divided(whole, [f"{k:04}" for k in range(4096)]).values())
    assert sum(part.num_addresses for part in parts) == 1048576
    assert all(not a.overlaps(b) for a, b in pairwise(parts))


def test_who_comes_late_is_given_an_eighth() -> None:
    """Recorded with 2.9.0: the peers a and b agreed, c came when they ran and asked the first."""
    found = ring.divided(IPv4Network("10.32.0.0/12"), "ba", "c")
    assert _parts(found) == {"a": ["10.32.0.0/14", "10.36.0.0/15"], "b": ["10.40.0.0/13"], "c": ["10.38.0.0/15"]}
    told = [(str(start), size, peer) for start, size, peer in ring.tokens(found)]
    assert told == [("10.32.0.0", 393216, "a"), ("10.38.0.0", 131072, "c"), ("10.40.0.0", 524288, "b")]


def _parts(found: dict[str, ring.Networks]) -> dict[str, list[str]]:
    return {peer: [*map(str, parts)] for peer, parts in found.items()}


def test_addresses_of_pods_and_bridges() -> None:
    network = Network(Cluster(), "weave")
    bridges = [
        str(a.local) for n in Cluster().nodes for a in network.fabric.netns(n.name).addrs if a.dev == "weave"
    ]
    assert bridges == ["10.44.0.0", "10.32.0.1", "10.40.0.0"]  # the first is skipped, .0 is legal
    assert [network.address(p) for p in ("coredns", "a", "a2", "b")] == [
        "10.44.0.1",
        "10.32.0.2",
        "10.32.0.3",
        "10.40.0.1",
    ]
    pod = network.fabric.netns("a")
    assert [(a.local, a.prefixlen) for a in pod.addrs] == [(A, 12)]  # 1: the mask of the whole range
    assert ROUTES.lines(r for r in pod.entries(ROUTES) if r.table == "main") == [
        "default via 10.32.0.1 dev eth0",
        "10.32.0.0/12 dev eth0 proto kernel scope link src 10.32.0.2",
    ]
    assert [
        r.dst
        for r in network.fabric.netns("kind-worker").entries(ROUTES)
        if r.dev == "weave" and r.table == "main"
    ] == ["10.32.0.0/12"]  # no route for any node or pod


def test_more_peers_than_short_ids_are_refused() -> None:
    with pytest.raises(packetwalk.BadInput, match="4096"):
        Network(Cluster(nodes=4097, pods_per_node=1), "weave").plan("kind-worker")


# --- devices (1) and NAT ----------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mode", "there", "absent"),
    [
        ("fastdp", {"weave", "vethwe-bridge", "vethwe-datapath", "datapath", "vxlan-6784"}, {"vethwe-pcap"}),
        ("sleeve", {"weave", "vethwe-bridge", "vethwe-pcap"}, {"datapath", "vethwe-datapath", "vxlan-6784"}),
    ],
)
def test_devices_of_a_node(mode: str, there: set[str], absent: set[str]) -> None:
    links = Network(Cluster(), "weave", mode).fabric.netns("kind-worker").links
    assert there <= set(links) and not absent & set(links)
    pods = [name for name in links if name.startswith("vethwepl")]
    assert [len(name) for name in pods] == [15, 15]
    assert all(links[name].master == "weave" and links[name].hairpin for name in pods)


def test_masquerade_and_the_nodes_own_address() -> None:
    done = walk("fastdp", "internet")  # 8
    nat = steps(done, "nat")[0]
    assert str(nat.entry) == "-A WEAVE -s 10.32.0.0/12 ! -d 10.32.0.0/12 -j MASQUERADE"
    assert next(h.src for h in nat.after if h.proto == "ip") == "172.18.0.3"
    assert not steps(walk("fastdp"), "nat")
    assert walk("fastdp", "node-to-pod").traces[0].flow.src == "10.32.0.1"  # the bridge's address


def test_policy_of_the_source_is_judged_there_and_of_the_destination_here() -> None:
    decided = [str(s.entry) for s in steps(walk("fastdp"), "hook") if s.hook == "FORWARD"]
    assert "--physdev-out vethwe-bridge" in decided[0]  # 7: the other node decides
    assert "-A WEAVE-NPC-DEFAULT" in decided[1]
