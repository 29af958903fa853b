"""Policies over the canonical cluster: whom they mean there, and what is said of them."""

from __future__ import annotations

import pytest

from packetwalk import policy, tables, walk
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Cluster
from packetwalk.walks.network import Network

SHOP = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: x}}
---
apiVersion: v1
kind: Pod
metadata: {name: b, namespace: shop, labels: {app: db}}
spec: {containers: [{name: c, ports: [{name: web, containerPort: 8080}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, ingress: []}
"""
LOST = """
apiVersion: v1
kind: Pod
metadata: {name: redis, namespace: shop}
spec: {containers: []}
"""


def network(plugin: str, mode: str, *texts: str) -> Network:
    given = {str(number): text for number, text in enumerate(texts)}
    return Network(Cluster(), plugin, mode, policies=policy.gather(texts=given))


@pytest.mark.parametrize(("plugin", "mode"), [("calico", "ipip"), ("flannel", "vxlan"), ("weave", "sleeve")])
def test_pods_are_the_clusters_with_what_manifests_say_of_them(plugin: str, mode: str) -> None:
    net = network(plugin, mode, SHOP)
    assert net.estate is not None
    pods = net.estate.pods
    assert len(pods) == len(net.pods)
    moved, plain = pods["shop", "b"], pods["default", "a"]
    assert (moved.node, moved.labels, moved.ports[0].port) == ("kind-worker2", {"app": "db"}, 8080)
    assert plain.labels == {"app": "a"}
    assert [policy.evaluate(net.estate, [{"src": {"ip": net.address("a")}, "dst": {"ip": net.address("b")}, "protocol": "TCP", "port": 8080}])[0]["verdict"]] == [
        "allow" if plugin == "flannel" else "deny"
    ]


def test_services_lead_to_the_clusters_own_pods() -> None:
    net = network("calico", "ipip", SHOP)
    assert net.estate is not None
    asked = [{"src": {"ns": "default", "pod": "a"}, "dst": {"ip": "10.96.0.80"}, "protocol": "TCP", "port": 80}]
    assert policy.evaluate(net.estate, asked)[0]["verdict"] == "deny"  # web leads to b
    asked[0]["dst"]["ip"] = "10.96.0.81"  # near leads to a2
    assert policy.evaluate(net.estate, asked)[0]["verdict"] == "allow"


def test_a_plugin_that_enforces_none_says_so_and_changes_nothing() -> None:
    given = policy.gather(texts={"shop": SHOP})
    governed, plain = (walk("flannel", "vxlan", "cross-node", policies=each) for each in (given, None))
    assert governed.policies == ("NetworkPolicy shop/closed: flanneld enforces no policy",)
    assert governed.traces == plain.traces


def test_pods_that_the_cluster_has_not_are_refused_by_name() -> None:
    with pytest.raises(BadInput, match="shop/redis"):
        network("calico", "ipip", SHOP, LOST)
    with pytest.raises(BadInput, match="other/b"):
        network("calico", "ipip", SHOP, SHOP.replace("shop", "other"))
    with pytest.raises(BadInput, match="kindnet"):
        network("kindnet", "ptp", SHOP)


def test_nodes_and_services_of_manifests_are_counted_not_used() -> None:
    node = "apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n"
    net = network("calico", "ipip", SHOP, node)
    assert net.estate is not None and "not used: 1 Node" in net.estate.notes


def test_the_tables_of_a_node_have_the_policies_chains() -> None:
    given = policy.gather(texts={"shop": SHOP})
    said = repr(tables("calico", "ipip", "kind-worker2", policies=given))
    assert ":cali-pi-knp/shop/closed - [0:0]" in said
    assert "cali-pi-knp" not in repr(tables("calico", "ipip", "kind-worker", policies=given))
    assert "cali-pi-knp" not in repr(tables("calico", "ipip", "kind-worker2"))


def test_a_fault_that_is_a_policy_goes_with_no_other() -> None:
    given = policy.gather(texts={"shop": SHOP})
    for fault in ("policy-deny", "policy-allow"):
        with pytest.raises(BadInput, match=f"the fault {fault}"):
            walk("calico", "ipip", "cross-node", fault=fault, policies=given)
    assert walk("calico", "ipip", "cross-node", fault="unknown-node", policies=given).disposition != "delivered"


def test_a_pod_without_a_network_of_its_own_is_refused() -> None:
    said = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostNetwork: true, containers: []}\n"
    with pytest.raises(BadInput, match="a pod with a network of its own"):
        network("calico", "ipip", said)
