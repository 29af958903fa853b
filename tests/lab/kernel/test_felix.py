"""What Felix writes under policies is in the kernel's words, and the kernel's verdicts are the walk's."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.capture.recording import Place
from packetwalk.cni.calico import nftables
from packetwalk.lab.kernel import record, writing
from packetwalk.lab.kernel.deeds import Doing
from packetwalk.lab.proving.search import counters
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.rules import RULES
from packetwalk.tables import Entry, IpSet, IptablesRule
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.nftables import RULESET, NftEntry
from packetwalk.walks.network import Network
from tests.cni.calico.recorded import CASES, chains, planned
from tests.lab.kernel.policed import fare

ASKED = [name for name, case in CASES.items() if case["kind"] != "steps"]


def printed(entries: Sequence[Entry]) -> Place:
    """Write entries into a namespace, and return what its tools print."""
    made = Doing("here")
    try:
        writing.write(made, [argv for each in entries for argv in each.argv()])
        return Place("here", "here", "node", "here", record.tables(made))
    finally:
        made.close()


@pytest.mark.kernel("ipset")
def test_the_kernel_prints_rules_and_sets_as_they_are_here() -> None:
    """Those of every recorded case, whatever a rule asks."""
    for name in ASKED:
        every = [op.entry for op in planned(name)]
        rules = [each for each in every if isinstance(each, IptablesRule)]
        sets = [each for each in every if isinstance(each, IpSet)]
        place = printed([*sets, *rules])
        held = [each for each in IPTABLES.hold(rules) if isinstance(each, IptablesRule)]
        theirs = [each for each in place.entries(IPTABLES) if isinstance(each, IptablesRule)]
        assert chains(held) == chains(theirs), name
        members = {each.name: sorted(each.members) for each in sets}
        assert members == {each.name: sorted(each.members) for each in place.entries(SETS)}, name


@pytest.mark.kernel("nft")
def test_the_kernel_prints_the_form_of_nftables_as_it_is_here() -> None:
    for name in ASKED:
        every = [op.entry for op in planned(name, nftables.FORM)]
        written = [each for each in every if isinstance(each, NftEntry) and each.chain_table == nftables.TABLE]
        text = "\n".join(RULESET.lines(RULESET.hold(written)))
        sides = RULESET.sides(Place("here", "here", "node", "here", {"nft.txt": text}), printed(written))
        assert sides is not None
        ours, theirs = (sorted(lines, key=lambda line: RULESET.chain(line) or (line,)) for lines in sides)
        assert ours == theirs, name


def rule(action: str, **asks: Any) -> dict[str, Any]:
    return {"action": action, **asks}


def calico(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    meta = {"name": name, **({"namespace": "default"} if kind == "NetworkPolicy" else {})}
    return {"apiVersion": "projectcalico.org/v3", "kind": kind, "metadata": meta, "spec": spec}


def kubernetes(name: str, **spec: Any) -> dict[str, Any]:
    meta = {"name": name, "namespace": "default"}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": meta, "spec": spec}


def app(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"app": name}}}


B = app("b")
SETS_OF_POLICIES: dict[str, tuple[list[dict[str, Any]], dict[tuple[str, str], bool]]] = {
    "a selector, a port": (
        [kubernetes("p", **B, ingress=[{"from": [app("a")], "ports": [{"port": 8080}]}])],
        {("a", "b:8080"): True, ("a2", "b:8080"): False, ("a", "b"): False, ("kind-worker2", "b"): True},
    ),
    "a range without another": (
        [
            kubernetes(
                "p",
                **B,
                ingress=[{"from": [{"ipBlock": {"cidr": "10.244.0.0/16", "except": ["10.244.162.128/26"]}}]}],
            )
        ],
        {("coredns", "b"): True, ("a", "b"): False, ("b2", "b:8080"): True},
    ),
    "egress, to a Service": (
        [kubernetes("p", **app("a"), policyTypes=["Egress"], egress=[{"to": [B], "ports": [{"port": 8080}]}])],
        {("a", "10.96.0.80:80"): True, ("a", "a2"): False, ("a", "internet"): False, ("b", "a"): True},
    ),
    "many ports, Log, Pass, Deny": (
        [
            {**calico("Tier", "first", order=1), "metadata": {"name": "first"}},
            calico(
                "GlobalNetworkPolicy",
                "first.p",
                tier="first",
                selector="app == 'b'",
                ingress=[
                    rule("Log", protocol="TCP"),
                    rule("Pass", protocol="TCP", source={"selector": "app == 'a'"}),
                    rule("Deny", protocol="ICMP", icmp={"type": 8}, source={"selector": "app == 'a2'"}),
                    rule("Allow", protocol="ICMP"),
                ],
            ),
            calico(
                "NetworkPolicy",
                "p",
                selector="app == 'b'",
                ingress=[
                    rule(
                        "Allow",
                        protocol="TCP",
                        source={"notNets": ["192.0.2.0/24", "198.51.100.0/24"]},
                        destination={"ports": [*range(100, 116), "8000:8079", 8080]},
                    )
                ],
            ),
        ],
        {("a", "b:8080"): True, ("a", "b:9000"): False, ("a2", "b"): False, ("coredns", "b"): True, ("b2", "b:8080"): False},
    ),
    "a host endpoint": (
        [
            calico("HostEndpoint", "n", node="kind-worker2", interfaceName="eth0"),
            calico(
                "GlobalNetworkPolicy",
                "p",
                selector="!has(projectcalico.org/namespace)",
                types=["Ingress", "Egress"],
                ingress=[rule("Deny", protocol="TCP", destination={"ports": [10250]}), rule("Allow")],
                egress=[rule("Allow")],
            ),
        ],
        {("kind-worker", "kind-worker2:10250"): False, ("kind-worker", "kind-worker2"): True, ("a", "b"): True},
    ),
}
"""Policies over the canonical cluster: who asks whom (with a port over TCP), and who is let through."""


def governed(objects: list[dict[str, Any]], rules: str) -> Network:
    """Return the canonical cluster under policies."""
    given = policy.gather(texts={"all.json": json.dumps(objects)})
    return Network(Cluster(), "calico", "vxlan", rules=rules, policies=given)


@pytest.mark.kernel("ipset", "nft")
@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", SETS_OF_POLICIES)
def test_real_packets_fare_as_in_the_walk(name: str, rules: str) -> None:
    """Every frame at every device, and which rules of the nodes counted how many packets."""
    objects, asked = SETS_OF_POLICIES[name]
    fared = fare(governed(objects, rules), asked)
    assert fared.differences() == []
    assert counters.difference(fared.runs, fared.recording) == ""
    assert {ends: end in ("delivered", "refused") for ends, end in fared.ends.items()} == asked
