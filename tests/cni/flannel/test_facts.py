"""Numbers that people know about Flannel, each beside the fact it comes from.

Each fact on Flannel v0.28.9 has a section (2 VXLAN, 3 host-gw, 5 the paths of packets, 11 what breaks),
what it says, what a walk of the model says, and the number.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import table_of
from packetwalk.tables.iptables import IPTABLES
from packetwalk.trace.step import Step, Trace
from packetwalk.walks.network import Network
from packetwalk.wire import Icmp, Ipv4, Tcp, Udp, Vxlan

NODE, NODE2 = "kind-worker", "kind-worker2"
A, A2, B = "10.244.1.2", "10.244.1.3", "10.244.2.2"


@cache
def net(mode: str = "vxlan", fault: str | None = None) -> Network:
    return Network(Cluster(), "flannel", mode, fault)


@cache
def send(src: str, dst: str, mode: str = "vxlan", fault: str | None = None, **options):
    return net(mode, fault).send(src, dst, **options)


def trace(name: str, *args, **options) -> Trace:
    return next(t for t in send(*args, **options).traces if t.name == name)


def steps(name: str, netns: str, dev: str, event: str, *args, **options) -> list[Step]:
    return [
        s for s in trace(name, *args, **options).steps if (s.netns, s.dev, s.event) == (netns, dev, event)
    ]


def frame(name: str, netns: str, dev: str, event: str, *args, **options) -> Step:
    return steps(name, netns, dev, event, *args, **options)[0]


def header(step: Step, kind: type, number: int = 0):
    """The ``number``-th header of a kind, outermost first."""
    return [h for h in step.after if isinstance(h, kind)][number]


def on_wire(*args, **options) -> Step:
    return frame("request", NODE, "eth0", "egress", *args, **options)


def arrived(netns: str, *args, **options) -> Ipv4:
    return header(frame("request", netns, "eth0", "ingress", *args, **options), Ipv4)


def hops(dst: str, mode: str) -> list[str]:
    """Who answers probes with a time to live of 1, 2, 3."""
    out = []
    for ttl in (1, 2, 3):
        answers = [t for t in net(mode).send("a", dst, ttl=ttl).traces if t.name in ("error", "reply")]
        out.append(answers[0].flow.src)
    return out


def rule(netns: str, *args, **options) -> int | None:
    """The number of the rule of FLANNEL-POSTRTG that decided about the request on a node."""
    chain = [r for r in net().fabric.netns(netns).entries(IPTABLES) if r.chain == "FLANNEL-POSTRTG"]
    for step in trace("request", *args, **options).steps:
        outer = any(isinstance(h, Vxlan) for h in step.before)
        if step.netns == netns and step.entry in chain and not outer:
            return chain.index(step.entry) + 1
    return None


def peers(kind: str) -> int:
    """Entries of one kind that flanneld wrote on a node of 10."""
    plan = Network(Cluster(nodes=10), "flannel", "vxlan").plan(NODE)
    return sum(op.by == "flanneld" and table_of(op.entry).name == kind for op in plan)


def from_pod(size: int = 56, **options) -> Step:
    """The request as it leaves pod a for pod b."""
    return frame("request", "a", "eth0", "egress", "a", "b", size=size, **options)


def syn(mode: str) -> Step:
    return frame("request", "a", "eth0", "egress", "a", "b:8080", mode=mode, proto="tcp")


def connections(netns: str) -> list[str]:
    known = {c for c, _ in send("a", "b").conntracks[netns]._by_tuple.values()}
    return sorted(connection.original.protocol for connection in known)


def identifiers() -> bool:
    out = header(on_wire("a", "internet"), Icmp).id
    sent = header(frame("request", "a", "eth0", "egress", "a", "internet"), Icmp).id
    back = header(frame("reply", "a", "eth0", "ingress", "a", "internet"), Icmp).id
    return out != sent == back


def too_big() -> Icmp:
    return header(
        frame("error", "a", "eth0", "ingress", "a", "b", fault="mtu-mismatch", size=1472, df=True), Icmp
    )


class Fact(NamedTuple):
    section: str
    says: str
    model: Callable[[], object]
    value: object


FULL = {"size": 1422, "df": True}
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
    Fact(
        "3",
        "host-gw: the route to a peer",
        lambda: str(net("host-gw").fabric.netns(NODE).fib.lookup(B)),
        "10.244.2.0/24 via 172.18.0.4 dev eth0",
    ),
    Fact(
        "3",
        "host-gw: no tunnel device",
        lambda: [x.kind for x in net("host-gw").fabric.netns(NODE).links.values() if x.kind == "vxlan"],
        [],
    ),
    Fact("3", "host-gw: pod MTU 1500", lambda: net("host-gw").fabric.netns("a").links["eth0"].mtu, 1500),
    Fact(
        "5",
        "ping: 84-byte IP packet, 98-byte frame",
        lambda: (from_pod().size, wire.size(from_pod().after[1:])),
        (98, 84),
    ),
    Fact(
        "5.1",
        "inner frame 98 on flannel.1",
        lambda: frame("request", NODE, "flannel.1", "egress", "a", "b").size,
        98,
    ),
    Fact("5.1", "wire frame 148", lambda: on_wire("a", "b").size, 148),
    Fact("5.1", "outer IP packet 134", lambda: wire.size(on_wire("a", "b").after[1:]), 134),
    Fact(
        "5.1",
        "TTL 64 from the pod, 63 in the tunnel, 62 at the other pod",
        lambda: (
            header(from_pod(), Ipv4).ttl,
            header(on_wire("a", "b"), Ipv4, 1).ttl,
            arrived("b", "a", "b").ttl,
        ),
        (64, 63, 62),
    ),
    Fact("5.1", "outer TTL 64", lambda: header(on_wire("a", "b"), Ipv4).ttl, 64),
    Fact(
        "5.1",
        "outer DF not set, even when the inner is",
        lambda: [h.df for h in on_wire("a", "b", df=True).after if isinstance(h, Ipv4)],
        [False, True],
    ),
    Fact("5.1", "no NAT: pod B sees A's address", lambda: arrived("b", "a", "b").src, A),
    Fact(
        "5.1",
        "pod A sees ttl=62 in the reply",
        lambda: header(frame("reply", "a", "eth0", "ingress", "a", "b"), Ipv4).ttl,
        62,
    ),
    Fact(
        "5.1",
        "rule 2 on the sender, rule 3 on the receiver",
        lambda: (rule(NODE, "a", "b"), rule(NODE2, "a", "b")),
        (2, 3),
    ),
    Fact("5.1", "traceroute", lambda: hops("b", "vxlan"), ["10.244.1.1", "10.244.2.0", B]),
    Fact(
        "5.1",
        "full packet: inner 1450, inner frame 1464, outer IP 1500, wire 1514",
        lambda: (
            wire.size(frame("request", NODE, "flannel.1", "egress", "a", "b", **FULL).after[1:]),
            frame("request", NODE, "flannel.1", "egress", "a", "b", **FULL).size,
            wire.size(on_wire("a", "b", **FULL).after[1:]),
            on_wire("a", "b", **FULL).size,
        ),
        (1450, 1464, 1500, 1514),
    ),
    Fact(
        "5.1",
        "one byte more is refused in the pod",
        lambda: trace("request", "a", "b", size=1423, df=True).disposition,
        "too_big",
    ),
    Fact("5.1", "a SYN is 74 bytes", lambda: syn("vxlan").size, 74),
    Fact("5.1", "TCP MSS 1410", lambda: int.from_bytes(header(syn("vxlan"), Tcp).options[2:4]), 1410),
    Fact(
        "5.1",
        "the reply is another UDP flow, to port 8472 again",
        lambda: header(frame("reply", NODE2, "eth0", "egress", "a", "b"), Udp).dport,
        8472,
    ),
    Fact(
        "5.1",
        "three connections on each node, two of them the tunnel's",
        lambda: connections(NODE),
        ["icmp", "udp", "udp"],
    ),
    Fact(
        "5.1",
        "underlay of 1400: the outer packet is cut, the ping works",
        lambda: trace("reply", "a", "b", fault="underlay-mtu-1400", size=1400).disposition,
        "delivered",
    ),
    Fact(
        "5.2",
        "same node: TTL 64, 98 bytes, no route of a node",
        lambda: (
            arrived("a2", "a", "a2").ttl,
            frame("request", "a2", "eth0", "ingress", "a", "a2").size,
            [s for s in trace("request", "a", "a2").steps if s.netns == NODE and s.event == "route"],
        ),
        (64, 98, []),
    ),
    Fact("5.2", "same node: rule 2 is met with br_netfilter", lambda: rule(NODE, "a", "a2"), 2),
    Fact(
        "5.2",
        "same node: no rule without br_netfilter",
        lambda: [
            s
            for s in trace("request", "a", "a2", fault="br-netfilter-off").steps
            if s.netns == NODE and s.hook
        ],
        [],
    ),
    Fact(
        "5.2",
        "a service on the own node fails without br_netfilter",
        lambda: [t.name for t in send("a", "near", proto="tcp", fault="br-netfilter-off").traces][-1],
        "reset",
    ),
    Fact("5.3", "host-gw: 98 bytes on the wire", lambda: on_wire("a", "b", mode="host-gw").size, 98),
    Fact(
        "5.3",
        "host-gw: TTL 63 on the wire, 62 at the pod",
        lambda: (
            header(on_wire("a", "b", mode="host-gw"), Ipv4).ttl,
            arrived("b", "a", "b", mode="host-gw").ttl,
        ),
        (63, 62),
    ),
    Fact(
        "5.3",
        "host-gw: the receiver forwards, INPUT is never met",
        lambda: [
            s
            for s in trace("request", "a", "b", mode="host-gw").steps
            if s.netns == NODE2 and s.hook == "INPUT"
        ],
        [],
    ),
    Fact("5.3", "host-gw: MSS 1460", lambda: int.from_bytes(header(syn("host-gw"), Tcp).options[2:4]), 1460),
    Fact("5.3", "host-gw: traceroute", lambda: hops("b", "host-gw"), ["10.244.1.1", "172.18.0.4", B]),
    Fact(
        "5.4", "WireGuard: pod MTU 1420", lambda: net("wireguard").fabric.netns("a").links["eth0"].mtu, 1420
    ),
    Fact(
        "5.4",
        "WireGuard: one route for all peers",
        lambda: str(net("wireguard").fabric.netns(NODE).fib.lookup(B)),
        "10.244.0.0/16 dev flannel-wg scope link",
    ),
    Fact(
        "5.4",
        "WireGuard: a ping is 156 bytes of IP, 170 on the wire, UDP 51820 to 51820",
        lambda: (
            wire.size(on_wire("a", "b", mode="wireguard").after[1:]),
            on_wire("a", "b", mode="wireguard").size,
            header(on_wire("a", "b", mode="wireguard"), Udp)[:2],
        ),
        (156, 170, (51820, 51820)),
    ),
    Fact(
        "5.4",
        "WireGuard: a full packet of 1420 is 1480 bytes of IP, 1494 on the wire",
        lambda: (
            wire.size(on_wire("a", "b", mode="wireguard", size=1392, df=True).after[1:]),
            on_wire("a", "b", mode="wireguard", size=1392, df=True).size,
        ),
        (1480, 1494),
    ),
    Fact(
        "5.4",
        "WireGuard: outer TTL 64, no DF; the pod sees 62",
        lambda: (
            header(on_wire("a", "b", mode="wireguard", df=True), Ipv4).ttl,
            header(on_wire("a", "b", mode="wireguard", df=True), Ipv4).df,
            arrived("b", "a", "b", mode="wireguard").ttl,
        ),
        (64, False, 62),
    ),
    Fact(
        "5.5",
        "IPIP: the route to a peer",
        lambda: str(net("ipip").fabric.netns(NODE).fib.lookup(B)),
        "10.244.2.0/24 via 172.18.0.4 dev flannel.ipip onlink",
    ),
    Fact(
        "5.5",
        "IPIP: a ping is 104 bytes of IP, 118 on the wire, protocol 4",
        lambda: (
            wire.size(on_wire("a", "b", mode="ipip").after[1:]),
            on_wire("a", "b", mode="ipip").size,
            header(on_wire("a", "b", mode="ipip"), Ipv4).protocol,
        ),
        (104, 118, 4),
    ),
    Fact(
        "5.5",
        "IPIP: outer TTL 63 and DF are the inner packet's",
        lambda: [(h.ttl, h.df) for h in on_wire("a", "b", mode="ipip", df=True).after if isinstance(h, Ipv4)],
        [(63, True), (63, True)],
    ),
    Fact(
        "5.5",
        "IPIP: a full packet of 1480 is 1500 on the underlay",
        lambda: wire.size(on_wire("a", "b", mode="ipip", size=1452, df=True).after[1:]),
        1500,
    ),
    Fact("5.8", "node to remote pod: TTL 63", lambda: arrived("b", NODE, "b").ttl, 63),
    Fact(
        "5.9",
        "node to remote pod: source 10.244.1.0, rule 2",
        lambda: (arrived("b", NODE, "b").src, rule(NODE, NODE, "b")),
        ("10.244.1.0", 2),
    ),
    Fact(
        "5.9",
        "node bound to its own address: rule 6, source 10.244.1.0",
        lambda: (rule(NODE, "172.18.0.3", "b"), arrived("b", "172.18.0.3", "b").src),
        (6, "10.244.1.0"),
    ),
    Fact(
        "5.9",
        "pod to another node's address: rule 5, that node sees the own node's address",
        lambda: (rule(NODE, "a", NODE2), arrived(NODE2, "a", NODE2).src),
        (5, "172.18.0.3"),
    ),
    Fact(
        "5.9",
        "pod to the own node: no rule, the node sees the pod",
        lambda: (
            rule(NODE, "a", NODE),
            header(frame("request", NODE, "cni0", "ingress", "a", NODE), Ipv4).src,
        ),
        (None, A),
    ),
    Fact(
        "5.10",
        "pod to the internet: rule 5, TTL 63, the node's address, not wrapped",
        lambda: (
            rule(NODE, "a", "internet"),
            header(on_wire("a", "internet"), Ipv4).ttl,
            header(on_wire("a", "internet"), Ipv4).src,
            on_wire("a", "internet").size,
        ),
        (5, 63, "172.18.0.3", 98),
    ),
    Fact("5.10", "pod to the internet: the identifier changes and comes back", identifiers, True),
    Fact(
        "5.11",
        "service with a backend elsewhere: rule 2 on the own node",
        lambda: rule(NODE, "a", "web", proto="tcp"),
        2,
    ),
    Fact(
        "11.5",
        "UDP 8472 blocked: the drop counts 134 bytes",
        lambda: wire.size(trace("request", "a", "b", fault="udp-8472-blocked").steps[-1].before[1:]),
        134,
    ),
    Fact(
        "11.5",
        "UDP 8472 blocked: the same node works",
        lambda: trace("reply", "a", "a2", fault="udp-8472-blocked").disposition,
        "delivered",
    ),
    Fact(
        "11.7",
        "pods of 1500 over a tunnel of 1450: ICMP 3/4 with mtu 1450, 590 bytes",
        lambda: (
            too_big().mtu,
            frame("error", "a", "eth0", "ingress", "a", "b", fault="mtu-mismatch", size=1472, df=True).size,
        ),
        (1450, 590),
    ),
    Fact(
        "11.9",
        "another MAC on flannel.1: decapsulated, then dropped there",
        lambda: (
            trace("request", "a", "b", fault="vtep-mac-mismatch").steps[-1].netns,
            trace("request", "a", "b", fault="vtep-mac-mismatch").steps[-1].dev,
        ),
        (NODE2, "flannel.1"),
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
