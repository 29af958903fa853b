"""Questions about one packet: whom it really meets, where the manifests leave something out, and what is no question."""

from __future__ import annotations

from typing import Any

import pytest

from packetwalk import policy
from packetwalk.errors import BadInput
from packetwalk.policy.estate import Estate
from tests.policy import estate

CORE = {"apiVersion": "v1"}


def pod(name: str, address: str, node: str, **more: Any) -> dict[str, Any]:
    meta = {"name": name, "labels": {"app": name}}
    spec = {"nodeName": node, "containers": [], **more}
    return {**CORE, "kind": "Pod", "metadata": meta, "spec": spec, "status": {"podIP": address}}


def service(name: str, **spec: Any) -> dict[str, Any]:
    return {**CORE, "kind": "Service", "metadata": {"name": name}, "spec": spec}


def only(*ports: int, **more: Any) -> dict[str, Any]:
    """Return a policy: into b at these ports alone."""
    rule = {"ports": [{"port": each} for each in ports], **more}
    spec = {"podSelector": {"matchLabels": {"app": "b"}}, "ingress": [rule]}
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}}
    return {**kind, "spec": spec}


PODS = [pod("a", "10.244.1.2", "n1"), pod("b", "10.244.2.2", "n2")]


def allowed(found: Estate, source: str, destination: str, port: int | str = 80) -> bool:
    told = policy.explain(found, source, destination, "TCP", port)
    return bool(told.allowed)


PORTS = [{"name": "web", "port": 80, "targetPort": 8080}]


def test_nobody_translates_for_a_headless_service() -> None:
    """kube-proxy skips it (ShouldSkipService of pkg/proxy/util/utils.go); DNS has its pods' addresses."""
    headless = service("hl", clusterIP="None", selector={"app": "b"}, ports=PORTS)
    with_address = service("vip", clusterIP="10.96.0.9", selector={"app": "b"}, ports=PORTS)
    found = estate([*PODS, headless, with_address, only(8080)])
    assert allowed(found, "a", "service:vip", 80) and not allowed(found, "a", "service:vip", 8080)
    assert allowed(found, "a", "service:hl", 8080) and not allowed(found, "a", "service:hl", 80)
    assert allowed(found, "a", "service:hl", "web")  # SRV says the port of the pods
    assert allowed(found, "b", "service:hl", 80)  # itself


def test_a_headless_service_without_pods_has_no_address() -> None:
    found = estate([*PODS, service("hl", clusterIP="None", selector={"app": "c"}, ports=PORTS)])
    told = policy.explain(found, "a", "service:hl", "TCP", 80)
    assert not told.allowed and "its name has no address" in repr(told)


def test_an_external_name_is_no_service_to_judge() -> None:
    found = estate([*PODS, service("ext", type="ExternalName", externalName="db.example.org")])
    with pytest.raises(BadInput, match=r"ExternalName.*db\.example\.org"):
        policy.explain(found, "a", "service:ext", "TCP", 80)


def node(name: str, address: str, subnet: str = "", tunnel: str = "") -> dict[str, Any]:
    notes = {"IPv4Address": subnet, "IPv4IPIPTunnelAddr": tunnel}
    annotations = {f"projectcalico.org/{key}": value for key, value in notes.items() if value}
    status = {"addresses": [{"type": "InternalIP", "address": address}]}
    return {**CORE, "kind": "Node", "metadata": {"name": name, "annotations": annotations}, "status": status}


def pool(mode: str) -> dict[str, Any]:
    kind = {"apiVersion": "projectcalico.org/v3", "kind": "IPPool", "metadata": {"name": "p"}}
    return {**kind, "spec": {"cidr": "10.244.0.0/16", "ipipMode": mode, "vxlanMode": "Never"}}


NEAR, FAR = "172.18.0.3/16", "172.18.0.3/32"
FROM_NODES = only(80, **{"from": [{"ipBlock": {"cidr": "172.16.0.0/12"}}]})
FROM_TUNNELS = only(80, **{"from": [{"ipBlock": {"cidr": "10.244.1.0/32"}}]})


@pytest.mark.parametrize(
    ("mode", "subnet", "tunnel", "of_nodes", "of_tunnels", "said"),
    [
        ("Always", NEAR, "10.244.1.0", False, True, ""),
        ("Never", "", "", True, False, ""),
        ("CrossSubnet", NEAR, "10.244.1.0", True, False, ""),
        ("CrossSubnet", FAR, "10.244.1.0", False, True, ""),
        ("CrossSubnet", "", "10.244.1.0", False, False, "the subnet of node n1"),
        ("Always", NEAR, "", False, False, "the tunnel's address of node n1"),
    ],
)
def test_the_pools_mode_says_where_a_nodes_packets_come_from(
    mode: str, subnet: str, tunnel: str, of_nodes: bool, of_tunnels: bool, said: str
) -> None:
    """As a walk in the same mode has it: ``test_the_judge_sees_the_source_that_the_tables_choose``."""
    nodes = [node("n1", "172.18.0.3", subnet, tunnel), node("n2", "172.18.0.4", NEAR, "10.244.2.0")]
    for rules, expected in ((FROM_NODES, of_nodes), (FROM_TUNNELS, of_tunnels)):
        found = estate([*PODS, *nodes, pool(mode), rules])
        assert allowed(found, "node:n1", "b") is expected
        assert [said in each for each in found.notes] == [True] * bool(said)


@pytest.mark.parametrize(("on", "reached"), [("n2", True), ("n1", False), ("", False)])
def test_a_pod_on_the_network_of_a_node_that_no_manifest_shows(on: str, reached: bool) -> None:
    """Its own node's pods it reaches past all policies, as with a Node object; what is not known is told."""
    host = pod("h", "172.18.0.4", on, hostNetwork=True)
    without = estate([*PODS, host, only(81)])
    assert allowed(without, "h", "b") is reached
    assert [each.startswith("no Node object: of the node of default/h") for each in without.notes] == [True]
    if on:
        known = estate([*PODS, host, only(81), node(on, "172.18.0.4")])
        assert allowed(known, "h", "b") is reached and known.notes == ()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_a_packet_to_itself_never_leaves_a_pod(address: str) -> None:
    closed = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}}
    found = estate([*PODS, {**kind, "spec": closed}])
    assert allowed(found, "a", address) and not allowed(found, "a", "128.0.0.1")


ODD: tuple[Any, ...] = (
    *(None, 5, -1, 1.5, "", "x", True, [], [5], {}, {"a": 1}, 10**30, ["established"]),
    *({"pod": None}, {"pod": ["a"]}, {"ns": [], "pod": "a"}, {"ip": 5}, {"node": {}}, {"service": []}, {"nodePort": 5}),
    *({"type": "x"}, {"type": 8, "code": -1}),
)
FIELDS = ("src", "dst", "protocol", "port", "sport", "icmp", "state")


@pytest.mark.parametrize("protocol", ["TCP", "ICMP"])
def test_whatever_stands_in_a_file_of_questions_is_answered_or_refused_in_a_line(protocol: str) -> None:
    found = estate([*PODS, service("vip", clusterIP="10.96.0.9", selector={"app": "b"}, ports=PORTS), node("n1", "172.18.0.3")])
    right = {"src": {"pod": "a"}, "dst": {"pod": "b"}, "protocol": protocol, "port": 80}
    assert policy.evaluate(found, [right])[0]["verdict"] == "allow"
    changed = [{**right, "protocol": protocol, field: odd} for field in FIELDS for odd in ODD]
    changed += [{**each, "dst": {"service": "vip"}} for each in changed]
    refused = 0
    for each in (*ODD, *changed):
        try:
            policy.evaluate(found, [each])
        except BadInput as error:
            refused += 1
            assert str(error).startswith("query 0, ") and "\n" not in str(error)
    assert refused > len(changed) / 2
    for odd in (5, "x", {"type": "x"}, {"type": 8, "code": -1}):
        with pytest.raises(BadInput, match="query 0, icmp"):
            policy.evaluate(found, [{**right, "protocol": "ICMP", "icmp": odd}])


def test_a_range_from_port_0_ends_where_it_says() -> None:
    rule = {"action": "Allow", "protocol": "TCP", "destination": {"ports": ["0:90"]}}
    kind = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkPolicy", "metadata": {"name": "g"}}
    found = estate([*PODS, {**kind, "spec": {"selector": "app == 'b'", "ingress": [rule]}}])
    changes = policy.difference(estate(PODS), found).changes
    assert [str(each) for each in changes] == [
        f"- {source} -> default/b: ICMP, TCP 91-65535, UDP 1-65535, SCTP 1-65535" for source in ("default/a", "outside")
    ]
