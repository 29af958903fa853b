"""A packet's fate under Calico's tables, in either form, is what it was with a real Felix in a real kernel."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.datapath.run import Run
from packetwalk.plan.rules import IPTABLES, NFTABLES, RULES
from packetwalk.walks.network import Network
from tests.cni.calico.recorded import CASES, RecordedCluster
from tests.policy import settings
from tests.policy.test_cases import LET_THROUGH, asked, change

OUTSIDE = "203.0.113.9"
SENT = 50_000  # the client's port, as the kernel would draw one
ASKED = {name: case for name, case in CASES.items() if case["kind"] != "steps"}


def renamed(manifests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return manifests with names of pods that no other namespace has: each is a namespace of the network."""
    found = copy.deepcopy(manifests)
    for each in found:
        if each["kind"] == "Pod":
            each["metadata"]["name"] = pod(each["metadata"]["namespace"], each["metadata"]["name"])
    return found


def pod(namespace: str, name: str) -> str:
    """Return a name by which no two interfaces of a node begin alike, as none did in the recordings."""
    return f"{namespace}-{name}"


def sendable(query: dict[str, Any]) -> bool:
    """Say whether the model sends such a packet, and the recorded router's routes to pods are not needed."""
    protocol, kind = query["protocol"], query.get("icmp", {}).get("type", 8)
    from_outside = not query["src"].keys() & {"pod", "node"}
    return protocol in ("TCP", "UDP", "ICMP") and kind == 8 and not (from_outside and "pod" in query["dst"])


def send(net: Network, query: dict[str, Any]) -> Run:
    """Send what is asked."""
    source, goal = query["src"], query["dst"]
    start = pod(source["ns"], source["pod"]) if "pod" in source else source.get("node", "internet")
    to = pod(goal["ns"], goal["pod"]) if "pod" in goal else "internet" if goal["ip"] == OUTSIDE else goal["ip"]
    options: dict[str, Any] = {"proto": query["protocol"].lower(), **({"size": query["size"]} if "size" in query else {})}
    if query["protocol"] != "ICMP":
        to, options["sport"] = f"{to}:{query['port']}", query.get("sport", SENT)
    return net.send(start, to, **options)


def arrived(net: Network, query: dict[str, Any]) -> bool:
    """Send what is asked and say whether it came to whom it was meant for."""
    traces, target = send(net, query).traces, owner(net, query["dst"], query.get("port", 0))
    if target in net.cluster.node_by_name:
        return traces[0].disposition in ("delivered", "refused", "rejected")
    return any(step.netns == target and step.event in ("ingress", "deliver") for each in traces for step in each.steps)


def owner(net: Network, goal: dict[str, Any], port: int) -> str:
    """Return the namespace in which a packet to a pod, a service, a node's port, a node or outside ends."""
    if "pod" in goal:
        return pod(goal["ns"], goal["pod"])
    for each in net.cluster.services:
        if ("service" in goal and each.address == goal["ip"]) or ("nodePort" in goal and each.node_port == port):
            return "internet" if each.backends[0] == OUTSIDE else each.backends[0]
    return goal.get("node", "internet")


def network(name: str, rules: str, objects: list[dict[str, Any]] | None = None) -> Network:
    """Return the cluster of a case, or with other objects than it begins with."""
    manifests = renamed(CASES[name]["manifests"] if objects is None else objects)
    texts = {name: json.dumps([*manifests, *settings(CASES[name].get("note", ""))])}
    return Network(RecordedCluster(manifests), "calico", "vxlan", rules=rules, policies=policy.gather(texts=texts))


@pytest.mark.parametrize("name", ASKED)
def test_packets_fare_as_recorded(name: str) -> None:
    """Half of a case's packets go through the tables of iptables, the other half through nftables'."""
    case = ASKED[name]
    queries = [each for each in [*case["queries"], *case.get("probes", [])] if sendable(each)]
    assert queries
    for number, rules in enumerate(RULES):
        net, other = network(name, rules), case.get("in_nftables_mode", ()) if rules == NFTABLES else ()
        for each in queries[number :: len(RULES)]:
            if not any(each["src"] == one["src"] and each["dst"] == one["dst"] for one in other):
                assert arrived(net, each) == (each["expected"] == "allow"), (rules, each)


def test_what_nftables_sees_otherwise_was_seen() -> None:
    """``ct status != dnat`` is about all bits of the status, ``! --ctstate DNAT`` about one."""
    told = {name: case["in_nftables_mode"] for name, case in ASKED.items() if "in_nftables_mode" in case}
    assert list(told) == ["h15-hep-star-egress-deny"]
    for name, queries in told.items():
        for each in queries:
            assert each["seen"] == "dropped" and not arrived(network(name, NFTABLES), each)
            assert arrived(network(name, IPTABLES), each)


IN_TIME = ("d21-mutate-labels", "d22-mutate-namespace", "d24-icmp-errors", "d25-pod-phase")


@pytest.mark.parametrize("rules", RULES)
@pytest.mark.parametrize("name", IN_TIME)
def test_packets_fare_as_recorded_when_something_changes(name: str, rules: str) -> None:
    case, sent = CASES[name], 0
    applied = any(step.get("do") == "apply" for step in case["steps"])
    objects = copy.deepcopy([*case["manifests"], *([] if applied else case["objects"])])
    for step in case["steps"]:
        objects = change(objects, step.get("do", ""), case)
        net = network(name, rules, objects)
        for each in filter(sendable, asked(step)):
            assert arrived(net, each) == (each["seen"] in LET_THROUGH), (step.get("do"), each)
            sent += 1
    assert sent


def test_nearly_all_of_them_are_sent() -> None:
    every = [each for case in ASKED.values() for each in [*case["queries"], *case.get("probes", [])]]
    assert len(every) == 14926
    assert sum(map(sendable, every)) == 13462
