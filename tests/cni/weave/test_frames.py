"""Weave Net as verified: sizes and headers that its sources and a run of its real router give.

The section of the fact is beside each number: the captures of the router are in
``recordings/weave-sleeve``; the fast datapath is known from code and documents only.
"""

from __future__ import annotations

from itertools import product

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni.weave import mesh
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import ConnectionEntry
from packetwalk.walks.network import Network
from tests.cni.weave.walked import MODES, WEAVE, on_wire, protos, steps, walk

# --- sizes (2c) -------------------------------------------------------------------------------
STACKS = {
    "fastdp": ["eth", "ip", "udp", "vxlan", "eth", "ip", "icmp", "data"],
    "fastdp-encrypted": ["eth", "ip", "esp", "esp-payload"],
    "sleeve": ["eth", "ip", "udp", "sleeve", "sleeve-frame", "eth", "ip", "icmp", "data"],
    "sleeve-encrypted": ["eth", "ip", "udp", "sleeve", "sleeve-nonce", "sleeve-box"],
}


@pytest.mark.parametrize(
    ("mode", "ping", "full"),
    [
        ("fastdp", 148, 1426),
        ("fastdp-encrypted", 182, 1460),
        ("sleeve", 160, 1438),
        ("sleeve-encrypted", 184, 1462),
    ],
)
def test_a_ping_and_a_full_packet_on_the_wire(mode: str, ping: int, full: int) -> None:
    stack = on_wire(walk(mode))[0]
    assert protos(stack) == STACKS[mode]
    assert wire.size(stack) == len(wire.encode(stack)) == ping
    longest = on_wire(walk(mode, size=1376 - 28))[0]
    assert wire.size(longest) - 14 == full


@pytest.mark.parametrize(
    ("mode", "low", "high", "fits"),
    [
        ("fastdp", 50, 50, 1450),
        ("fastdp-encrypted", 84, 87, 1416),
        ("sleeve", 62, 62, 1438),
        ("sleeve-encrypted", 86, 86, 1414),
    ],
)
def test_overhead_and_the_largest_inner_packet(mode: str, low: int, high: int, fits: int) -> None:
    found = WEAVE.mode(mode)
    assert sum(size for _, size in found.overhead) == low
    lengths = range(200, 204)
    added = {wire.size(on_wire(walk(mode, size=n - 28))[0]) - 14 - n for n in lengths}
    assert (min(added), max(added)) == (low, high)
    if mode == "fastdp":
        assert fits + mesh.FASTDP_OVERHEAD == 1500
    elif mode == "fastdp-encrypted":
        assert mesh.esp_length(fits) <= 1500 < mesh.esp_length(fits + 1)
    else:
        assert found.fits(1500) == fits  # LAB, 2a
        network = Network(Cluster(), "weave", mode)
        assert {
            op.entry.mtu for op in network.plan("kind-worker") if isinstance(op.entry, ConnectionEntry)
        } == {fits}


def test_the_default_mtu_is_1376_and_does_not_adapt() -> None:
    for underlay in (1460, 1500, 9000):  # 0, 1: not 8950
        assert {WEAVE.mode(m).pod_mtu(underlay) for m in MODES[:2]} == {1376}
        assert {WEAVE.mode(m).pod_mtu(underlay) for m in MODES[2:]} == {65535}  # 1: bridge mode
    assert mesh.esp_length(1376) == 1460  # 1: an encrypted full packet on an underlay of 1460, no padding
    assert packetwalk.mtu("weave", "sleeve").to_json()["fits"] == 1438


def test_an_underlay_too_small_for_heartbeats_gets_sleeve() -> None:
    for mtu, overlay in ((1426, "fastdp"), (1425, "sleeve")):  # 2b: 14 + MTU with DF set
        plan = Network(Cluster(mtu=mtu), "weave", "fastdp").plan("kind-worker")
        assert {op.entry.overlay for op in plan if isinstance(op.entry, ConnectionEntry)} == {overlay}


# --- headers ----------------------------------------------------------------------------------
def test_the_network_number_names_both_peers_and_differs_by_direction() -> None:
    assert 0xCA8 << 12 | 0xF3F == 0xCA8F3F  # 2b, LAB short IDs
    done = walk("fastdp")
    nodes = Cluster().nodes
    one, two = mesh.short_id(nodes[1]), mesh.short_id(nodes[2])
    vnis = [on_wire(done, name)[0][3].vni for name in ("request", "reply")]
    assert vnis == [two << 12 | one, one << 12 | two]
    assert vnis[0] != vnis[1]
    assert len({mesh.short_id(node) for node in Cluster(nodes=4096, pods_per_node=1).nodes}) == 4096


@pytest.mark.parametrize("df", [False, True])
def test_outer_headers(df: bool) -> None:
    _, ip, udp, vxlan, *_ = on_wire(walk("fastdp", df=df))[0]
    assert (ip.ttl, ip.df, udp.dport, udp.checksum, vxlan.flags) == (64, True, 6784, False, 8)  # 2b
    assert 32768 <= udp.sport <= 60999
    for mode in MODES[2:]:
        _, ip, udp, *_ = on_wire(walk(mode, df=df))[0]
        assert (udp.sport, udp.dport, ip.df, udp.checksum) == (6783, 6783, df, not df)  # 2a
    _, ip, _, payload = on_wire(walk("fastdp-encrypted", df=df))[0]
    assert (ip.protocol, ip.df, payload.inner[0].dport) == (50, True, 6784)  # 3: transport mode


def test_sleeve_names_peers_by_their_bridges() -> None:
    done = walk("sleeve")
    bridge = {n: done.run.netns(n).links["weave"].address for n in ("kind-worker", "kind-worker2")}
    _, _, _, sleeve, record, *_ = on_wire(done)[0]
    assert sleeve.sender == record.src == bridge["kind-worker"]  # 1, LAB
    assert record.dst == bridge["kind-worker2"]
    raw = wire.encode(on_wire(done)[0])
    assert raw[42:62] == bytes.fromhex((sleeve.sender + record.src + record.dst).replace(":", "")) + (
        98
    ).to_bytes(2)


def test_encrypted_datagrams_count_and_say_df() -> None:
    nonce = on_wire(walk("sleeve-encrypted", df=True))[0][4]
    assert wire.encode((nonce,)).hex() == "8000000000000001"  # 2a: the first bit is DF


@pytest.mark.parametrize(("mode", "scenario"), list(product(MODES, ["cross-node", "relay", "same-node"])))
def test_frames_are_never_routed_between_pods(mode: str, scenario: str) -> None:
    done = walk(mode, scenario)  # 8
    assert not steps(done, "forward")
    last = [t.steps[-1] for t in done.traces if t.name in ("request", "reply")]
    assert [next(h.ttl for h in s.after if h.proto == "ip") for s in last] == [64, 64]
    first, last = done.traces[0].steps[3].after[0], done.traces[0].steps[-1].after[0]
    assert first == last  # the pods' own MACs, all the way
