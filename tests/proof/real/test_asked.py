"""What users ask for, in the canonical cluster, ends as it did with the real programs in the recorded one.

Names and addresses are another cluster's, so who answered and whom it saw are compared by what they are: a pod, or
a device of the node that was asked first.
"""

from __future__ import annotations

import re

import pytest

import packetwalk
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.walks.catalogue import ASKED
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network as canonical
from packetwalk.walks.walk import Walk
from packetwalk.wire import Ipv4
from tests.proof.real.experiment import outcomes
from tests.proof.real.replayed import recorded_cluster

REFUSED, SILENT, UNREACHABLE, ANSWERED = "refused", "silent", "unreachable", "answered"
SAID = {
    r"ECONNREFUSED": REFUSED,
    r"timed out": SILENT,
    r"unreachable|ENETUNREACH": UNREACHABLE,
    r"bytes from": ANSWERED,
}
SAW = re.compile(r"saw ([\d.]+)")
FLANNEL = {  # scenario: the recorded experiment, and which of its commands
    "nodeport": ("11-nodeport-cluster-from-outside", 0),
    "nodeport-from-pod": ("12-nodeport-cluster-from-pod", 0),
    "nodeport-from-node": ("13-nodeport-cluster-from-node", 0),
    "nodeport-local": ("14-nodeport-local-from-outside", 1),
    "nodeport-local-away": ("14-nodeport-local-from-outside", 0),
    "nodeport-local-from-pod": ("15-nodeport-local-from-pod", 0),
    "nodeport-local-from-node": ("16-nodeport-local-from-node", 0),
    "hairpin": ("06-tcp-clusterip-hairpin", 0),
    "no-such-port": ("09-clusterip-no-such-port", 0),
    "node-to-service": ("20-node-to-clusterip", 0),
    "api": ("30-clusterip-backend-on-host-network", 0),
}
EXPERIMENTS = {
    ("flannel-vxlan-0.28.9-iptables", "vxlan", IPTABLES): {
        **FLANNEL,
        "service-fragments": ("23-udp-fragmented-to-clusterip", 0),
    },
    ("flannel-vxlan-0.28.9-nftables", "vxlan", NFTABLES): {
        **FLANNEL,
        "no-such-service": ("10-service-range-no-service", 0),
    },
    ("calico-3.33-vxlan-iptables", "vxlan", IPTABLES): {
        "nodeport": ("34-nodeport-from-outside", 0),
        "nodeport-from-pod": ("35-nodeport-own-node-accept", 0),
        "hairpin": ("32-clusterip-hairpin", 0),
        "no-such-service": ("33-clusterip-no-such-service", 0),
        "node-to-service": ("37-node-to-clusterip", 0),
        "api": ("46-clusterip-to-other-host-accept", 0),
        "own-node": ("43-pod-to-own-node-ping-accept", 0),
        "other-node": ("44-pod-to-other-node-ping", 0),
        "nobody-here": ("51-unassigned-own-block", 0),
    },
    ("weave-2.9.0-sleeve", "sleeve", IPTABLES): {
        "nodeport": ("28-nodeport-outside", 0),
        "nodeport-from-pod": ("29c-pod-to-nodeport-of-other-node", 1),
        "hairpin": ("23-clusterip-hairpin", 0),
        "no-endpoints": ("27-clusterip-no-endpoint", 0),
        "node-to-service": ("25-node-to-clusterip", 0),
        "own-node": ("30-pod-to-own-node-ip", 0),
        "own-node-to-pod": ("37-node-to-own-pod", 0),
    },
}
CASES = [(*of, scenario, *where) for of, asked in EXPERIMENTS.items() for scenario, where in asked.items()]


def recorded(name: str, experiment: str, command: int) -> str:
    """Return how a recorded question ended: whom the server saw, or what the program was told."""
    said = " ".join(outcomes(name)["experiments"][experiment]["said"][command])
    seen = SAW.search(said)
    if seen:
        return whose(recorded_cluster(name).network, seen[1])
    return next((end for words, end in SAID.items() if re.search(words, said)), SILENT)


def whose(network: Network, address: str) -> str:
    """Return what has an address: the pod that asks, a device of its node, the host outside."""
    first = next(pod for pod in network.pods if not pod.name.startswith("coredns"))
    places = {first.name: "the pod", first.node: "its node", "internet": "outside"}
    for netns, name in places.items():
        for each in network.fabric.netns(netns).addrs:
            if each.local == address:
                return f"{name} {each.dev if netns != first.name else ''}".strip()
    return address


def walked(walk: Walk, network: Network) -> str:
    """Return how a walk ended, in the same words."""
    names = {trace.name for trace in walk.traces}
    arrived = [step for trace in walk.traces[:1] for step in trace.steps if step.event == "deliver"]
    if walk.packet.proto == "icmp":
        return ANSWERED if "reply" in names else SILENT
    if {"ack", "reply"} & names and "reset" not in names:
        ends = arrived or [step for step in walk.steps if step.netns == "b" and step.event == "deliver"]
        ip = next(header for header in reversed(ends[-1].after) if isinstance(header, Ipv4))
        return whose(network, ip.src)
    errors = [trace for trace in walk.traces if trace.name == "error"]
    if errors:
        message = next(header for header in errors[0].steps[-1].after if header.proto == "icmp")
        return REFUSED if message.code == 3 else UNREACHABLE
    return SILENT


@pytest.mark.parametrize(("name", "mode", "rules", "scenario", "experiment", "command"), CASES)
def test_a_scenario_ends_as_it_was_recorded(
    name: str, mode: str, rules: str, scenario: str, experiment: str, command: int
) -> None:
    plugin = name.partition("-")[0]
    special = next(each for each in ASKED if each.name == scenario).special
    walk = packetwalk.walk(plugin, mode, scenario, rules=rules)
    made = canonical(plugin, mode, special=scenario if special else None, rules=rules)
    assert walked(walk, made) == recorded(name, experiment, command)


def test_a_host_port_is_written_as_portmap_writes_it() -> None:
    """Rule by rule, in order, but for the pod, its address and its port."""
    lines = [
        "-A PREROUTING -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
        "-A OUTPUT -m addrtype --dst-type LOCAL -j CNI-HOSTPORT-DNAT",
        '-A POSTROUTING -m comment --comment "CNI portfwd requiring masquerade" -j CNI-HOSTPORT-MASQ',
        "-A CHAIN -s 10.244.1.0/24 -p tcp -m tcp --dport 18080 -j CNI-HOSTPORT-SETMARK",
        "-A CHAIN -s 127.0.0.1/32 -p tcp -m tcp --dport 18080 -j CNI-HOSTPORT-SETMARK",
        "-A CHAIN -p tcp -m tcp --dport 18080 -j DNAT --to-destination 10.244.1.2:8080",
        "-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment NAME -m multiport --dports 18080 -j CHAIN",
        "-A CNI-HOSTPORT-MASQ -m mark --mark 0x2000/0x2000 -j MASQUERADE",
        '-A CNI-HOSTPORT-SETMARK -m comment --comment "CNI portfwd masquerade mark" -j MARK --set-xmark 0x2000/0x2000',
    ]
    place = next(
        place for place in recorded_cluster("flannel-vxlan-0.28.9-iptables").places if place.netns == "n3"
    )
    theirs = [each for each in place.files["iptables.txt"].splitlines() if "CNI-" in each and each[0] != ":"]
    mine = canonical("flannel", "vxlan", special="hostport").plan("kind-worker")
    made = [str(op.entry) for op in mine if op.by == "portmap plugin"]
    rules = [each for each in made if each.startswith("-A") and "udp" not in each]

    def general(line: str) -> str:
        line = re.sub(r'"dnat name: .*?\\""', "NAME", re.sub(r"CNI-DN-\w{21}", "CHAIN", line))
        return line.replace("10.244.3.3", "10.244.1.2").replace("10.244.3.0", "10.244.1.0")

    assert {*made} - {*rules} - {each for each in made if "udp" in each} == {"net.ipv4.conf.cni0.route_localnet = 1"}
    assert sorted(map(general, rules)) == sorted(lines)
    assert sorted(general(re.sub(r"^\[\d+:\d+\] ", "", line)) for line in theirs) == sorted(lines)
