"""`--check` and `--diff` say what asking one packet after another says: of drawn sets, with addresses outside and sets of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from packetwalk import policy
from packetwalk.policy.attempt import ANY_PORT, ECHO, Attempt
from packetwalk.policy.difference import difference
from packetwalk.policy.estate import Estate, Party
from packetwalk.policy.judging import governing, mismatch
from packetwalk.policy.outside import Outside, outside
from packetwalk.policy.points import Stretch, stretches
from packetwalk.policy.report import report
from packetwalk.policy.rules import EGRESS, ICMP, INGRESS, LOG, PASS, WITH_PORTS, HostAddress
from tests.policy import estate
from tests.policy.draws import NETS, objects

SETS = 24
Way = tuple[str, str]


def drawn(seed: int, policies: int) -> list[dict[str, Any]]:
    """Return the pods of one seed under the policies of another; perhaps with a set of addresses, some of them pods'."""
    named = ("Pod", "Namespace")
    found = [each for each in objects(seed) if each["kind"] in named] + [
        each for each in objects(policies) if each["kind"] not in named
    ]
    draw = random.Random(policies)
    for number in range(draw.randrange(3)):
        meta = {"name": f"s{number}", "labels": {"app": draw.choice("ab"), "role": draw.choice("rs")}}
        nets = [draw.choice((*NETS, "198.51.100.0/24"))]
        kind = {"apiVersion": "projectcalico.org/v3", "kind": "GlobalNetworkSet", "metadata": meta}
        found.append({**kind, "spec": {"nets": nets}})
    meta = {"name": "s", "namespace": "x"}
    ports = [{"port": 80, "targetPort": draw.choice((80, 81))}]
    found.append(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta,
            "spec": {"clusterIP": "10.96.0.9", "selector": {"app": "a"}, "ports": ports},
        }
    )
    rules = [
        {"action": "Allow", "destination": {"services": {"name": "s", "namespace": "x"}}},
        {"action": "Allow", "protocol": "UDP", "destination": {"ports": [4789]}},
        {"action": "Allow", "protocol": 4},
    ]
    spec = {
        "selector": "app == 'b'",
        "types": ["Egress", "Ingress"],
        "egress": rules[: draw.randrange(3)],
        "ingress": rules[1:],
    }
    found.append(
        {
            "apiVersion": "projectcalico.org/v3",
            "kind": "GlobalNetworkPolicy",
            "metadata": {"name": "more"},
            "spec": spec,
        }
    )
    return found


def sets(seed: int, policies: int) -> Estate:
    return estate(drawn(seed, policies), blocks_match_pods=seed % 3 > 0)


def ends(first: Estate, *more: Estate) -> dict[str, dict[str, str]]:
    """Return pods, and of each range outside its last address that nobody has, by their names."""
    pods = {str(each): {"ns": each.namespace, "pod": each.name} for each in first.workloads}
    taken = {address for each in first.workloads for address in each.addresses}
    beyond = {}
    for each in outside(first, *more):
        address = HostAddress(each.version, each.last)
        while address in taken or address.loopback:
            address = address._replace(value=address.value - 1)
        beyond[str(each)] = {"ip": str(address)}
    return pods | beyond


def pairs(known: dict[str, dict[str, str]]) -> Iterator[Way]:
    for source in known:
        for destination in known:
            if source != destination and ("pod" in known[source] or "pod" in known[destination]):
                yield source, destination


def asked_at(stretch: Stretch) -> dict[str, Any]:
    return {"protocol": stretch.protocol} | ({"port": stretch.last} if stretch.protocol in WITH_PORTS else {})


@pytest.mark.parametrize("seed", range(SETS))
def test_a_difference_is_what_every_question_says(seed: int) -> None:
    before, after = (sets(seed, policies) for policies in (seed, seed + 1000))
    known, points = ends(before, after), stretches(before, after)
    expected: set[tuple[str, str, bool, Stretch]] = set()
    for source, destination in pairs(known):
        queries = [{"src": known[source], "dst": known[destination], **asked_at(each)} for each in points]
        said = [policy.evaluate(each, queries) for each in (before, after)]
        for stretch, old, new in zip(points, *said, strict=True):
            if old["verdict"] != new["verdict"]:
                expected.add((source, destination, new["verdict"] == "allow", stretch))
    found: set[tuple[str, str, bool, Stretch]] = set()
    for change in difference(before, after).changes:
        apart = [
            [str(each) for each in outside(before, after) if within(each, name)] or [name]
            for name in (change.source, change.destination)
        ]
        for stretch in points:
            if any(
                one.protocol == stretch.protocol and one.first <= stretch.first <= one.last
                for one in change.ports
            ):
                found |= {
                    (source, destination, change.allowed, stretch)
                    for source in apart[0]
                    for destination in apart[1]
                }
    assert found == expected


def within(each: Outside, name: str) -> bool:
    """Say whether a range is a part of one that a change names."""
    word, *words = name.split()
    if word != "outside":
        return False
    net = ip_network(words[0] if len(words) == 1 else "0.0.0.0/0")
    first, last = int(net[0]), int(net[-1])
    if len(words) > 1:
        first, last = (HostAddress.read(words[place]).value for place in (0, 2))
    return each.version == net.version and first <= each.first and each.last <= last


def test_drawn_sets_differ_among_pods_and_towards_the_outside() -> None:
    changes = [
        change
        for seed in range(SETS)
        for change in difference(*(sets(seed, policies) for policies in (seed, seed + 1000))).changes
    ]
    beyond = [any(name.startswith("outside") for name in (each.source, each.destination)) for each in changes]
    assert min(sum(beyond), len(beyond) - sum(beyond)) > 100
    assert {each.allowed for each in changes} == {True, False}


@pytest.mark.parametrize("seed", range(SETS))
def test_rules_that_do_nothing_are_those_that_decide_about_nobody(seed: int) -> None:
    found = sets(seed, seed)
    known = ends(found)
    party = {
        name: found.party(found.pod(each["ns"], each["pod"]))
        if "pod" in each
        else found.at(HostAddress.read(each["ip"]), name)
        for name, each in known.items()
    }
    decides: set[tuple[str, str, int]] = set()
    for source, destination in pairs(known):
        for stretch in stretches(found):
            port = stretch.last if stretch.protocol in WITH_PORTS else 0
            kind = ECHO if stretch.protocol == ICMP else None
            asked = Attempt(
                party[source], party[destination], stretch.protocol, port, ANY_PORT if port else 0, kind
            )
            decides |= deciding(found, asked, EGRESS, party[source]) | deciding(
                found, asked, INGRESS, party[destination]
            )
    every = {
        (str(each), way, rule.number)
        for each in found.policies
        for way in (INGRESS, EGRESS)
        for rule in each.rules(way)
        if rule.action != LOG
    }
    governs = {
        str(each): any(found.means(each.subject, Party(workload=pod)) for pod in found.workloads)
        for each in found.policies
    }
    told = report(found).idle
    assert {str(each.policy) for each in told if each.number is None} == {
        name for name, any_pod in governs.items() if not any_pod
    }
    unknown = {
        (str(each), way, rule.number)
        for each in found.policies
        for way in (INGRESS, EGRESS)
        for rule in each.rules(way)
        if any(peer.domains or peer.nodes for end in (rule.source, rule.destination) for peer in end.peers)
    }
    idle = {(str(each.policy), each.direction, each.number) for each in told if each.number is not None}
    assert idle == {each for each in every - decides - unknown if governs[each[0]]}


def deciding(found: Estate, asked: Attempt, direction: str, at: Party) -> set[tuple[str, str, int]]:
    """Return the rules that decide, or pass on, at one end of a packet: the first of each tier that fits."""
    decided: set[tuple[str, str, int]] = set()
    for tier, policies in governing(found, at.workload, direction) if at.workload else ():
        rules = (
            (each, rule)
            for each in policies
            for rule in each.rules(direction)
            if rule.action != LOG and not mismatch(found, rule, asked)
        )
        first = next(rules, None)
        if first:
            decided.add((str(first[0]), direction, first[1].number))
        if (first and first[1].action != PASS) or (not first and tier.default != PASS):
            return decided
    return decided
