"""What is known about Calico v3.32.1, each number beside the fact it comes from.

The sections are those of the facts this was checked against: 2 pods, 3.3 routes, 3.4 IPIP, 3.5 VXLAN,
3.7 WireGuard, 3.10 MTU, 6 policy, 8 packet walks, 11 failures.
"""

from __future__ import annotations

import random
from functools import cache

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni.calico import PLUGIN as CALICO
from packetwalk.cni.calico.felix import _limited
from packetwalk.cni.calico.plan import MODES, interface, vtep
from packetwalk.plan.cluster import Cluster, Pod
from packetwalk.tables import IptablesRule
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.route import ROUTES
from packetwalk.walks.network import Network
from packetwalk.walks.pcap import pcap, pcapng

NODE, NODE2 = "kind-worker", "kind-worker2"
A, B = "10.244.1.2", "10.244.2.2"
NAMES = [mode.name for mode in MODES]


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


# section, mode, scenario, bytes of a default ping's frame between the nodes
SIZES = [
    ("8.2", "ipip", "cross-node", 98 + 20),
    ("8.3", "vxlan", "cross-node", 98 + 50),
    ("8.4", "bgp", "cross-node", 98),
    ("8.4", "ipip-crosssubnet", "cross-node", 98),
    ("8.4", "vxlan-crosssubnet", "cross-node", 98),
    ("3.1", "ipip-crosssubnet", "cross-subnet", 118),
    ("3.1", "vxlan-crosssubnet", "cross-subnet", 148),
    ("3.7", "wireguard", "cross-node", 14 + 20 + 8 + 16 + 96 + 16),
    ("8.6", "vxlan", "internet", 98),
]


@pytest.mark.parametrize(("section", "mode", "scenario", "size"), SIZES)
def test_bytes_on_the_wire(section: str, mode: str, scenario: str, size: int) -> None:
    assert wire.size(on_wire(mode, scenario)) == size, section


# section, mode, protocol names on the wire, outer TTL, outer DF when the inner packet has it
OUTER = [
    ("3.4", "ipip", "eth ip ip icmp data", 63, True),
    ("3.5", "vxlan", "eth ip udp vxlan eth ip icmp data", 64, False),
    ("3.7", "wireguard", "eth ip udp wg wg-payload", 64, False),
    ("3.6", "bgp", "eth ip icmp data", 63, True),
]


@pytest.mark.parametrize(("section", "mode", "protos", "ttl", "df"), OUTER)
def test_outer_headers(section: str, mode: str, protos: str, ttl: int, df: bool) -> None:
    stack = on_wire(mode, df=True)
    assert " ".join(header.proto for header in stack) == protos, section
    assert (stack[1].ttl, stack[1].df) == (ttl, df), section
    if mode != "bgp":
        assert (stack[1].src, stack[1].dst) == ("172.18.0.3", "172.18.0.4"), section
    assert wire.decode(wire.encode(stack)) == stack


def test_numbers_of_the_tunnels() -> None:
    """3.4: protocol 4.  3.5: UDP 4789, VNI 4096.  3.7: UDP 51820 at both ends."""
    assert on_wire("ipip")[1].protocol == 4
    assert on_wire("vxlan")[2].dport == 4789
    assert on_wire("vxlan")[3].vni == 4096
    assert on_wire("wireguard")[2][:2] == (51820, 51820)


@pytest.mark.parametrize("mode", NAMES)
def test_time_to_live_at_the_receiver(mode: str) -> None:
    """8: a forwarding node takes one: 63 at a neighbour, 62 at a pod on another node."""

    def ttl(scenario: str) -> int:
        return [header for header in steps(mode, scenario)[-1].after if header.proto == "ip"][-1].ttl

    assert (ttl("same-node"), ttl("cross-node")) == (63, 62)
    assert steps(mode)[0].after[0].ttl == 64


# section, underlay MTU, mode, pod MTU
MTUS = [
    ("3.10", 1500, "ipip", 1480),
    ("3.10", 9000, "ipip", 8980),
    ("3.10", 1460, "ipip", 1440),
    ("3.10", 1500, "ipip-crosssubnet", 1480),
    ("3.10", 1500, "vxlan", 1450),
    ("3.10", 9001, "vxlan", 8951),
    ("3.10", 1500, "vxlan-crosssubnet", 1450),
    ("3.10", 1500, "bgp", 1500),
    ("3.10", 1500, "wireguard", 1440),
    ("3.10", 9000, "wireguard", 8940),
]


@pytest.mark.parametrize(("section", "underlay", "mode", "mtu"), MTUS)
def test_mtu(section: str, underlay: int, mode: str, mtu: int) -> None:
    assert CALICO.mode(mode).pod_mtu(underlay) == mtu, section
    ns = Network(Cluster(mtu=underlay), "calico", mode).fabric.netns("a")
    assert ns.mtus["eth0"] == mtu, section


@pytest.mark.parametrize("mode", [name for name in NAMES if "crosssubnet" not in name])
def test_the_largest_packet_fills_the_underlay(mode: str) -> None:
    size = CALICO.mode(mode).pod_mtu(1500) - 28
    assert walk(mode, size=size, df=True).disposition == "delivered"
    assert wire.size(on_wire(mode, size=size, df=True)) == 1514
    assert walk(mode, size=size + 1, df=True).disposition == "too_big"


# section, what, value
NAMED = [
    ("2", interface(Pod("web-1", "", 0, 0)), "cali0761ccbeace"),
    ("2", interface(Pod("pod-a", "", 0, 0)), "cali5e1c4d6c68c"),
    ("6.5", _limited("cali-pri-", "ksa.kube-system.coredns", 28), "cali-pri-_u2Tn2rSoAPffvE7JO6"),
    ("3.5", vtep(Cluster(), Cluster().nodes[1]._replace(name="node-1"))[1], "66:b3:68:28:39:8e"),
    ("3.5", vtep(Cluster(), Cluster().nodes[1]._replace(name="node-2"))[1], "66:c0:93:2e:56:2c"),
]


@pytest.mark.parametrize(("section", "made", "wanted"), NAMED)
def test_names_made_by_hashes(section: str, made: str, wanted: str) -> None:
    assert made == wanted, section


HOST_A = interface(Cluster().pod(Cluster().nodes[1], 0))
HOST_B = interface(Cluster().pod(Cluster().nodes[2], 0))
VTEP2 = vtep(Cluster(), Cluster().nodes[2])[1]
OUTGOING = "-m set --match-set cali40masq-ipam-pools src -m set ! --match-set cali40network-ip-pools dst"
# section, mode, underlay, a line of a table on kind-worker (or in pod a)
LINES = [
    ("2", "bgp", "flat", "a", "169.254.1.1 dev eth0 scope link"),
    ("2", "bgp", "flat", "a", "default via 169.254.1.1 dev eth0"),
    ("2", "bgp", "flat", "a", "inet 10.244.1.2/32 scope global eth0"),
    ("2", "bgp", "flat", NODE, f"{A} dev {HOST_A} scope link"),
    ("2", "ipip", "flat", NODE, f"{HOST_A}: mtu 1480 link/ether ee:ee:ee:ee:ee:ee veth"),
    ("3.3", "ipip", "flat", NODE, "blackhole 10.244.1.0/26 proto bird"),
    ("3.3", "ipip", "flat", NODE, "10.244.2.0/26 via 172.18.0.4 dev tunl0 proto bird metric 1024 onlink"),
    ("3.3", "bgp", "flat", NODE, "10.244.2.0/26 via 172.18.0.4 dev eth0 proto bird metric 1024"),
    ("3.3", "bgp", "routed", NODE, "10.244.2.0/26 via 172.18.0.1 dev eth0 proto bird metric 1024"),
    (
        "3.3",
        "ipip-crosssubnet",
        "routed",
        NODE,
        "10.244.2.0/26 via 172.19.0.4 dev tunl0 proto bird metric 1024 onlink",
    ),
    ("3.3", "vxlan", "flat", NODE, "blackhole 10.244.1.0/26 proto 80"),
    ("3.3", "vxlan", "flat", NODE, "10.244.2.0/26 via 10.244.2.0 dev vxlan.calico onlink"),
    ("3.3", "vxlan-crosssubnet", "flat", NODE, "10.244.2.0/26 via 172.18.0.4 dev eth0 proto 80 onlink"),
    ("3.5", "vxlan", "flat", NODE, f"10.244.2.0 dev vxlan.calico lladdr {VTEP2} PERMANENT"),
    ("3.5", "vxlan", "flat", NODE, f"{VTEP2} dev vxlan.calico dst 172.18.0.4 self permanent"),
    ("3.4", "ipip", "flat", NODE, "inet 10.244.1.0/32 scope global tunl0"),
    ("3.7", "wireguard", "flat", NODE, "99:\tnot from all fwmark 0x200000/0x200000 lookup 1"),
    ("3.7", "wireguard", "flat", NODE, "10.244.2.0/26 dev wireguard.cali scope link"),
    ("3.7", "wireguard", "flat", NODE, "throw 10.244.1.0/26"),
    ("6.5", "ipip", "flat", NODE, f"-A cali-from-wl-dispatch -i {HOST_A} -g cali-fw-{HOST_A}"),
    ("3.5", "vxlan", "flat", NODE, "-A cali-PREROUTING -p udp -m udp --dport 4789 -j NOTRACK"),
    ("8.6", "bgp", "flat", NODE, f"-A cali-nat-outgoing {OUTGOING} -j MASQUERADE --random-fully"),
]


@pytest.mark.parametrize(("section", "mode", "underlay", "netns", "line"), LINES)
def test_lines_of_tables(section: str, mode: str, underlay: str, netns: str, line: str) -> None:
    assert line in lines(mode, netns, underlay), section


def test_felix_comes_first_and_last() -> None:
    """3.8: jumps are inserted at the top, except nat POSTROUTING; the final ACCEPT is appended."""
    ns = Network(Cluster(), "calico", "ipip").fabric.netns(NODE)

    def chain(table: str, name: str) -> list[str]:
        return [rule.spec for rule in ns.entries(IPTABLES) if (rule.chain_table, rule.chain) == (table, name)]

    assert chain("filter", "FORWARD")[0] == "-j cali-FORWARD"
    assert chain("filter", "FORWARD")[-1] == "-j MARK --set-xmark 0x10000/0x10000"
    assert chain("nat", "POSTROUTING")[-1] == "-j cali-POSTROUTING"
    assert "KUBE-POSTROUTING" in chain("nat", "POSTROUTING")[0]


# --- the way of a packet --------------------------------------------------------------------


@pytest.mark.parametrize("mode", NAMES)
@pytest.mark.parametrize("proto", ["icmp", "udp", "tcp"])
@pytest.mark.parametrize("scenario", [scenario.name for scenario in packetwalk.SCENARIOS])
def test_every_mode_delivers(mode: str, scenario: str, proto: str) -> None:
    """Two exceptions: kube-proxy has no rule for ICMP to a service; and without a tunnel a router between
    the nodes would have to know the pods' blocks (3.6), which this one does not."""
    lost = (scenario.startswith("service") and proto == "icmp") or (mode, scenario) == ("bgp", "cross-subnet")
    found = walk(mode, scenario, proto=proto)
    assert found.disposition == ("no_route" if lost else "delivered")
    if lost:
        assert found.traces[0].steps[-1].netns == "router"
    found.to_json()


def test_the_pod_asks_only_for_its_gateway() -> None:
    """2: who-has 169.254.1.1, answered by proxy ARP with ee:ee:ee:ee:ee:ee; the default route decides."""
    cold = walk("ipip", "same-node", cold=True)
    question = next(trace for trace in cold.traces if trace.name == "arp")
    answer = cold.traces[cold.traces.index(question) + 1]
    assert (question.flow.src, question.flow.dst) == (A, "169.254.1.1")
    assert str(question.steps[-1].entry) == "default via 172.18.0.1 dev eth0"
    assert answer.steps[0].after[1].sha == "ee:ee:ee:ee:ee:ee"
    assert steps("ipip", "same-node", event="egress", netns="a")[0].after[0].dst == "ee:ee:ee:ee:ee:ee"


@pytest.mark.parametrize("mode", NAMES)
def test_policy_of_the_sender_then_of_the_receiver(mode: str) -> None:
    """8.1, 8.2: the egress policy of a on a's node, the ingress policy of b on b's; both on one node."""

    def chains(scenario: str) -> list[tuple[str, str]]:
        return [(step.netns, step.entry.chain) for step in steps(mode, scenario, event="policy")]

    egress, ingress = "cali-pro-kns.default", "cali-pri-kns.default"
    assert chains("cross-node") == [(NODE, egress), (NODE2, ingress)]
    assert chains("same-node") == [(NODE, egress), (NODE, ingress)]


@pytest.mark.parametrize("mode", NAMES)
def test_replies_skip_policy(mode: str) -> None:
    """6.5: the first rule of each pod's chain accepts what is established, on both nodes."""
    assert not steps(mode, trace=1, event="policy")
    entries = [str(step.entry) for step in steps(mode, trace=1, event="hook") if step.hook == "FORWARD"]
    rule = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
    assert entries == [f"-A cali-fw-{HOST_B} {rule}", f"-A cali-tw-{HOST_A} {rule}"]


def test_vxlan_is_not_tracked() -> None:
    """3.5: neither node remembers the outer flow."""
    tables = walk("vxlan").run.conntracks
    assert {key.protocol for table in tables.values() for key in table._by_tuple} == {"icmp"}
    assert "ipencap" in {
        key.protocol for table in walk("ipip").run.conntracks.values() for key in table._by_tuple
    }


def test_wireguard_takes_its_own_table_and_its_packets_do_not() -> None:
    """3.7: rule 99 sends what is not marked to table 1; the encrypted packets are marked."""
    routes = [(step.netns, str(step.entry)) for step in steps("wireguard", event="route")]
    sender = [line for netns, line in routes if netns == NODE]
    assert sender[0].startswith("99:")
    assert sender[1] == "10.244.2.0/26 dev wireguard.cali scope link"
    assert sender[-1] == "172.18.0.0/16 dev eth0 proto kernel scope link src 172.18.0.3"
    assert (NODE2, f"{B} dev {HOST_B} scope link") in routes


def test_source_of_a_node() -> None:
    """8.8: with a tunnel a node speaks to remote pods from its tunnel's address, without one from its own."""
    sources = {mode: steps(mode, "node-to-pod")[0].after[0].src for mode in NAMES}
    assert sources == {
        "ipip": "10.244.1.0",
        "ipip-crosssubnet": "172.18.0.3",
        "vxlan": "10.244.1.0",
        "vxlan-crosssubnet": "172.18.0.3",
        "bgp": "172.18.0.3",
        "wireguard": "10.244.1.1",
    }


@pytest.mark.parametrize("mode", ["ipip", "wireguard"])
def test_a_capture_has_no_bare_packets_among_frames(mode: str) -> None:
    """3.4, 3.7: tunl0 and wireguard.cali have no Ethernet; pcapng says so of them, pcap leaves them out."""
    packets = wire.pcap.read_pcap(pcap(walk(mode)))
    assert all(isinstance(wire.decode(frame)[1], wire.Ipv4) for _, frame in packets)
    interfaces = wire.pcap.read_pcapng(pcapng(walk(mode)))[0]
    device = {"ipip": "tunl0", "wireguard": "wireguard.cali"}[mode]
    bare = {each.name for each in interfaces if each.linktype == 101}
    assert bare == {f"{NODE}:{device}", f"{NODE2}:{device}"}


def test_nat_outgoing() -> None:
    """8.6: to the internet with the node's address, to another pod with the pod's own."""
    assert on_wire("ipip", "internet")[1].src == "172.18.0.3"
    assert on_wire("bgp")[1].src == A


def test_an_address_nobody_has_ends_in_the_blackhole() -> None:
    """3.3: the node that owns the block drops it instead of sending it along the default route."""
    run = Network(Cluster(), "calico", "ipip").send("a", "10.244.1.60")
    last = run.traces[0].steps[-1]
    assert (run.traces[0].disposition, str(last.entry)) == ("no_route", "blackhole 10.244.1.0/26 proto bird")


# --- what goes wrong -------------------------------------------------------------------------

# section, fault, mode, scenario, disposition, where, text in the deciding line
BROKEN = [
    ("6.2", "policy-deny", "ipip", "cross-node", "denied", NODE2, "End of tier default"),
    ("6.2", "policy-deny", "bgp", "service", "denied", NODE2, f"cali-tw-{HOST_B}"),
    ("6.2", "policy-allow", "vxlan", "node-to-pod", "denied", NODE2, "End of tier default"),
    ("2", "no-default-route", "bgp", "same-node", "neighbor_unreachable", "a", "169.254.1.1 dev eth0 FAILED"),
    (
        "6.5",
        "wrong-source",
        "ipip",
        "cross-node",
        "dropped",
        NODE,
        "-m rpfilter --validmark --invert -j DROP",
    ),
    ("11.2", "ipip-blocked", "ipip", "cross-node", "dropped", NODE2, "-p ipencap"),
    (
        "11.2",
        "unknown-node",
        "ipip",
        "cross-node",
        "dropped",
        NODE2,
        "Drop IPIP packets from non-Calico hosts",
    ),
    ("8.3", "unknown-node", "vxlan", "cross-node", "dropped", NODE2, "from non-allowed hosts"),
    ("11.1", "bgp-down", "bgp", "cross-node", "no_route", "router", ""),
    ("11.3", "mtu-mismatch", "ipip", "cross-node", "too_big", NODE, "tunl0"),
    ("3.7", "stale-allowed-ips", "wireguard", "cross-node", "dropped", NODE2, "peer: "),
]


@pytest.mark.parametrize(("section", "fault", "mode", "scenario", "disposition", "where", "text"), BROKEN)
def test_faults(
    section: str, fault: str, mode: str, scenario: str, disposition: str, where: str, text: str
) -> None:
    found = walk(mode, scenario, fault=fault)
    last = next(t for t in found.traces if t.name == "request").steps[-1]
    assert (found.disposition, last.netns) == (disposition, where), section
    assert text in str(last.entry), section


def test_allowed_by_a_policy() -> None:
    """6.2: the policy's rule lets a in, and the profile is not asked."""
    entry = steps("ipip", event="policy", netns=NODE2, fault="policy-allow")[0].entry
    assert isinstance(entry, IptablesRule)
    assert entry.chain.startswith("cali-pi-")
    assert "--match-set cali40s:" in entry.spec
    assert walk("ipip", fault="policy-allow").disposition == "delivered"


ENDS = [
    "a",
    "a2",
    "b",
    "coredns",
    NODE,
    NODE2,
    "internet",
    "web:80",
    "near:81",
    "10.244.1.0",
    "10.244.2.77",
    "10.244.9.9",
    "169.254.1.1",
    "172.18.0.77",
    "127.0.0.1",
    "255.255.255.255",
    "b:51820",
    f"{NODE2}:4789",
]


@pytest.mark.parametrize("mode", NAMES)
def test_no_packet_breaks_the_model(mode: str) -> None:
    chance = random.Random(mode)
    for fault in [None, *(fault.name for fault in CALICO.faults_of(mode))]:
        net = Network(Cluster(underlay=chance.choice(["flat", "routed"])), "calico", mode, fault)
        for _ in range(20):
            run = net.send(
                chance.choice(ENDS[:7]),
                chance.choice(ENDS),
                ttl=chance.choice([64, 1, 2]),
                proto=chance.choice(["icmp", "udp", "tcp"]),
                df=chance.random() < 0.5,
                size=chance.choice([1, 56, 1412, 1413, 1452, 1473, 4000]),
                cold=chance.random() < 0.3,
            )
            assert all(step.why for trace in run.traces for step in trace.steps)


def test_a_large_cluster() -> None:
    """5: a node with 250 pods owns four blocks of 64; any of its pods answers."""
    net = Network(Cluster(nodes=40, pods_per_node=250), "calico", "ipip")
    assert net.send("a250", "b250").traces[-1].disposition == "delivered"
    assert net.address("b250") == "10.244.2.251"
