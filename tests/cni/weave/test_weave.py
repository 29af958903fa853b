"""Weave Net as verified: the numbers and paths that its sources and a run of its real router give.

The section of the fact is beside each number: the captures of the router are in
``recordings/weave-sleeve``; the fast datapath is known from code and documents only.
"""

from __future__ import annotations

import shutil
import subprocess
from ipaddress import IPv4Network
from itertools import pairwise, product

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni import plugin
from packetwalk.cni.weave import mesh, ring
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import ConnectionEntry, FlowEntry, MacEntry, UnicastEntry
from packetwalk.tables.route import ROUTES
from packetwalk.trace.step import Step
from packetwalk.walks.network import Network
from packetwalk.walks.pcap import pcap
from packetwalk.walks.scenario import scenarios

WEAVE = plugin("weave")
MODES = [mode.name for mode in WEAVE.modes]
A, B = "10.40.0.1", "10.44.0.1"


def walk(mode: str, scenario: str = "cross-node", **options):
    return packetwalk.walk("weave", mode, scenario, **options)


def steps(done, event: str, netns: str | None = None) -> list[Step]:
    return [s for t in done.traces for s in t.steps if s.event == event and netns in (None, s.netns)]


def on_wire(done, name: str = "request") -> list[tuple]:
    """Return the frames that leave a node by its NIC, in one trace."""
    return [
        s.after
        for t in done.traces
        if t.name == name
        for s in t.steps
        if (s.event, s.dev) == ("egress", "eth0") and s.netns == s.node
    ]


def protos(stack: tuple) -> list[str]:
    return [header.proto for header in stack]


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


# --- decisions --------------------------------------------------------------------------------
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


# --- addresses (5) ----------------------------------------------------------------------------
def test_the_ring_halves_the_range() -> None:
    whole = IPv4Network("10.32.0.0/12")
    assert [str(ring.share(whole, 2, k)) for k in range(2)] == ["10.32.0.0/13", "10.40.0.0/13"]  # LAB
    assert [ring.share(whole, 3, k).prefixlen for k in range(3)] == [13, 14, 14]  # not equal thirds
    parts = sorted(ring.share(whole, 4096, k) for k in range(4096))
    assert sum(part.num_addresses for part in parts) == 1048576
    assert all(not a.overlaps(b) for a, b in pairwise(parts))


def test_addresses_of_pods_and_bridges() -> None:
    network = Network(Cluster(), "weave")
    bridges = [
        str(a.local) for n in Cluster().nodes for a in network.fabric.netns(n.name).addrs if a.dev == "weave"
    ]
    assert bridges == ["10.32.0.1", "10.40.0.0", "10.44.0.0"]  # the first is skipped, .0 is legal
    assert [network.address(p) for p in ("coredns", "a", "a2", "b")] == [
        "10.32.0.2",
        "10.40.0.1",
        "10.40.0.2",
        "10.44.0.1",
    ]
    pod = network.fabric.netns("a")
    assert [(a.local, a.prefixlen) for a in pod.addrs] == [(A, 12)]  # 1: the mask of the whole range
    assert [str(r) for r in pod.entries(ROUTES) if r.table == "main"] == [
        "default via 10.40.0.0 dev eth0",
        "10.32.0.0/12 dev eth0 proto kernel scope link src 10.40.0.1",
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
    assert walk("fastdp", "node-to-pod").traces[0].flow.src == "10.40.0.0"  # the bridge's address


def test_policy_of_the_source_is_judged_there_and_of_the_destination_here() -> None:
    decided = [str(s.entry) for s in steps(walk("fastdp"), "hook") if s.hook == "FORWARD"]
    assert "--physdev-out vethwe-bridge" in decided[0]  # 7: the other node decides
    assert "-A WEAVE-NPC-DEFAULT" in decided[1]


# --- what goes wrong --------------------------------------------------------------------------
FAULTS = [
    (fault, mode.name, scenario)
    for fault in WEAVE.faults
    for mode in WEAVE.modes_with(fault)
    for scenario in fault.shows
]


@pytest.mark.parametrize(
    ("fault", "mode", "scenario"), FAULTS, ids=[f"{f.name}-{m}-{s}" for f, m, s in FAULTS]
)
def test_every_fault_makes_a_difference(fault, mode: str, scenario: str) -> None:
    broken = walk(mode, scenario, fault=fault.name).to_json()
    packet = {**fault.packet}
    if not (scenario.startswith("service") or packet.get("size")):
        packet.pop("size", None)
    fine = walk(mode, scenario, **packet).to_json()
    strip = [[(s["netns"], s["event"], s["size"]) for s in t["steps"]] for t in broken["traces"]]
    assert strip != [[(s["netns"], s["event"], s["size"]) for s in t["steps"]] for t in fine["traces"]]


@pytest.mark.parametrize(
    ("fault", "mode"), [("udp-6784-blocked", "fastdp"), ("esp-blocked", "fastdp-encrypted")]
)
def test_a_blocked_fast_datapath_falls_back_to_sleeve(fault: str, mode: str) -> None:
    done = walk(mode, fault=fault)  # 2b, 3: encrypted stays encrypted
    assert done.disposition == "delivered"
    assert protos(on_wire(done)[0]) == STACKS[mode.replace("fastdp", "sleeve")]
    assert [s.note[0] for s in done.traces[0].steps if s.dev == "datapath"] == ["flow-miss"]  # no flow (2c)
    assert not steps(walk(mode, fault=fault, cold=True), "drop", "kind-worker2")[5:]


def test_weaver_answers_in_the_name_of_the_pod() -> None:
    done = walk("sleeve", size=1438 - 28 + 1, df=True)  # 2a, LAB: From 10.40.0.0 Frag needed mtu=1438
    assert done.disposition == "too_big"
    error = next(t for t in done.traces if t.name == "error")
    _, ip, icmp, quoted = error.steps[-1].after
    assert (ip.src, ip.ttl, icmp.type, icmp.code, icmp.mtu, quoted.size) == (B, 64, 3, 4, 1438, 28)
    assert error.steps[-1].netns == "a" and error.disposition == "delivered"
    assert walk("sleeve", size=1438 - 28, df=True).disposition == "delivered"


@pytest.mark.parametrize("mode", MODES[2:])
def test_what_has_no_df_goes_whole_and_is_cut_outside(mode: str) -> None:
    done = walk(mode, size=4000)  # 2a
    assert done.disposition == "delivered"
    cut = [s for s in steps(done, "fragment") if s.netns == "kind-worker"]
    assert len(cut) == 3 and cut[0].dev == "eth0"


@pytest.mark.parametrize(
    ("fault", "mode", "disposition"),
    [
        ("link-cut", "fastdp", "neighbor_unreachable"),
        ("udp-6783-blocked", "sleeve", "neighbor_unreachable"),
        ("wrong-password", "sleeve-encrypted", "neighbor_unreachable"),
        ("npc-deny", "sleeve", "denied"),
        ("mtu-too-big", "fastdp", "too_big"),
        ("underlay-mtu-1400", "fastdp", "too_big"),
    ],
)
def test_what_a_fault_ends_in(fault: str, mode: str, disposition: str) -> None:
    assert walk(mode, fault=fault).disposition == disposition


# --- all of it --------------------------------------------------------------------------------
ALL = [
    (mode.name, scenario.name, proto)
    for mode in WEAVE.modes
    for scenario in scenarios(WEAVE)
    for proto in ("icmp", "udp", "tcp")
    if not (proto == "icmp" and scenario.name.startswith("service"))
]


@pytest.mark.parametrize(("mode", "scenario", "proto"), ALL, ids=["-".join(c) for c in ALL])
def test_everything_is_delivered_and_answered(mode: str, scenario: str, proto: str) -> None:
    for cold in (False, True):
        done = walk(mode, scenario, proto=proto, cold=cold)
        assert done.disposition == "delivered"
        assert any(t.name == "reply" for t in done.traces)
        for trace in done.to_json()["traces"]:
            for before, after in zip(trace["steps"], trace["steps"][1:], strict=False):
                assert before["after"] == after["before"]
            for step in trace["steps"]:
                if step["entry"]:
                    assert step["entry"]["index"] is not None, step["entry"]


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("mode", MODES)
def test_tshark_reads_every_frame(mode: str, tmp_path) -> None:
    file = tmp_path / "walk.pcap"
    file.write_bytes(pcap(walk(mode, "relay", cold=True)))
    bad = (f"{proto}.checksum.status == 0" for proto in ("ip", "udp", "icmp"))
    wrong = " || ".join(["_ws.malformed", "_ws.expert.severity >= 8388608", *bad])
    options = [w for p in ("ip", "udp", "tcp") for w in ("-o", f"{p}.check_checksum:TRUE")]
    done = subprocess.run(
        ["tshark", "-n", "-r", str(file), "-d", "udp.port==6784,vxlan", *options, "-Y", wrong],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == ""


def test_flannels_debugging_proxy_lowers_the_time_to_live_twice() -> None:
    done = packetwalk.walk("flannel", "udp", "cross-node")  # flannel 4.2, 5.6
    assert [h.ttl for h in done.traces[0].steps[-1].after if h.proto == "ip"] == [60]
    assert wire.size(on_wire(done)[0]) == 126
    assert plugin("flannel").mode("udp").pod_mtu(1500) == 1472
    assert plugin("flannel").mode("udp").status == "debugging only"
    gone = packetwalk.walk("flannel", "udp", "cross-node", ttl=2)
    assert gone.disposition == "ttl_expired" and len(gone.traces) == 1  # nobody is told
