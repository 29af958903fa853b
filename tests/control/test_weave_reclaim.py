"""A node is deleted: kube-utils reclaims its addresses, as recorded."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from packetwalk.control.deeds import read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, ProgramState, Timeline
from packetwalk.errors import BadInput
from packetwalk.tables import ConnectionEntry, FailedEntry, IpSet, RingEntry
from packetwalk.wire.address import ipv4_to_int
from tests.control.weave_recorded import connection, told_of
from tests.proof.real.recording import RealRecording

FILE = Path(__file__).parents[1] / "recordings" / "timelines" / "weave-2.9.0-policy.json.gz"


@cache
def recording() -> dict[str, Any]:
    """Return what was recorded; times are seconds after n3's router was stopped."""
    return json.loads(gzip.decompress(FILE.read_bytes()))


@cache
def did() -> Timeline:
    """Return the same in virtual time."""
    lines = [f"{at} {deed}" for at, deed in recording()["deeds"]]
    return timeline(RealRecording("weave-2.9.0-policy").network, read(lines), 30 * SECOND, "")


MOMENTS = [(moment, node) for moment, nodes in recording()["status"].items() for node in nodes]


@pytest.mark.parametrize(("moment", "node"), MOMENTS)
def test_the_ring_and_the_connections_are_the_same(moment: str, node: str) -> None:
    kept = recording()["status"][moment][node]
    lines = did().tables(round(kept["t"] * SECOND))[node]
    ring = sorted(
        (each for each in lines if isinstance(each, RingEntry)), key=lambda each: ipv4_to_int(each.token)
    )
    assert [[each.token, each.size, each.nickname] for each in ring] == [each[:3] for each in kept["ring"]]
    made = sorted(connection(each) for each in lines if isinstance(each, ConnectionEntry | FailedEntry))
    recorded = sorted(told_of(*each) for each in kept["connections"])
    # a SYN may meet a listener that is just about to close
    assert made == [
        (to, state, info.replace("connect: connection reset by peer", "connect: connection refused"))
        for to, state, info in recorded
    ]
    if moment == "3-node-n3-deleted":
        mine = [each.version for each in ring if each.nickname == "n1"]
        assert mine == [each[4] for each in kept["ring"] if each[2] == "n1"] == [104, 4]


def test_the_set_of_what_is_not_masqueraded_joins_neighbouring_ranges() -> None:
    kept = recording()["set"]
    changes = [
        each
        for each in did().of(LineChange)
        if isinstance(each.entry, IpSet) and each.entry.name == "weaver-no-masq-local" and each.node == "n1"
    ]
    assert [(list(each.entry.members), each.added) for each in changes] == [
        (kept["before"], False),
        (kept["after"], True),
    ]
    assert abs(changes[0].at / SECOND - kept["t"]) < 0.1


def test_it_is_said_as_soon_that_the_peer_is_unreachable() -> None:
    said = {each.lane.node: each.at for each in did().of(ProgramState) if each.what.startswith("Removed")}
    for node, at in recording()["removed"].items():
        assert abs(said[node] / SECOND - at) < 0.2


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["0 delete n3"], "valid: one whose weaver has ended"),
        (
            ["0 stop n3", "1 delete n3", "9 start n3"],
            "whose Node was deleted' is not valid; valid: start-afresh",
        ),
    ],
)
def test_what_was_not_recorded_is_refused(lines: list[str], said: str) -> None:
    with pytest.raises(BadInput, match=None) as error:
        timeline(RealRecording("weave-2.9.0-policy").network, read(lines), 10 * SECOND, "")
    assert said in str(error.value)


def test_a_node_that_comes_again_gets_a_part_of_what_is_left() -> None:
    deeds = read(["0 stop n3", "3 delete n3", "20 start-afresh n3"])
    made = timeline(RealRecording("weave-2.9.0-policy").network, deeds, 60 * SECOND, "")
    rings = [
        {(e.token, e.size, e.nickname) for e in made.tables(60 * SECOND)[n] if isinstance(e, RingEntry)}
        for n in ("n1", "n2", "n3")
    ]
    assert rings[0] == rings[1] == rings[2] and {nickname for _, _, nickname in rings[0]} == {
        "n1",
        "n2",
        "n3",
    }
