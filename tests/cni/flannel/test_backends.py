"""Flannel's ipip and wireguard backends, each number beside the fact it comes from.

The sections are those of the facts on Flannel v0.28.9: 4 the backends, 5.4 WireGuard, 5.5 IPIP.
"""

from __future__ import annotations

from functools import cache

import pytest

import packetwalk
from packetwalk import wire
from packetwalk.cni.flannel.plan import MODES
from packetwalk.datapath.devices.wireguard import padding
from packetwalk.plan.cluster import Cluster
from packetwalk.tables.route import ROUTES
from packetwalk.walks.network import Network

NODE, NODE2 = "kind-worker", "kind-worker2"
BOTH = ["ipip", "wireguard"]


@cache
def walk(mode: str, scenario: str = "cross-node", **options) -> packetwalk.Walk:
    return packetwalk.walk("flannel", mode, scenario, **options)


def on_wire(mode: str, **options) -> wire.Stack:
    """The request's frame as it leaves the sending node's NIC."""
    return next(
        step.after
        for step in walk(mode, **options).traces[0].steps
        if (step.event, step.netns, step.dev) == ("egress", NODE, "eth0")
    )


# section, mode, status, pod MTU on 1500
BACKENDS = [("4", "wireguard", "recommended", 1420), ("4", "ipip", "experimental", 1480)]


@pytest.mark.parametrize(("section", "mode", "status", "mtu"), BACKENDS)
def test_backends(section: str, mode: str, status: str, mtu: int) -> None:
    found = next(each for each in MODES if each.name == mode)
    assert (found.status, found.pod_mtu(1500)) == (status, mtu), section


# section, mode, data of the ping, outer IP packet, frame, outer TTL
SIZES = [
    ("5.5", "ipip", 56, 104, 118, 63),
    ("5.5", "ipip", 1452, 1500, 1514, 63),
    ("5.4", "wireguard", 56, 156, 170, 64),
    ("5.4", "wireguard", 1392, 1480, 1494, 64),
]


@pytest.mark.parametrize(("section", "mode", "data", "packet", "frame", "ttl"), SIZES)
def test_sizes(section: str, mode: str, data: int, packet: int, frame: int, ttl: int) -> None:
    stack = on_wire(mode, size=data)
    found = (wire.size(stack[1:]), wire.size(stack), stack[1].ttl, stack[1].df)
    assert found == (packet, frame, ttl, False), section
    assert walk(mode, size=data).disposition == "delivered"


# 5.4: length of the packet, MTU of the device, padding: to a multiple of 16, not beyond the MTU
@pytest.mark.parametrize(
    ("length", "mtu", "pad"),
    [(84, 1420, 12), (96, 1420, 0), (1419, 1420, 1), (1420, 1420, 0), (1410, 1420, 10), (1500, 1420, 0)],
)
def test_padding(length: int, mtu: int, pad: int) -> None:
    assert padding(length, mtu) == pad


def test_ipip_copies_df() -> None:
    """5.5: the outer DF is the inner one; WireGuard never sets it (5.4)."""
    assert on_wire("ipip", df=True)[1].df
    assert not on_wire("wireguard", df=True)[1].df


NBMA = "172.18.0.3 ipip remote any local 172.18.0.3"
# section, mode, a line of a table on kind-worker
LINES = [
    ("4.3", "ipip", f"flannel.ipip: mtu 1480 link/ipip {NBMA} ttl inherit nopmtudisc"),
    ("4.3", "ipip", "10.244.2.0/24 via 172.18.0.4 dev flannel.ipip onlink"),
    ("4.1", "wireguard", "flannel-wg: mtu 1420 link/none wireguard"),
    ("4.1", "wireguard", "inet 10.244.1.0/32 scope global flannel-wg"),
    ("4.1", "wireguard", "10.244.0.0/16 dev flannel-wg scope link"),
]


@pytest.mark.parametrize(("section", "mode", "line"), LINES)
def test_lines(section: str, mode: str, line: str) -> None:
    ns = Network(Cluster(), "flannel", mode).fabric.netns(NODE)
    assert line in {str(entry) for entry in [*ns.links.values(), *ns.addrs, *ns.entries(ROUTES)]}, section


def test_peers() -> None:
    """4.1: the choice of a peer is WireGuard's: its podCIDR is allowed, its node is the endpoint."""
    ns = Network(Cluster(), "flannel", "wireguard").fabric.netns(NODE)
    assert [(peer.endpoint, peer.allowed_ips) for peer in ns.peers] == [
        ("172.18.0.2:51820", ("10.244.0.0/24",)),
        ("172.18.0.4:51820", ("10.244.2.0/24",)),
    ]


@pytest.mark.parametrize("mode", BOTH)
@pytest.mark.parametrize("proto", ["icmp", "udp", "tcp"])
@pytest.mark.parametrize("scenario", [scenario.name for scenario in packetwalk.SCENARIOS])
def test_delivers(mode: str, scenario: str, proto: str) -> None:
    lost = scenario.startswith("service") and proto == "icmp"  # kube-proxy has no rule for it
    assert walk(mode, scenario, proto=proto).disposition == ("no_route" if lost else "delivered")


@pytest.mark.parametrize("mode", BOTH)
def test_time_to_live(mode: str) -> None:
    """5.8: 62 at a pod on another node."""
    assert walk(mode).traces[0].steps[-1].after[1].ttl == 62


def test_an_encrypted_packet_in_two_pieces() -> None:
    """The outer packet is cut when the underlay is narrower, put together, and read."""
    net = Network(Cluster(), "flannel", "wireguard")
    for name in (NODE, NODE2):
        net.fabric.netns(name).mtus["eth0"] = 1400
        links = net.fabric.netns(name).links
        links["eth0"] = links["eth0"]._replace(mtu=1400)
    run = net.send("a", "b", size=1392)
    assert {trace.name for trace in run.traces} >= {"request", "fragment", "reply"}
    assert run.traces[0].disposition == "delivered"


# section, fault, mode, disposition, where
FAULTS = [
    ("5.5", "protocol-4-blocked", "ipip", "dropped", NODE2),
    ("5.4", "udp-51820-blocked", "wireguard", "dropped", NODE2),
    ("4.1", "missing-pod-cidr", "wireguard", "neighbor_unreachable", NODE),
    ("4.3", "missing-route", "ipip", "no_route", "router"),
]


@pytest.mark.parametrize(("section", "fault", "mode", "disposition", "where"), FAULTS)
def test_faults(section: str, fault: str, mode: str, disposition: str, where: str) -> None:
    found = walk(mode, fault=fault)
    assert (found.disposition, found.traces[0].steps[-1].netns) == (disposition, where), section
