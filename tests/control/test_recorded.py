"""What Calico's control plane did in a recorded cluster, it does in virtual time."""

from __future__ import annotations

import pytest

from tests.control.recorded import (
    EXPERIMENTS,
    Experiment,
    did,
    lost,
    modelled,
    network_of,
    recordings,
    said,
    seen,
    told,
    unanswered,
)

CHANCE = {
    "59-bird-sigterm-on-all-nodes": "n3 heard in time that n1 ends, and also that n2's connection is closed: all three end within 0.3 ms",
    "63-reflector-peers-first": "both ends of a BGPPeer call: whose connection is kept is chance (RFC 4271, 6.8)",
}
"""Where messages differ, and why."""
UNREACHED = {
    "58-routes-deleted-by-hand": "p1a's own route was missing in this cluster from here on (README of the recordings)",
    "59-bird-sigterm-on-all-nodes": "the same",
    "62-bird-killed-on-all-nodes": "the same",
    "63-reflector-peers-first": "the same",
}
"""Where pings of p1a say nothing, and why."""
FITTED = {
    "48-felix-back-to-default": "when BIRD had started is not in the recording: its looks at the kernel, every 2 s, are put where one is seen",
}
"""Where a phase is not told by the recording and was fitted, and why; 71 of the IP-in-IP recording has the same (test_ipip_recorded)."""
by_name = pytest.mark.parametrize("each", EXPERIMENTS, ids=lambda each: each.name)


def test_every_recording_is_replayed() -> None:
    assert {each.name for each in EXPERIMENTS} == recordings().keys()


def test_whose_begin_is_fitted_is_named() -> None:
    assert {each.name for each in EXPERIMENTS if each.lead} == FITTED.keys()


@by_name
def test_the_same_routes_come_and_go_on_every_node(each: Experiment) -> None:
    found = modelled(did(each))
    for node in each.watched:
        here = sorted((x.line, x.at, x.added) for x in seen(each) if x.node == node)
        there = sorted((x.line, x.at, x.added) for x in found if x.node == node)
        assert [(line, added) for line, _, added in here] == [(line, added) for line, _, added in there]
        for (line, recorded, _), (_, virtual, _) in zip(here, there, strict=True):
            assert abs(recorded - virtual) <= each.within, (node, line, recorded, virtual)


@by_name
def test_the_same_messages_are_sent_in_the_same_order(each: Experiment) -> None:
    if each.name in CHANCE:
        assert said(each) != told(did(each)), "no longer chance"
    elif each.kept["messages"]:
        assert told(did(each)) == said(each)


@by_name
def test_the_same_pings_are_lost(each: Experiment) -> None:
    virtual = did(each)
    for ping in each.kept["pings"]:
        if not ping["from"].startswith("p") or (each.name in UNREACHED and ping["from"] == "p1a"):
            continue
        here, there = unanswered(ping), lost(network_of(each), virtual, ping["from"], ping["to"])
        assert len(here) == len(there), (ping["from"], here, there)
        for recorded, found in zip(here, there, strict=True):
            assert abs(recorded.begin - found.begin) <= each.within + 0.5, (recorded, found)
            assert (recorded.end is None) == (found.end is None), (recorded, found)
            assert abs((recorded.end or 0) - (found.end or 0)) <= each.within + 0.5, (recorded, found)
