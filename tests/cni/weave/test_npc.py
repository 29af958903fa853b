"""What weave-npc makes of policies that nobody recorded, as its code says, and of selectors, as Kubernetes' library does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.cni.weave import npc
from packetwalk.cni.weave.policies.controller import CLOSED, Controller
from packetwalk.plan.cluster import Cluster
from packetwalk.policy.manifests.documents import Document
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import label_selector, spelt
from packetwalk.tables import IpSet, IptablesRule
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES
from packetwalk.walks.network import Network
from tests.policy import estate

PODS = {"web": ("default", "10.32.0.2"), "db": ("default", "10.32.0.3"), "far": ("other", "10.40.0.1")}
ALL: dict[str, Any] = {}
WEB, DB = {"matchLabels": {"app": "web"}}, {"matchLabels": {"app": "db"}}
SPELT = (  # by LabelSelectorAsSelector(...).String() of k8s.io/apimachinery v0.29.0
    ({}, ""),
    ({"matchLabels": {"app": "client"}}, "app=client"),
    ({"matchLabels": {"b": "2", "a": "1", "example.com/z": ""}}, "a=1,b=2,example.com/z="),
    (
        {"matchExpressions": [{"key": "tier", "operator": "In", "values": ["web", "db", "app"]}]},
        "tier in (app,db,web)",
    ),
    (
        {
            "matchLabels": {"z": "1"},
            "matchExpressions": [
                {"key": "tier", "operator": "NotIn", "values": ["db"]},
                {"key": "a", "operator": "Exists"},
                {"key": "m", "operator": "DoesNotExist"},
            ],
        },
        "a,!m,tier notin (db),z=1",
    ),
    (
        {
            "matchLabels": {"a": "1"},
            "matchExpressions": [
                {"key": "a", "operator": "NotIn", "values": ["2", "10"]},
                {"key": "a", "operator": "Exists"},
            ],
        },
        "a=1,a notin (10,2),a",
    ),
)


def tables(*specs: dict[str, Any]) -> tuple[dict[str, IpSet], list[IptablesRule]]:
    """Return sets by name and rules under policies of the namespace default, which are called 0, 1 ..."""
    said: list[dict[str, Any]] = [
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": "other", "labels": {"app": "web", "team": "x"}},
        }
    ]
    for name, (space, address) in PODS.items():
        meta = {"name": name, "namespace": space, "labels": {"app": name}}
        spec = {"nodeName": "n1", "containers": []}
        said.append(
            {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec, "status": {"podIP": address}}
        )
    said += [
        {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": str(k)}, "spec": spec}
        for k, spec in enumerate(specs)
    ]
    made = [entry for entry, _ in Controller(estate(said, plugin="weave")).tables()]
    rules = [each for each in made if isinstance(each, IptablesRule) and "DEFAULT" not in each.chain]
    return {each.name: each for each in made if isinstance(each, IpSet)}, rules


def members(sets: dict[str, IpSet], key: str) -> tuple[str, ...]:
    return sets[npc.set_name(key)].members


def isolated(sets: dict[str, IpSet], way: str = "ingress") -> set[str]:
    """Return the pods of the namespace default that are not in its default-allow set."""
    free = members(sets, f"{way}-default-allow:default")
    return {name for name, (space, address) in PODS.items() if space == "default" and address not in free}


def ingress(*peers: dict[str, Any], ports: tuple[dict[str, Any], ...] = (), pods: dict[str, Any] = ALL) -> dict[str, Any]:
    """Return a policy with one rule."""
    return {"podSelector": pods, "ingress": [{"from": list(peers), "ports": list(ports)}]}


@pytest.mark.parametrize(("selector", "text"), SPELT)
def test_a_selector_is_spelt_as_kubernetes_library_does(selector: dict[str, Any], text: str) -> None:
    assert spelt(label_selector(Given(Document("here", selector, ""), selector))) == text


def test_without_policies_it_is_what_the_plan_says() -> None:
    plain = Network(Cluster(), "weave", "sleeve")
    under = Network(Cluster(), "weave", "sleeve", policies=policy.gather(texts={"none": "---\n"}))
    here, there = (net.fabric.netns("kind-worker") for net in (under, plain))
    assert here.entries(IPTABLES) == there.entries(IPTABLES)
    assert [in_order(each) for each in here.entries(SETS)] == [in_order(each) for each in there.entries(SETS)]


def test_the_fault_is_a_policy_that_lets_nothing_in() -> None:
    deny = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}, policyTypes: [Ingress]}
"""
    under = Network(Cluster(), "weave", "sleeve", policies=policy.gather(texts={"deny": deny}))
    broken = Network(Cluster(), "weave", "sleeve", "npc-deny")
    here, there = (net.fabric.netns("kind-worker") for net in (under, broken))
    assert here.entries(IPTABLES) == there.entries(IPTABLES)
    assert [in_order(each) for each in here.entries(SETS)] == [in_order(each) for each in there.entries(SETS)]


def in_order(each: IpSet) -> IpSet:
    """Return a set with its members sorted, for a hash has no order."""
    return each._replace(members=tuple(sorted(each.members)))


def test_a_set_of_namespaces_holds_their_sets() -> None:
    sets, (rule,) = tables(ingress({"namespaceSelector": ALL}, pods=DB))
    every = sets[npc.set_name(":")]
    assert (every.type, every.options) == ("list:set", "size 1024 comment")
    assert every.members == (npc.set_name("default:"), npc.set_name("other:"))
    assert '"namespaces: selector:  -> pods: namespace: default, selector: app=db (ingress)"' in rule.spec
    assert isolated(sets) == {"db"}


def test_selectors_that_are_spelt_alike_want_one_name_and_the_second_fails() -> None:
    """``namespaceSelector: {app: web}`` and ``namespaceSelector: {}, podSelector: {app: web}``: ipset has the name already."""
    sets, rules = tables(
        ingress({"namespaceSelector": WEB}, pods=DB),
        ingress({"namespaceSelector": ALL, "podSelector": WEB}, pods=WEB),
    )
    assert sets[npc.set_name(":app=web")].type == "list:set"
    assert len(rules) == 1
    assert isolated(sets) == {"db", "web"}
    sets, rules = tables(
        ingress({"namespaceSelector": ALL, "podSelector": WEB}, pods=WEB),
        ingress({"namespaceSelector": WEB}, pods=DB),
    )
    assert members(sets, ":app=web") == ("10.32.0.2",)
    assert len(rules) == 1
    assert isolated(sets) == {"web"}, "sets of namespaces come before those of the target"


def test_equal_rules_of_two_policies_are_one() -> None:
    sets, rules = tables(ingress({"podSelector": WEB}, pods=DB), ingress({"podSelector": WEB}, pods=DB))
    assert len(rules) == 1
    assert members(sets, "default:app=web") == ("10.32.0.2",)


def test_excepted_networks_are_a_set_whose_name_they_make() -> None:
    block = {"cidr": "10.0.0.0/8", "except": ["10.9.0.0/16", "10.1.2.3/32"]}
    sets, rules = tables(ingress({"ipBlock": block}), {"podSelector": ALL, "egress": [{"to": [{"ipBlock": block}]}]})
    assert members(sets, "default:ipblock-except:10.1.2.3/32 10.9.0.0/16") == ("10.1.2.3", "10.9.0.0/16")
    name = npc.set_name("default:ipblock-except:10.1.2.3/32 10.9.0.0/16")
    assert f"-s 10.0.0.0/8 -m set ! --match-set {name} src" in rules[2].spec
    assert f"-d 10.0.0.0/8 -m set --match-set {npc.set_name('default:')} src -m set ! --match-set {name} dst" in rules[3].spec
    assert [each.spec.rpartition("-j ")[2] for each in rules[3:]] == ["WEAVE-NPC-EGRESS-ACCEPT", "RETURN"]


def test_ipv6_ends_the_work_on_a_policy() -> None:
    """``iptables -s fd00::/8``: host/network not found; ``ipset add``: resolving to IPv4 address failed."""
    sets, rules = tables(ingress({"podSelector": WEB}, {"ipBlock": {"cidr": "fd00::/8"}}, {"podSelector": DB}))
    assert len(rules) == 1 and isolated(sets) == {"web", "db"}
    assert members(sets, "default:app=db") == ("10.32.0.3",)
    block = {"cidr": "fd00::/8", "except": ["fd00::/16"]}
    sets, rules = tables(ingress({"podSelector": WEB}, {"ipBlock": block}))
    assert rules == [] and members(sets, "default:ipblock-except:fd00::/16") == ()


def test_a_refused_policy_with_egress_still_closes_the_end() -> None:
    named = {"podSelector": ALL, "policyTypes": ["Egress"], "egress": [{"ports": [{"port": "web"}]}]}
    sets, rules = tables(named)
    assert [each.spec for each in rules] == list(CLOSED)
    assert isolated(sets, "egress") == set()


def test_rules_count_whatever_policy_types_say() -> None:
    egress = [{"to": [{"podSelector": WEB}]}]
    sets, rules = tables({"podSelector": DB, "policyTypes": ["Ingress"], "egress": egress})
    assert isolated(sets) == {"db"} and isolated(sets, "egress") == set()
    assert [each.chain for each in rules] == ["WEAVE-NPC-EGRESS"] * 2 + ["WEAVE-NPC-EGRESS-CUSTOM"] * 2


A, B = ({"matchLabels": {"app": name}} for name in "ab")
SIXTH, WITHOUT = {"ipBlock": {"cidr": "fd00::/8"}}, {"ipBlock": {"cidr": "fd00::/8", "except": ["fd00::/16"]}}
OF_ALL: dict[str, Any] = {"namespaceSelector": ALL}
ODD: dict[str, tuple[dict[str, Any], ...]] = {
    "pods of all namespaces after all namespaces": (
        ingress(OF_ALL, pods=B),
        ingress({**OF_ALL, "podSelector": ALL}, pods=A),
    ),
    "all namespaces after pods of all namespaces": (
        ingress({**OF_ALL, "podSelector": ALL}, pods=A),
        ingress(OF_ALL, pods=B),
    ),
    "both in one policy": (ingress(OF_ALL, {**OF_ALL, "podSelector": ALL}, pods=B),),
    "egress": (
        ingress({**OF_ALL, "podSelector": A}, pods=B),
        {"podSelector": A, "policyTypes": ["Egress"], "egress": [{"to": [{"namespaceSelector": A}]}]},
    ),
    "IPv6 between others": (ingress({"podSelector": A}, SIXTH, {"podSelector": {}}, pods=B),),
    "IPv6 in a rule before": ({"podSelector": B, "ingress": [{"from": [SIXTH]}, {}], "egress": [{}]},),
    "IPv6 with exceptions": (ingress({"podSelector": A}, WITHOUT, pods=B),),
    "IPv6 with exceptions behind IPv6": (ingress({"podSelector": A}, SIXTH, WITHOUT, pods=B),),
    "IPv6 behind ingress": (
        {"podSelector": A, "ingress": [{}], "egress": [{"to": [{"podSelector": B}, SIXTH]}, {}]},
    ),
}
"""What ``ipset`` or ``iptables`` refuse."""


@pytest.mark.parametrize("name", ODD)
def test_judge_and_walk_agree_where_weave_npc_fails(name: str) -> None:
    kind = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy"}
    said = [{**kind, "metadata": {"name": str(number)}, "spec": spec} for number, spec in enumerate(ODD[name])]
    net = Network(Cluster(), "weave", "sleeve", policies=policy.gather(texts={"odd.json": json.dumps(said)}))
    assert net.estate is not None and net.estate.notes
    verdicts = set()
    for src in net.pods:
        for dst in (each for each in net.pods if each != src):
            ends = {side: {"ns": each.namespace, "pod": each.name} for side, each in (("src", src), ("dst", dst))}
            verdict = policy.evaluate(net.estate, [{**ends, "protocol": "TCP", "port": 8080}])[0]["verdict"]
            walked = net.send(src.name, f"{dst.name}:8080", proto="tcp").traces[0].disposition
            assert (walked == "delivered") == (verdict == "allow"), (src.name, dst.name)
            verdicts.add(verdict)
    assert "allow" in verdicts
