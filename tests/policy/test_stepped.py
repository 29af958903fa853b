"""Pods of manifests on a cluster made of them: a packet's walk ends as the policies have it, and shows where it was decided."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from packetwalk import policy
from packetwalk.cni import plugin as named
from packetwalk.cni.calico.plan import interface
from packetwalk.cni.calico.policies.names import policy_chain
from packetwalk.plan.rules import IPTABLES
from packetwalk.policy.estate import Estate
from packetwalk.policy.recipes import recipes
from packetwalk.tables import AddrEntry
from packetwalk.walks.network import Network
from packetwalk.walks.policed.placed import Placed, Unplaced
from packetwalk.walks.stepped import stepped
from packetwalk.walks.stepped.page import walked
from tests.policy.draws import objects

SETS = 30
POD = """---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: n, labels: {{app: {name}}}}}
spec: {{containers: [], {spec}}}
status: {{{status}}}
"""


def pods(**told: tuple[str, str]) -> Estate:
    """Return pods by their names, each with more of its spec and its status."""
    return policy.read(
        "".join(POD.format(name=name, spec=spec, status=status) for name, (spec, status) in told.items())
    )


def at(address: str, node: str = "") -> tuple[str, str]:
    return (f"nodeName: {node}" if node else "", f"podIP: {address}" if address else "")


@pytest.mark.parametrize("seed", range(SETS))
def test_drawn_policies_are_walked_as_they_are_judged_and_each_ruling_has_its_line(seed: int) -> None:
    estate = policy.load(texts={"drawn": json.dumps(objects(seed))})
    names = [str(each) for each in estate.workloads]
    placed = Placed(estate.found)
    for source in names:
        for destination in names:
            if source == destination:
                continue
            verdict = policy.explain(estate, source, destination, "TCP", 80).to_json()["verdict"]
            found = stepped(estate, source, destination, "TCP", 80)
            assert (found.walk.traces[0].disposition == "denied") == (verdict == "deny"), (
                source,
                destination,
            )
            for ruling, step in found.rulings:
                assert step is not None
                pod = placed.find_pod(ruling.endpoint)
                assert pod is not None
                way = "fw" if ruling.direction == "egress" else "tw"
                assert f"cali-{way}-{interface(pod)}" in step.why, (ruling, step.why)
                if ruling.rule:
                    assert policy_chain(ruling.policies[0], ruling.direction) in f"{step.why} {step.entry}"


def test_every_recipe_is_walked_under_every_plugin_but_where_a_policy_names_addresses_that_it_gives_out() -> (
    None
):
    refused: Counter[tuple[str, str]] = Counter()
    for each in recipes():
        for plugin in ("calico", "flannel", "weave"):
            estate = each.estate(plugin)
            asked = each.asked
            verdict = policy.explain(estate, *asked).to_json()["verdict"]
            try:
                found = stepped(estate, *asked)
            except Unplaced:
                refused[each.name, plugin] += 1
                continue
            assert (found.walk.disposition == "denied") == (verdict == "deny"), (each.name, plugin)
            told = found.to_json()
            last = told["made"][-1]
            if verdict == "deny":
                lines = [
                    step["entry"]["line"]
                    for trace in told["walk"]["traces"]
                    for step in trace["steps"]
                    if step["seq"] == last["step"]
                ]
                assert lines == [last["line"]]
    assert not refused


@pytest.mark.parametrize("name", ["calico", "flannel", "weave"])
def test_every_mode_and_form_of_rules_walks_what_is_judged_and_shows_which_line_ruled(name: str) -> None:
    for each in recipes()[::4]:
        estate = each.estate(name)
        denied = policy.explain(estate, *each.asked).to_json()["verdict"] == "deny"
        for mode in named(name).modes:
            for rules in named(name).rules:
                found = stepped(estate, *each.asked, mode.name, rules)
                assert (found.walk.mode, found.walk.rules) == (mode.name, rules)
                assert (found.walk.disposition == "denied") == denied, (each.name, mode.name, rules)
                ruled = [step.entry for _, step in found.rulings if step]
                assert ruled or not denied
                if name == "calico":
                    assert len(ruled) == len(found.rulings)
                    assert all(str(line).startswith("-A") == (rules == IPTABLES) for line in ruled)


def test_a_mode_that_is_none_is_told_with_those_that_there_are() -> None:
    text = recipes()[0].manifests
    asked = (text, "weave", "TCP", 5432, "shop/web", "shop/db")
    modes = "fastdp, fastdp-encrypted, sleeve, sleeve-encrypted"
    assert walked(*asked, "vxlan") == {"why_not": f"mode of weave: 'vxlan' is not valid; valid: {modes}."}
    assert walked(*asked, "sleeve", "nftables") == {
        "why_not": "rules of weave: 'nftables' is not valid; valid: iptables."
    }


def test_pods_are_where_their_manifests_have_them() -> None:
    found = pods(
        a=at("10.9.1.2", "one"), b=at("10.9.1.3", "one"), c=at("10.9.4.7"), d=at(""), e=at("10.9.1.70", "two")
    ).found
    placed = Placed(found)
    assert [node.name for node in placed.nodes] == ["one", "two", "kind-control-plane"]
    assert {pod.own_name: (pod.node, pod.address) for pod in placed.pods} == {
        "a": ("one", "10.9.1.2"), "b": ("one", "10.9.1.3"), "e": ("two", "10.9.1.70"),
        "c": ("kind-control-plane", "10.9.4.7"), "d": ("two", ""),
    }
    assert str(placed.pod_network) == "10.9.0.0/16"
    assert {node.name: [str(each) for each in placed.blocks_of(node)] for node in placed.nodes} == {
        "one": ["10.9.1.0/26"], "two": ["10.9.1.64/26"], "kind-control-plane": ["10.9.4.0/26"]
    }
    at_port = stepped(
        policy.read("".join(POD.format(name=name, spec="", status="") for name in "ab")),
        "a",
        "b",
        "UDP",
        5000,
    )
    assert at_port.walk.disposition == "delivered"


def test_tunnels_and_new_pods_get_addresses_that_nobody_has() -> None:
    full = {f"p{number}": at(f"10.9.1.{number}", "one") for number in range(64)}
    estate = pods(**full, late=at("", "one"), far=at("10.9.2.0", "two"))
    net = Network(Placed(estate.found), "calico", policies=estate.found)
    given = [op.entry for node in net.nodes for op in net.plan(node.name) if isinstance(op.entry, AddrEntry)]
    addresses = [each.local for each in given if each.dev != "lo"]
    assert len(addresses) == len(set(addresses)) == len(full) + 2 + 2 * len(net.nodes)
    assert {"10.9.1.0", "10.9.1.63", "10.9.2.0"} <= set(addresses)
    assert stepped(estate, "n/late", "n/far", "TCP", 80).walk.disposition == "delivered"


@pytest.mark.parametrize(
    ("told", "asked", "said"),
    [
        ({"a": at("10.9.0.1"), "b": at("10.9.0.1")}, ("n/a", "n/b"), "Two pods have the same address."),
        (
            {"a": at("10.9.0.1"), "b": at("10.8.0.1")},
            ("n/a", "n/b"),
            "of several ranges (10.8.0.0/16 and 10.9.0.0/16)",
        ),
        ({"a": at("172.18.0.9"), "b": at("172.18.0.8")}, ("n/a", "n/b"), "172.16.0.0/12"),
        ({"a": at("10.9.0.1", "x"), "b": at("10.9.0.2", "y")}, ("n/a", "n/b"), "one node"),
        ({"a": at("10.9.0.1", "internet"), "b": at("10.9.1.2")}, ("n/a", "n/b"), "internet"),
        ({"a": ("hostNetwork: true, nodeName: x", ""), "b": at("10.9.1.2")}, ("n/b", "n/a"), "x's network"),
        ({"a": ("", "phase: Succeeded"), "b": at("10.9.1.2")}, ("n/a", "n/b"), "is done"),
        ({"a": at("fd00::1"), "b": at("10.9.1.2")}, ("n/a", "n/b"), "IPv4"),
        ({"a": at("10.9.0.1"), "b": at("10.9.1.2")}, ("n/a", "198.51.100.1"), "203.0.113.9"),
        ({"a": at("10.9.0.1"), "b": at("10.9.1.2")}, ("203.0.113.9", "n/b"), "203.0.113.9"),
    ],
)
def test_what_has_no_place_is_told_in_a_sentence(told, asked: tuple[str, str], said: str) -> None:
    with pytest.raises(Unplaced) as error:
        stepped(pods(**told), *asked, "TCP", 80)
    words = str(error.value)
    assert said in words and words.endswith(".") and "\n" not in words and "valid" not in words


def test_a_protocol_that_the_model_does_not_send() -> None:
    with pytest.raises(Unplaced, match="TCP"):
        stepped(pods(a=at("10.9.0.1"), b=at("10.9.1.2")), "n/a", "n/b", "SCTP", 80)
