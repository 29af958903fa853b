"""What each plugin does with a policy: Weave's program as it was recorded, Flannel nothing, Calico all of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.policy.estate import Estate
from packetwalk.policy.plugins import enforcements
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from tests.policy import cases, estate, wrong
from tests.policy.test_manifests import SHOP

PODS = {
    "p1a": ("10.44.0.1", "n1", "default", "client"),
    "p1b": ("10.44.0.2", "n1", "default", "other"),
    "p1c": ("10.44.0.3", "n1", "default", "server"),
    "p2a": ("10.32.0.2", "n2", "default", "server"),
    "p2b": ("10.32.0.3", "n2", "default", "other"),
    "p3a": ("10.40.0.1", "n3", "other", "client"),
    "p3b": ("10.40.0.2", "n3", "other", "other"),
}
NODES = {"n1": "172.18.0.2", "n2": "172.18.0.3", "n3": "172.18.0.4"}
SERVICES = {  # name: address, port, protocol, endpoint, its port, node port
    "srv": ("10.96.0.80", 80, "TCP", "10.32.0.2", 8080, 30080),
    "self": ("10.96.0.82", 80, "TCP", "10.44.0.3", 8080, 0),
    "dns": ("10.96.0.10", 53, "UDP", "10.32.0.3", 5353, 0),
}
OUTSIDE = "203.0.113.9"
WITHOUT_RULES = ("22-", "27-", "28-")
"""Steps in which weave-npc has ended before a pod comes, or somebody has flushed its rules: no policy decides there."""
RECORDED = [
    step for step in cases("weave-npc-2.9.0") if "verdicts" in step
]  # the others tell of one connection in time
STEPS = [step for step in RECORDED if not step["step"].startswith(WITHOUT_RULES)]


def cluster(step: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the recording's pods, nodes and services (its README has them), and a step's policies."""
    found = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}]
    found.append(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"team": "x"}}}
    )
    for name, (address, node, space, app) in PODS.items():
        ports = [{"name": "http", "containerPort": 8080}]
        spec = {"nodeName": node, "containers": [{"name": "c", "ports": ports}]}
        meta = {"name": name, "namespace": space, "labels": {"app": app}}
        found.append(
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"podIP": address}}
        )
    for name, address in NODES.items():
        status = {"addresses": [{"type": "InternalIP", "address": address}]}
        found.append({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status})
    for name, (address, port, protocol, end, target, node_port) in SERVICES.items():
        ports = [{"port": port, "protocol": protocol, "nodePort": node_port}]
        found.append(
            {
                "apiVersion": "v1",
                "kind": "Service",
                "metadata": {"name": name},
                "spec": {"clusterIP": address, "ports": ports},
            }
        )
        meta = {"name": name, "labels": {"kubernetes.io/service-name": name}}
        ports = [{"port": target, "protocol": protocol}]
        found.append(
            {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, "ports": ports}
            | {"endpoints": [{"addresses": [end]}]}
        )
    return [*found, *(each["policy"] for each in step["policies"] if each["rc"] == 0)]


def asked(text: str, seen: str) -> dict[str, Any]:
    """Return a probe of the recording, told in its words, as a query."""
    protocol = "ICMP" if "ping" in text else "UDP" if re.match(r"udp\b", text) else "TCP"
    text = re.sub(r"^(new connection|ping|udp|tcp)\s+", "", text)
    port = 8080
    if found := re.match(r"(\d+) ", text):
        port, text = int(found[1]), text[found.end() :]
    source, arrow, to = text.partition(" -> ")
    if not arrow:  # "ClusterIP 10.96.0.10:53 (p2b:5353)", "p2b:53 directly": the client's
        source, to = "p1a", text
    if found := re.search(r":(\d+)", to):
        port = int(found[1])
    destination = end(to)
    if "nodePort" in destination:
        port = 30080
    elif destination.get("ip") in ("10.96.0.80", "10.96.0.82"):
        port = 80
    expected = "allow" if " ok" in seen else "deny"
    return {"src": end(source), "dst": destination, "protocol": protocol, "port": port, "expected": expected}


def end(text: str) -> dict[str, str]:
    """Return whom a word of the recording means."""
    if "NodePort" in text:
        return {"nodePort": re.search(r"n\d", text)[0]}
    if "own ClusterIP" in text:
        return {"ip": "10.96.0.82"}
    if found := re.search(r"10\.96\.0\.\d+", text):
        return {"ip": found[0]}
    if found := re.search(r"host (n\d)", text):
        return {"node": found[1]}
    if "outside" in text and not text.startswith("p"):
        return {"ip": OUTSIDE}
    name = re.search(r"p\d[a-c]", text)[0]
    return {"ns": PODS[name][2], "pod": name}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step["step"])
def test_weave_npc_agrees(step: dict[str, Any]) -> None:
    found = estate(cluster(step), plugin="weave")
    queries = [asked(*each) for each in step["verdicts"]]
    assert queries and wrong(found, queries) == []


def test_the_recording_tells_weave_from_calico() -> None:
    """What is particular to weave-npc is where these steps part from what Calico makes of the same policies."""
    parted = {
        step["step"]
        for step in STEPS
        if wrong(estate(cluster(step)), [asked(*each) for each in step["verdicts"]])
    }
    assert {"09-endport", "10-named-port", "11-named-port-and-deny"} <= parted


def test_weave_says_which_policy_is_not_what_it_seems() -> None:
    by_step = {step["step"]: estate(cluster(step), plugin="weave").notes for step in STEPS}
    assert "endPort" in by_step["09-endport"][0] and "named port" in by_step["10-named-port"][0]
    assert by_step["03-allow-by-pod-label"] == ()


TWO_PODS: list[dict[str, Any]] = [
    {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": []},
        "status": {"podIP": address},
    }
    for name, address in (("a", "10.32.0.2"), ("b", "10.32.0.3"))
]


def two(*specs: dict[str, Any], plugin: str = "weave") -> Estate:
    """Return pods a and b under policies that select all pods."""
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    named = [
        {**kind, "metadata": {"name": str(number)}, "spec": {"podSelector": {}, **spec}}
        for number, spec in enumerate(specs)
    ]
    return estate([*TWO_PODS, *named], plugin=plugin)


CLOSED = {"policyTypes": ["Egress"]}
"""No egress."""
OTHER_WAY = {"policyTypes": ["Ingress"], "ingress": [{}], "egress": [{"ports": [{"port": 80}]}]}
"""All ingress, and a rule for egress, which this policy does not govern."""
NAMED = {"policyTypes": ["Egress"], "ingress": [{"ports": [{"port": "web"}]}]}
"""No egress, and a port with a name where it counts for nothing."""


@pytest.mark.parametrize(
    ("specs", "of_weave", "of_calico"),
    [
        ((CLOSED, OTHER_WAY), "allow", "deny"),
        ((OTHER_WAY,), "allow", "allow"),
        ((NAMED,), "allow", "deny"),
        ((CLOSED,), "deny", "deny"),
    ],
)
def test_weave_takes_what_policy_types_leave_out(
    specs: tuple[dict[str, Any], ...], of_weave: str, of_calico: str
) -> None:
    """As its code says (npc/analyser.go), and the tables made of it do: tests/policy/test_walked.py."""
    ends = {"src": {"ns": "default", "pod": "a"}, "dst": {"ns": "default", "pod": "b"}}
    for plugin, verdict in (("weave", of_weave), ("calico", of_calico)):
        found = two(*specs, plugin=plugin)
        assert policy.evaluate(found, [{**ends, "protocol": "TCP", "port": 80}])[0]["verdict"] == verdict
        a, b = found.pods["default", "a"], found.pods["default", "b"]
        assert policy.matrix(found, "TCP", 80).allows(a, b) == (verdict == "allow")


def test_flannel_enforces_nothing_and_says_so() -> None:
    found = policy.read(SHOP, plugin="flannel")
    assert found.policies == () and found.notes == ("NetworkPolicy shop/web: flanneld enforces no policy",)
    query = {"src": {"ip": "8.8.8.8"}, "dst": {"ns": "shop", "pod": "web"}, "protocol": "TCP", "port": 443}
    assert policy.evaluate(found, [query])[0]["verdict"] == "allow"
    assert policy.evaluate(policy.read(SHOP), [query])[0]["verdict"] == "deny"


def test_a_plugin_nobody_knows_is_named_with_those_there_are() -> None:
    assert [each.name for each in enforcements()] == ["calico", "flannel", "weave"]
    with pytest.raises(BadInput, match="calico, flannel, weave"):
        policy.read(SHOP, plugin="cilium")


@pytest.mark.parametrize(
    ("action", "peer", "before", "after", "said"),
    [
        ("Accept", {"nodes": {}}, "deny", "deny", "the whole rule is lost"),
        ("Accept", {"domainNames": ["example.org"]}, "deny", "deny", "the whole rule is lost"),
        ("Deny", {"nodes": {}}, "allow", "deny", "the rule denies everything"),
        ("Pass", {"nodes": {}}, "allow", "deny", "the rule denies everything"),
    ],
)
def test_calico_fails_a_rule_with_a_peer_it_cannot_convert(
    action: str, peer: dict[str, Any], before: str, after: str, said: str
) -> None:
    """As its code says (libcalico-go clusternetworkpolicy.go); judge, matrix and tables."""
    rule = {"action": action, "to": [{"namespaces": {"matchLabels": {"no": "where"}}}]}
    closed = {"policyTypes": ["Egress"]} if action == "Accept" else {"policyTypes": ["Ingress"], "ingress": [{}]}
    ends = {"src": {"ns": "default", "pod": "a"}, "dst": {"ns": "default", "pod": "b"}}
    for peers, verdict in (([], before), ([peer], after)):
        spec = {"tier": "Admin", "priority": 1, "subject": {"namespaces": {}}}
        of = {**spec, "egress": [{**rule, "to": [*rule["to"], *peers]}]}
        meta = {"apiVersion": "policy.networking.k8s.io/v1beta1", "kind": "ClusterNetworkPolicy"}
        objects = [*TWO_PODS, {**meta, "metadata": {"name": "c"}, "spec": of}]
        kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "n"}}
        objects.append({**kind, "spec": {"podSelector": {}, **closed}})
        found = estate(objects)
        assert policy.evaluate(found, [{**ends, "protocol": "TCP", "port": 80}])[0]["verdict"] == verdict
        a, b = found.pods["default", "a"], found.pods["default", "b"]
        assert policy.matrix(found, "TCP", 80).allows(a, b) == (verdict == "allow")
        assert [said in each for each in found.notes] == [True] * len(peers)
        net = Network(Cluster(), "calico", "ipip", policies=policy.gather(texts={"c": json.dumps(objects)}))
        arrived = net.send("a", "b:8080", Packet("tcp")).traces[0].disposition == "delivered"
        assert arrived == (verdict == "allow")
