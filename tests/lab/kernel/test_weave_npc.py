"""Rules and sets of weave-npc are in the kernel's words, and the kernel's verdicts are the walk's."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.cni.weave import npc
from packetwalk.cni.weave.policies.controller import CLOSED
from packetwalk.lab.kernel import record, writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import IptablesRule
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES, hit
from packetwalk.walks.network import Network
from tests.cni.weave.test_npc import ALL, DB, WEB, ingress, tables
from tests.lab.kernel.policed import fare

LONG = {"matchExpressions": [{"key": "app", "operator": "In", "values": [f"value-{k}" for k in range(40)]}]}
PORTS = (
    {"port": 80},
    {"port": 80, "endPort": 90},
    {"protocol": "UDP"},
    {"protocol": "SCTP"},
    {"protocol": "SCTP", "port": 9},
    {"protocol": "TCP"},
)
PEERS = (
    {"podSelector": LONG},
    {"namespaceSelector": {"matchLabels": {"team": "x"}}},
    {"namespaceSelector": ALL, "podSelector": DB},
    {"ipBlock": {"cidr": "0.0.0.0/0"}},
    {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8", "192.0.2.1/32"]}},
    {"ipBlock": {"cidr": "192.0.2.1/32"}},
)


@pytest.mark.kernel("ipset")
def test_the_kernel_prints_rules_and_sets_as_they_are_here() -> None:
    """All forms of a rule, with a comment that iptables cuts off."""
    sets, rules = tables(
        ingress(*PEERS, ports=PORTS, pods=WEB),
        {"podSelector": DB, "policyTypes": ["Egress"], "egress": [{"to": list(PEERS), "ports": list(PORTS)}, {}]},
    )
    made = Doing("here")
    try:
        mark = IptablesRule("filter", "WEAVE-NPC-EGRESS-ACCEPT", npc.BASE[5][1])
        writing.write(made, [argv for each in (*sets.values(), mark, *rules) for argv in each.argv()])
        read = record.tables(made)
        printed = [each for each in IPTABLES.read(read) if isinstance(each, IptablesRule)]
        found = {chain: [str(r) for r in printed if r.chain == chain] for chain in {r.chain for r in rules}}
        assert found == {chain: [str(r) for r in rules if r.chain == chain] for chain in found}
        assert [sorted(each.members) for each in SETS.read(read)] == [
            sorted(each.members) for each in SETS.told(sets.values())
        ]
    finally:
        made.close()
    assert len(rules) == len(CLOSED) + 3 * (len(PEERS) * len(PORTS) - len(PEERS)) + 2


CLIENT, SERVER = {"matchLabels": {"app": "client"}}, {"matchLabels": {"app": "server"}}
LIVING = {  # as in the recorded cluster: two clients and two servers, on all nodes and in two namespaces
    "a": ("default", "client"),
    "a2": ("default", "server"),
    "b": ("default", "server"),
    "b2": ("default", "other"),
    "coredns": ("other", "client"),
    "coredns2": ("other", "other"),
}
STEPS: dict[str, tuple[dict[str, Any], dict[tuple[str, str], bool]]] = {
    "03-allow-by-pod-label": (
        ingress({"podSelector": CLIENT}, pods=SERVER),
        {("a", "b:8080"): True, ("a", "b"): True, ("b2", "b:8080"): False, ("kind-worker", "b:8080"): False},
    ),
    "05-allow-by-namespace-and-pod": (
        ingress({"namespaceSelector": {"matchLabels": {"team": "x"}}, "podSelector": CLIENT}, pods=SERVER),
        {("coredns", "b:8080"): True, ("coredns2", "b"): False, ("a", "b"): False},
    ),
    "06-ipblock-except": (
        ingress({"ipBlock": {"cidr": "10.32.0.0/12", "except": ["10.40.0.0/14"]}}, pods=SERVER),
        {("a", "b"): True, ("b2", "b"): False, ("a", "a2"): True},
    ),
    "09-endport": (
        ingress({"podSelector": CLIENT}, ports=({"port": 8080, "endPort": 8082},), pods=SERVER),
        {("a", "b:8080"): True, ("a", "b:8081"): False, ("a", "a2"): False},
    ),
    "15-egress-to-pod-label": (
        {"podSelector": CLIENT, "policyTypes": ["Egress"], "egress": [{"to": [{"podSelector": SERVER}]}]},
        {
            ("a", "b:8080"): True,
            ("a", "10.96.0.80:80"): True,
            ("a", "b2"): False,
            ("a", "internet"): False,
            ("a", "kind-worker"): True,
        },
    ),
    "18f-from-namespaceselector-empty": (
        ingress({"namespaceSelector": ALL}, pods=SERVER),
        {("coredns", "b:8080"): True, ("kind-worker", "b"): False, ("kind-worker2", "b"): True},
    ),
}
"""Recorded steps over the canonical cluster: the policy, who asks whom (with a port over TCP), and who is let through."""


def governed(spec: dict[str, Any]) -> Network:
    """Return the canonical cluster under one policy."""
    said: list[dict[str, Any]] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "x"}}}
    ]
    for name, (space, app) in LIVING.items():
        meta = {"name": name, "namespace": space, "labels": {"app": app}}
        said.append({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": []}})
    meta = {"name": "only"}
    said.append({"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec})
    return Network(Cluster(), "weave", "sleeve", policies=policy.gather(texts={"all.json": json.dumps(said)}))


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", STEPS)
def test_real_packets_fare_as_in_the_walk(name: str) -> None:
    """Every frame at every device, and which rules of weave-npc counted how many new packets."""
    spec, asked = STEPS[name]
    fared = fare(governed(spec), asked)
    assert fared.differences() == []
    for place in fared.recording.places:
        lines = [line for line in place.files.get("iptables.txt", "").splitlines() if line.startswith("[")]
        theirs = Counter({each.rule: each.packets for each in map(hit, lines) if counts_new(each.rule)})
        ours = Counter(
            str(rule.entry)
            for run in fared.runs
            for netns, verdict, _ in run.verdicts
            if netns == place.netns
            for rule in verdict.counts
            if counts_new(str(rule.entry))
        )
        assert ours == +theirs, place.netns
    assert {ends: end == "delivered" for ends, end in fared.ends.items()} == asked


def counts_new(line: str) -> bool:
    """Say whether a rule of weave-npc meets the first packet of a connection alone."""
    return line.startswith("-A WEAVE-NPC") and "ESTABLISHED" not in line
