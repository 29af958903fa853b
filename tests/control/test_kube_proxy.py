"""What kube-proxy did in recorded clusters, it does in virtual time; and what conntrack keeps meanwhile."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from packetwalk.control import flows
from packetwalk.control.deeds import read
from packetwalk.control.probe import PingSpan
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, ConntrackDeletion, LineChange, ProgramState, Timeline
from packetwalk.plan.cluster import Service
from packetwalk.plan.rules import IPTABLES, NFTABLES
from packetwalk.tables import NftChain
from packetwalk.walks.network import Network
from tests.proof.real.recording import BOTH, SETUPS, RealCluster

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "kube-proxy-1.36.3.json.gz"
NODES = ("n1", "n2", "n3")
WITHIN = 0.13  # seconds: a sync that was recorded took 42 to 195 ms
CLEANED = (
    0.08  # from the begin of a sync to the end of conntrack's entry: 71 and 147 ms were recorded, 70 here
)


class Experiment(NamedTuple):
    """A recording: what stood behind ``moving`` before, and the verbs at the begin of each recorded sync."""

    name: str
    moving: str
    verbs: tuple[str, ...]
    kind: str = "connections"
    service: str = "moving"


EXPERIMENTS = (
    Experiment("40-udp-endpoint-replaced", "p2a", ("endpoint-replaced moving p2a p3a",), "udp"),
    Experiment("41-udp-endpoint-gone", "p3a", ("endpoint-gone moving p3a", "endpoint-ready moving p2a"), "udp"),
    Experiment("42-tcp-endpoint-removed-connection-open", "p2a", ("endpoint-replaced moving p2a p3a",), "tcp"),
    Experiment("43-affinity", "p3a", ("endpoint-gone sticky2 p2a", "endpoint-ready sticky2 p2a"), service="sticky2"),
    Experiment(
        "46-only-endpoint-terminating",
        "p3a",
        ("endpoint-terminating moving p3a", "endpoint-not-serving moving p3a", "endpoint-not-ready moving p3a"),
    ),
)  # fmt: skip
each_way = pytest.mark.parametrize("rules", [IPTABLES, NFTABLES])
each_one = pytest.mark.parametrize("each", EXPERIMENTS, ids=lambda each: each.name)


@cache
def recordings() -> dict[str, dict[str, dict[str, Any]]]:
    """Return all that was recorded, by the form of the rules and by name."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


@cache
def cluster(rules: str, moving: str) -> Network:
    """Return the recorded cluster by the plan, with the two Services that came for these experiments."""
    setup = SETUPS[f"flannel-vxlan-0.28.9-{rules}"]
    new = (
        Service("moving", "10.96.0.91", 80, 8080, (moving,), ports=BOTH),
        Service("sticky2", "10.96.0.93", 80, 8080, ("p2a", "p3a"), ports=BOTH, affinity=10800),
    )
    machines = RealCluster(setup._replace(services=(*setup.services, *new)))
    return Network(machines, "flannel", "vxlan", rules=rules)


def did(each: Experiment, rules: str) -> tuple[Network, Timeline]:
    """Return the deeds of an experiment, at the begin of the recorded syncs, in virtual time."""
    kept, net = recordings()[rules][each.name], cluster(rules, each.moving)
    begun = [begin for begin, _ in kept["syncs"]]
    assert len(begun) == len(each.verbs)
    deeds = read([f"{max(at, 0)} {verb}" for at, verb in zip(begun, each.verbs, strict=True)])
    return net, timeline(net, deeds, 15 * SECOND, each.name)


def answers(kept: dict[str, Any]) -> Iterator[tuple[float, str]]:
    """Yield when p1a asked, and who answered, or how it failed."""
    for asked in kept["asked"]:
        t = asked["t"]
        for result in asked["results"]:
            for line in result["out"]:
                seconds = re.match(r"(\d+\.\d) s: ", line)
                who = re.search(r"(p\w+) (?:still )?saw|(E\w+)", line)
                assert who, line
                later = float(seconds[1]) if seconds else 4.0 if "still" in line or "43004" in line else 0
                yield t + later, who[1] or who[2]


def drawn_as_recorded(net: Network, made: Timeline, each: Experiment) -> list[PingSpan]:
    """Return what became of p1a's packets; of two endpoints that are ready the first that answers is p2a, by chance there."""
    for sport in range(43001, 43021):
        found = list(flows.spans(net, made, flows.ClientFlow("p1a", each.service, each.kind, sport)))
        if found[0].answerer == "p2a" or each.service != "sticky2":
            return found
    raise AssertionError("no draw as recorded")


def test_every_recording_is_replayed() -> None:
    for rules in (IPTABLES, NFTABLES):
        assert {each.name for each in EXPERIMENTS} == recordings()[rules].keys()


@each_way
@each_one
def test_the_same_pods_answer(each: Experiment, rules: str) -> None:
    net, made = did(each, rules)
    spans = drawn_as_recorded(net, made, each)
    fresh = list(flows.spans(net, made, flows.flow("p1a", each.service, "connections")))
    asked = list(answers(recordings()[rules][each.name]))
    assert asked or each.name.startswith("41")
    for t, who in asked:
        new = each.kind == "tcp" and t > 3 and who != "p2a"  # 42 ends with a new connection
        then = next(x for x in (fresh if new else spans) if x.start <= t * SECOND < x.until)
        assert who == (then.answerer or "ECONNREFUSED"), (t, then.what)


@each_way
def test_a_flow_stays_with_an_endpoint_that_is_gone_until_another_comes(rules: str) -> None:
    each = EXPERIMENTS[1]
    kept = recordings()[rules][each.name]
    assert (
        "the entry is NOT deleted, the old pod goes on answering until a new endpoint appears" in kept["said"]
    )
    net, made = did(each, rules)
    then = list(flows.spans(net, made, flows.flow("p1a", "moving", "udp")))
    assert [x.answerer for x in then] == ["p3a", "p2a"]
    assert 0 < then[1].start / SECOND - kept["syncs"][1][0] < WITHIN
    fresh = list(flows.spans(net, made, flows.flow("p1a", "moving", "connections")))
    assert [x.answerer for x in fresh] == ["p3a", "", "p2a"]
    tcp = list(flows.spans(net, made, flows.flow("p1a", "moving", "tcp")))
    assert [x.answerer for x in tcp] == ["p3a"]  # TCP's entries nobody deletes (42)


@each_way
def test_conntrack_loses_the_same_entry_at_the_same_time(rules: str) -> None:
    each = EXPERIMENTS[0]
    kept = recordings()[rules][each.name]
    (destroyed,) = [at for at, kind, _ in kept["conntrack"] if kind == "DESTROY"]
    (line,) = [line for _, kind, line in kept["conntrack"] if kind == "DESTROY"]
    (here,) = [x for x in did(each, rules)[1].of(ConntrackDeletion) if x.node == "n1"]
    assert f"dst={here.dst} " in line and f"dport={here.dport} " in line and f"src={here.endpoint} " in line
    assert abs(destroyed - here.at / SECOND) < CLEANED
    for name in {each.name for each in EXPERIMENTS} - {each.name, "41-udp-endpoint-gone"}:
        assert not [x for x in recordings()[rules][name]["conntrack"] if x[1] == "DESTROY"]
    tcp = did(EXPERIMENTS[2], rules)[1]
    assert {x.dst for x in tcp.of(ConntrackDeletion)} == {here.dst}  # of UDP's flows to it, were there any


@each_way
@each_one
def test_the_rules_are_changed_within_a_recorded_sync_on_every_node(each: Experiment, rules: str) -> None:
    kept = recordings()[rules][each.name]
    _, made = did(each, rules)
    for node in NODES:
        begun = [x.at / SECOND for x in made.of(ProgramState) if x.lane == (node, "kube-proxy")]
        assert len(begun) == len(kept["syncs"])
        changes = sorted({x.at / SECOND for x in made.of(LineChange) if x.node == node})
        for at in changes:
            assert any(begin <= at <= end + WITHIN for begin, end in kept["syncs"]), (at, kept["syncs"])
        for here, (begin, _) in zip(begun, kept["syncs"], strict=True):
            assert abs(here - begin) < 0.01


@each_one
def test_as_many_empty_chains_are_deleted_at_the_begin_of_the_same_syncs(each: Experiment) -> None:
    """What no map leads to any more stays in nftables, without rules, until a later sync."""
    kept = recordings()[NFTABLES][each.name]
    _, made = did(each, NFTABLES)
    gone = [
        x.at for x in made.of(LineChange) if x.node == "n1" and not x.added and isinstance(x.entry, NftChain)
    ]
    begun = [x.at for x in made.of(ProgramState) if x.lane == ("n1", "kube-proxy")]
    assert [gone.count(at) for at in begun] == kept["stale"] and len(gone) == sum(kept["stale"])
    assert not any(recordings()[IPTABLES][each.name]["stale"])


@each_way
def test_a_client_keeps_its_new_endpoint_when_the_first_comes_back(rules: str) -> None:
    assert "keeps it when the first comes back (43-45)" in recordings()[NFTABLES]["43-affinity"]["said"]
    (each,) = [x for x in EXPERIMENTS if x.service == "sticky2"]
    net, made = did(each, rules)
    assert [x.answerer for x in drawn_as_recorded(net, made, each)] == ["p2a", "p3a"]


@each_one
def test_the_rules_that_packets_met_are_there_then(each: Experiment) -> None:
    kept = recordings()[IPTABLES][each.name]
    _, made = did(each, IPTABLES)
    for asked in kept["asked"]:
        there = {
            f"{x.chain_table} {x}"
            for x in made.tables(round(asked["t"] * SECOND))["n1"]
            if hasattr(x, "chain_table")
        }
        later = {f"{x.chain_table} {x}" for x in made.tables(made.until)["n1"] if hasattr(x, "chain_table")}
        assert asked["rules"] and set(asked["rules"]) <= there | later
