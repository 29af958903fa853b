"""Under policies a node's tables are those that a real Felix wrote, rule by rule and set by set."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from packetwalk.cni.calico.endpoints import dispatch
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.rules import RULES
from packetwalk.tables import IpSet, IptablesRule
from packetwalk.walks.network import Network
from tests.cni.calico.recorded import RECORDED, chains, made, native, rules, sets
from tests.policy.walked import drawn

IPTABLES = [name for name, each in RECORDED.items() if "iptables" in each]
NFTABLES = [name for name, each in RECORDED.items() if "nft" in each]


@pytest.mark.parametrize("name", IPTABLES)
def test_every_rule_is_as_recorded(name: str) -> None:
    mine, theirs = rules(name)
    assert mine == theirs


@pytest.mark.parametrize("name", IPTABLES)
def test_every_chain_is_as_recorded(name: str) -> None:
    mine, theirs = made(name)
    assert mine == theirs


@pytest.mark.parametrize("name", IPTABLES)
def test_every_set_is_as_recorded(name: str) -> None:
    mine, theirs = sets(name)
    assert mine == theirs


@pytest.mark.parametrize("name", NFTABLES)
def test_the_form_of_nftables_is_as_recorded(name: str) -> None:
    mine, theirs = native(name)
    assert mine == theirs


def test_interfaces_that_begin_alike_share_a_chain() -> None:
    """felix/rules/dispatch_test.go, "interfaces sharing prefix"."""
    pods = dict.fromkeys(("cali1234", "cali2333", "cali2444"), "")
    written = [rule for rule, _ in dispatch(pods) if "from" in rule.chain]
    last = '-m comment --comment "Unknown interface" -j DROP'
    assert chains(written) == {
        ("filter", "cali-from-wl-dispatch"): ["-i cali1234 -g cali-fw-cali1234", "-i cali2+ -g cali-from-wl-dispatch-2", last],
        ("filter", "cali-from-wl-dispatch-2"): ["-i cali2333 -g cali-fw-cali2333", "-i cali2444 -g cali-fw-cali2444", last],
    }


@pytest.mark.parametrize("form", RULES)
def test_every_pod_is_found_by_its_interface(form: str) -> None:
    net = Network(Cluster(pods_per_node=6), "calico", "vxlan", rules=form)
    chosen = [op.entry for op in net.plan("kind-worker2") if isinstance(op.entry, IptablesRule)]
    assert any(each.chain == "cali-from-wl-dispatch-b" for each in chosen) == (form == "iptables")
    pods = [pod.name for pod in net.cluster.pods_of(net.nodes[2])]
    for src, dst in pairwise([*pods, pods[0]]):
        assert net.send(src, f"{dst}:8080").traces[0].disposition == "delivered"


@pytest.mark.parametrize("seed", [*range(10), 263, 302, 305])
def test_every_set_that_a_rule_asks_is_there(seed: int) -> None:
    """The kernel refuses a rule that asks another; in the last ones only ports with names stand beside a selector."""
    network = Network(Cluster(), "calico", "ipip", policies=drawn(seed))
    for node in network.nodes:
        made = [op.entry for op in network.plan(node.name) if op.netns == node.name]
        there = {each.name for each in made if isinstance(each, IpSet)}
        rules = [each.spec for each in made if isinstance(each, IptablesRule)]
        assert {name for spec in rules for name in re.findall(r"--match-set (\S+)", spec)} <= there


def test_all_of_them_are_here() -> None:
    assert (len(IPTABLES), len(NFTABLES)) == (11, 4)
    assert sum(len(each.get("iptables", "").splitlines()) for each in RECORDED.values()) > 2000
