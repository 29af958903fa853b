"""Weave Net as verified: what asks, learns, floods and relays."""

from __future__ import annotations

import pytest

from packetwalk.cni.weave import mesh
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import FlowEntry, MacEntry, UnicastEntry
from tests.cni.weave.walked import MODES, A, B, on_wire, steps, walk


@pytest.mark.parametrize("mode", MODES)
def test_arp_crosses_the_overlay(mode: str) -> None:
    done = walk(mode, cold=True)  # 8: flooded to every peer, answered by one
    asked = [t for t in done.traces if t.flow.label == f"arp {A} > {B}"]
    wrapped = {
        s.after[1].dst
        for t in asked
        for s in t.steps
        if (s.event, s.dev) == ("egress", "eth0") and s.netns == "kind-worker"
    }
    assert wrapped == {"172.18.0.2", "172.18.0.4"}
    answers = [t for t in done.traces if t.flow.label == f"arp {B} > {A}"]
    assert [t.disposition for t in answers] == ["delivered"]
    assert not steps(walk(mode), "originate")[1:-1]


def test_even_a_neighbour_on_the_same_node_is_asked_for_everywhere() -> None:
    done = walk("sleeve", "same-node", cold=True)  # 8, LAB
    wrapped = [s for t in done.traces for s in t.steps if s.event == "encap" and s.netns == "kind-worker"]
    assert len(wrapped) == 2


def test_a_miss_goes_to_weaver_and_becomes_a_flow() -> None:
    cold, warm = walk("fastdp", cold=True), walk("fastdp")  # 2b
    keys = [s.note[0] for s in cold.traces[0].steps if s.dev == "datapath"]
    assert keys == ["flow-miss", "flow-made", "flow-miss", "flow-made"]
    assert any(isinstance(s.entry, MacEntry) for s in cold.traces[0].steps)
    assert [s.note[0] for s in warm.traces[0].steps if s.dev == "datapath"] == ["flow-hit"] * 2
    assert not any(isinstance(s.entry, (MacEntry, UnicastEntry)) for t in warm.traces for s in t.steps)
    made = [s.entry for s in cold.traces[0].steps if s.note[0] == "flow-made"]
    hit = [s.entry for s in warm.traces[0].steps if s.note[0] == "flow-hit"]
    assert made == hit and all(isinstance(flow, FlowEntry) for flow in made)


def test_a_flow_reads_like_ovs_dpctl() -> None:
    flow = steps(walk("fastdp"), "fdb", "kind-worker")[1].entry
    assert str(flow).startswith("in_port(vethwe-datapath),eth(src=")
    assert "actions:set(tunnel(tun_id=0x860e99,src=172.18.0.3,dst=172.18.0.4," in str(flow)
    assert str(flow).endswith("ttl=64,flags(df))),vxlan-6784")


@pytest.mark.parametrize("mode", MODES)
def test_a_third_node_relays(mode: str) -> None:
    done = walk(mode, "relay")  # 4, LAB
    first, second = on_wire(done)
    assert [(s[1].src, s[1].dst) for s in (first, second)] == [
        ("172.18.0.3", "172.18.0.2"),
        ("172.18.0.2", "172.18.0.4"),
    ]
    if mode == "fastdp":
        assert first[3] == second[3]  # the same network number
    if mode == "sleeve":
        names = [mesh.peer_name(n) for n in Cluster().nodes]
        assert [s[3].sender for s in (first, second)] == [names[1], names[0]]
        assert first[4:] == second[4:]  # only the sender's name changes
    if mode == "fastdp-encrypted":
        assert first[2].spi != second[2].spi  # hop by hop (3)
        assert first[3].inner[1:] == second[3].inner[1:]
    assert done.traces[0].steps[-1].netns == "b"


def test_routes_of_a_partial_mesh() -> None:
    cluster = Cluster(nodes=5)
    links = mesh.MeshState(1376, frozenset({frozenset((1, 3))}))
    node = cluster.nodes
    assert mesh.routes(cluster, node[1], links)[node[3]] in (node[0], node[2], node[4])
    assert mesh.routes(cluster, node[2], links) == {n: n for n in node if n is not node[2]}
    for origin in node:  # 4: each peer gets exactly one copy
        got = [
            peer
            for n in node
            for who, via in mesh.broadcasts(cluster, n, links)
            if who is origin
            for peer in via
        ]
        assert sorted(got) == sorted(n for n in node if n is not origin)
