"""The tables of each plugin let through what its policies say: judge and walk agree, pair by pair."""

from __future__ import annotations

import json

import pytest

from packetwalk import policy
from packetwalk.cni import plugin as find_plugin
from packetwalk.plan.cluster import INTERNET, OUTSIDE, Cluster, Service
from packetwalk.policy.manifests.collected import Collected
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from tests.policy.walked import drawn, judged

SETS, FEW = 40, 6
SYN = Packet("tcp")
FORMS = [
    *(("calico", "ipip", "iptables", SETS), ("calico", "vxlan", "nftables", SETS), ("weave", "sleeve", "iptables", SETS)),
    *(("calico", mode, "iptables", FEW) for mode in ("bgp", "ipip-crosssubnet", "vxlan-crosssubnet", "wireguard")),
]
"""Plugin, mode, form of rules, and how many sets of policies."""
FROM = ["10.244.0.0/16", "172.16.0.0/12"]
"""The pods' network, which the tunnels' addresses are in, and the nodes'."""


def arrives(net: Network, src: str, dst: str) -> str:
    return "allow" if net.send(src, dst, SYN).traces[0].disposition == "delivered" else "deny"


@pytest.mark.parametrize(("plugin", "mode", "rules", "sets"), FORMS)
def test_a_walk_ends_where_the_judge_says(plugin: str, mode: str, rules: str, sets: int) -> None:
    denied = 0
    for seed in range(sets):
        net = Network(Cluster(), plugin, mode, rules=rules, policies=drawn(seed))
        pods, nodes = [pod.name for pod in net.pods], [node.name for node in net.nodes]
        pairs = [(src, dst) for src in (*pods, *nodes) for dst in pods if src != dst]
        for src, dst in (*pairs, ("a", "web"), ("a", INTERNET)):
            said = judged(net, src, dst)
            denied += said == "deny"
            assert arrives(net, src, f"{dst}:8080" if dst in pods else dst) == said, (seed, src, dst)
    assert denied > sets


def from_block(cidr: str) -> Collected:
    """Return a policy that lets one range of addresses into b."""
    spec = {"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [{"from": [{"ipBlock": {"cidr": cidr}}]}]}
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}}
    return policy.gather(texts={"p": json.dumps({**kind, "spec": spec})})


@pytest.mark.parametrize("cidr", FROM)
@pytest.mark.parametrize("underlay", ["flat", "routed"])
@pytest.mark.parametrize("mode", [each.name for each in find_plugin("calico").modes])
def test_the_judge_sees_the_source_that_the_tables_choose(mode: str, underlay: str, cidr: str) -> None:
    """Of a node's own packets, and of those to a port of it that leads to a pod of another node."""
    if (mode, underlay) == ("bgp", "routed"):
        return  # without a route between the subnets
    by_port = Service("ported", "10.96.0.90", 80, 8080, ("b",), node_port=30080)
    machines = Cluster(underlay=underlay, extra=(by_port,))
    net = Network(machines, "calico", mode, policies=from_block(cidr))
    for node in net.nodes:
        assert arrives(net, node.name, "b:8080") == judged(net, node.name, "b"), node.name
    for src, end in (("a", {"ns": "default", "pod": "a"}), (INTERNET, {"ip": OUTSIDE})):
        asked = {"src": end, "dst": {"nodePort": "kind-worker"}, "protocol": "TCP", "port": 30080}
        [answer] = policy.evaluate(net.estate, [asked])
        assert arrives(net, src, "kind-worker:30080") == answer["verdict"], src
