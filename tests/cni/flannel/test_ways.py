"""Numbers that people know about Flannel, each beside the fact it comes from.

Each fact on Flannel v0.28.9 has a section (3 host-gw, 5 the paths of packets, 11 what breaks),
what it says, what a walk of the model says, and the number.
"""

from __future__ import annotations

import pytest

from packetwalk import wire
from packetwalk.wire import Ipv4, Tcp, Udp
from tests.cni.flannel.walked import (
    FULL,
    NODE,
    NODE2,
    A,
    B,
    Fact,
    arrived,
    connections,
    frame,
    from_pod,
    header,
    hops,
    identifiers,
    net,
    on_wire,
    rule,
    send,
    syn,
    too_big,
    trace,
)

FACTS = [
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
