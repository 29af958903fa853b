"""What goes wrong with Calico 3.33, and what does not; the sections are those of ``test_numbers.py``."""

from __future__ import annotations

import random

import pytest

from packetwalk.cni.calico import PLUGIN as CALICO
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import IptablesRule
from packetwalk.walks.network import Network
from tests.cni.calico.walked import HOST_B, NAMES, NODE, NODE2, steps, walk

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
    "10.244.162.128",
    "10.244.110.177",
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
            src, dst, ttl = chance.choice(ENDS[:7]), chance.choice(ENDS), chance.choice([64, 1, 2])
            proto = chance.choice(["icmp", "udp", "tcp"])
            run = net.send(
                src,
                dst.partition(":")[0] if proto == "icmp" else dst,
                ttl=ttl,
                proto=proto,
                df=chance.random() < 0.5,
                size=chance.choice([1, 56, 1412, 1413, 1452, 1473, 4000]),
                cold=chance.random() < 0.3,
            )
            assert all(step.why for trace in run.traces for step in trace.steps)


def test_a_large_cluster() -> None:
    """5: a node with 250 pods owns four blocks of 64; any of its pods answers."""
    net = Network(Cluster(nodes=40, pods_per_node=250), "calico", "ipip")
    assert net.send("a250", "b250").traces[-1].disposition == "delivered"
    assert net.address("b250") == "10.244.111.122"
