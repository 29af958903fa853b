"""Weave Net's stories and deeds, what is printed of them, and the packets in between."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest

from packetwalk.cli import main
from packetwalk.control import stories
from packetwalk.control.deeds import read
from packetwalk.control.probe import PingSpan, network_at, spans, walk_at
from packetwalk.control.running import timeline
from packetwalk.control.text import text
from packetwalk.control.timeline import COMPUTED, RECORDED, SECOND, LineChange, Message, ProgramState
from packetwalk.errors import BadInput
from packetwalk.tables import AddrEntry, FailedEntry, IpSet, MeshPeerEntry, RingEntry, UnicastEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.weaver import RING
from packetwalk.walks.scenario import network
from tests.control.test_weave_reclaim import recording as of_reclaim
from tests.control.weave_recorded import recording

C, A, B = "kind-control-plane", "kind-worker", "kind-worker2"
TOLD = [each for each in stories.STORIES if each.plugin == "weave"]


def test_a_story_is_like_a_moment_of_the_recording() -> None:
    assert len(TOLD) > 8
    assert {each.like for each in TOLD} <= {"", *recording()["status"], *of_reclaim()["status"]}


def answers(name: str, src: str, dst: str) -> list[tuple[float, bool]]:
    """Return from when on pings are answered in a story, or not."""
    made, net = stories.told(stories.story(name))
    return changes(spans(net, made, src, dst))


def changes(found: Iterable[PingSpan]) -> list[tuple[float, bool]]:
    """Return from when on pings are answered, or not."""
    out: list[tuple[float, bool]] = []
    for each in found:
        if not out or out[-1][1] != each.answered:
            out.append((round(each.start / SECOND, 1), each.answered))
    return out


def test_after_a_cut_a_third_peer_passes_frames_on() -> None:
    assert answers("weave-link-cut", "coredns", "b") == [(0, False), (41.4, True)]
    made, net = stories.told(stories.story("weave-link-cut"))
    then = walk_at(net, made, "coredns", "b", 60 * SECOND)
    assert {step.netns for step in then.traces[0].steps} >= {C, A, B}
    route = next(each for each in made.tables(60 * SECOND)[C] if str(each).startswith('{"Dest":"ba:'))
    assert isinstance(route, UnicastEntry) and route.via.startswith("1e:")
    after = walk_at(net, made, "coredns", "b", 94 * SECOND)
    assert A not in {step.netns for step in after.traces[0].steps}


def test_a_wire_that_is_cut_has_no_way_around() -> None:
    assert answers("weave-wire-cut", "coredns", "b")[:1] == [(0, False)]
    found = answers("weave-wire-cut", "coredns", "b")
    assert len(found) == 2 and 75 < found[1][0] < 110


def test_a_router_that_stops_cuts_its_pods_off_and_they_still_reach_each_other() -> None:
    assert answers("weave-peer-stops", "coredns", "b") == [(0, False), (13.4, True)]
    assert answers("weave-peer-stops", "b", "b2") == [(0, True)]
    made, _ = stories.told(stories.story("weave-peer-stops"))
    there = made.tables(5 * SECOND)[B]
    assert not any(isinstance(each, MeshPeerEntry | RingEntry) for each in there)  # in weaver's memory
    assert any(isinstance(each, AddrEntry) for each in there) and any(
        isinstance(each, IpSet) for each in there
    )


def test_a_removed_peer_is_alone_and_gives_its_old_addresses_away() -> None:
    assert answers("weave-peer-removed", "coredns", "b") == [(0, False)]
    made, _ = stories.told(stories.story("weave-peer-removed"))
    tables = made.tables(made.until)
    owners = {
        node: {each.nickname for each in tables[node] if isinstance(each, RingEntry)} for node in (C, A, B)
    }
    assert owners == {C: {C, A}, A: {C, A}, B: {A, B, C}}
    refused = [
        each.what for each in made.of(ProgramState) if "Received update for IP range I own" in each.what
    ]
    assert refused and "incoming message says owner fe:b7:c1:20:2d:6e v10" in refused[0]


def test_a_removed_node_that_boots_asks_for_a_part_anew() -> None:
    made, _ = stories.told(stories.story("weave-peer-removed-boots"))
    assert [each.local for each in made.tables(made.until)["b"] if isinstance(each, AddrEntry)] == [
        "10.38.0.1"
    ]
    assert answers("weave-peer-removed-boots", "coredns", "b") == [(0, False), (62.3, True)]


def test_three_that_start_share_as_recorded_and_pods_have_the_addresses_of_then() -> None:
    made, net = stories.told(stories.story("weave-starts"))
    tables = made.tables(made.until)
    given = {
        pod: next(e.local for e in tables[pod] if isinstance(e, AddrEntry)) for pod in ("coredns", "a", "b")
    }
    assert given == {"coredns": "10.40.0.1", "a": "10.32.0.2", "b": "10.38.0.1"}  # the plan says others
    assert walk_at(net, made, "a", "b", made.until).traces[0].steps[-1].netns == "b"


def test_what_the_plan_says_of_other_addresses_does_not_stand_beside_those_of_then() -> None:
    made, net = stories.told(stories.story("weave-starts"))
    then = network_at(net, made, made.until)
    for place, address in ((C, "10.40.0.0"), ("b", "10.38.0.1")):
        there = {
            each.local for each in then.fabric.netns(place).entries(ADDRESSES) if each.local.startswith("10.")
        }
        assert there == {address}
    ring = [each.token for each in then.fabric.netns(C).entries(RING)]
    assert sorted(ring) == ["10.32.0.0", "10.38.0.0", "10.40.0.0"]


def test_a_pod_that_is_not_there_has_nothing_to_send_by() -> None:
    made = timeline(network("weave", "sleeve"), read(["5 pod a"]), 10 * SECOND, "")
    net = network("weave", "sleeve")
    before, after = (walk_at(net, made, "a", "b", at * SECOND).traces[0] for at in (1, 9))
    assert (before.disposition, before.steps[-1].netns, after.disposition) == ("no_route", "a", "delivered")
    given = [each.local for each in made.tables(made.until)["a"] if isinstance(each, AddrEntry)]
    there = network_at(net, made, made.until).fabric.netns("a").entries(ADDRESSES)
    assert given == ["10.32.0.3"] == [each.local for each in there if each.dev == "eth0"]  # a2 was first


def test_a_node_without_addresses_gets_a_gift() -> None:
    made, _ = stories.told(stories.story("weave-range-full"))
    said = [(each.src.node, each.dst.node) for each in made.of(Message) if "asks for a part" in each.text]
    assert said == [(A, B)]
    assert [each.local for each in made.tables(made.until)["a2"] if isinstance(each, AddrEntry)] == [
        "10.43.0.0"
    ]


def test_when_all_are_full_a_pod_waits_until_one_ends() -> None:
    deeds = [f"0 fill {A}", f"0 fill {B}", f"0 fill {C}", "31 pod a2", "60 pod-ends b2"]
    made = timeline(network("weave", "sleeve"), read(deeds), 100 * SECOND, "")
    assert any(each.what == "nobody can be asked for a part of the range" for each in made.of(ProgramState))
    found = [each.at for each in made.events if str(getattr(each, "entry", "")).startswith("inet 10.40.0.2/")]
    assert found and 60 * SECOND <= found[-1] <= 100 * SECOND  # the address of b2


def test_a_pod_that_waits_when_its_router_ends_can_be_started_again() -> None:
    deeds = [f"0 fill {A}", f"0 fill {B}", f"0 fill {C}", "31 pod a2", f"40 kill {A}", f"41 start {A}"]
    made = timeline(
        network("weave", "sleeve"), read([*deeds, "42 pod-ends b2", "90 pod a2"]), 100 * SECOND, ""
    )
    assert [each.local for each in made.tables(made.until)["a2"] if isinstance(each, AddrEntry)] == [
        "10.40.0.2"
    ]


def test_what_is_read_of_a_connection_names_its_two_ends() -> None:
    made, _ = stories.told(stories.story("weave-link-cut"))
    lines = {str(each) for each in made.tables(60 * SECOND)[B]}
    assert any(
        line.startswith("-> 172.18.0.2:6783       retrying    read tcp 172.18.0.4:")
        and line.endswith("->172.18.0.2:6783: i/o timeout")
        for line in lines
    )


@pytest.mark.parametrize("mode", ["sleeve", "fastdp"])
def test_the_fast_datapath_has_the_same_control_plane(mode: str) -> None:
    net = network("weave", mode)
    made = timeline(net, read([f"0 cut {C} {B}", f"75 kill {B}", f"90 start {B}"]), 120 * SECOND, "")
    found = changes(spans(net, made, "coredns", "b"))
    assert found == [(0, False), (41.4, True), (75, False), (91.4, True)]
    ports = {each.text for each in made.of(Message) if "over UDP" in each.text}
    assert ports == {f"heartbeat over UDP {6784 if mode == 'fastdp' else 6783}"}


def test_what_was_never_recorded_is_said_to_be_computed() -> None:
    made, _ = stories.told(stories.story("weave-link-cut"))
    kinds = {(each.kind, each.evidence) for each in made.of(Message)}
    assert kinds == {
        ("HANDSHAKE", RECORDED),
        ("HEARTBEAT", RECORDED),
        ("TOPOLOGY", COMPUTED),
        ("IPAM", COMPUTED),
    }
    assert {each["evidence"] for each in made.json()["messages"]} == {RECORDED, COMPUTED}
    shown = text(made, messages=True)
    assert "heartbeat" not in shown and shown.count("[computed]") > 10
    assert "weave, version 2" in shown and "overlays: fastdp sleeve\n" in shown
    assert "attempting" in shown and "attempting" not in text(made)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([f"0 kill {B}", f"1 kill {B}"], "valid: one that runs"),
        ([f"0 start {B}"], "valid: one that has ended"),
        ([f"0 start-afresh {B}"], "valid: one that has ended"),
        (["0 kill worker9"], "valid: kind-control-plane, kind-worker, kind-worker2"),
        ([f"0 cut {B} worker9"], "valid: kind-control-plane, kind-worker, kind-worker2"),
        (
            [f"0 cut {B} {B}"],
            "second node: 'kind-worker2' is not valid; valid: kind-control-plane, kind-worker",
        ),
        (["0 cut"], "valid: SECOND cut NODE [NODE]"),
        ([f"0 cut {A} {B} {C}"], "valid: SECOND cut NODE [NODE]"),
        ([f"0 rmpeer {C} {B}"], "valid: one that kind-control-plane does not reach"),
        ([f"0 rmpeer {C} {C}"], "valid: one that kind-control-plane does not reach"),
        ([f"0 kill {C}", f"1 rmpeer {C} {B}"], "valid: one that runs"),
        ([f"0 kill {C}", f"1 fill {C}"], "valid: one that runs"),
        (["0 pod z9"], "pod: 'z9' is not valid"),
        (["0 pod-ends z9"], "pod to end: 'z9' is not valid; valid: a, a2"),
        (["0 pod b2", "1 pod b2"], "valid: a pod that is said to come"),
        (["0 reflector kind-worker"], "'reflector' is not valid; valid: kill, stop"),
    ],
)
def test_a_deed_that_cannot_be_is_told_in_a_line(lines: list[str], said: str, capsys) -> None:
    with pytest.raises(BadInput, match=None) as error:
        timeline(network("weave", "sleeve"), read(lines), 5 * SECOND, "")
    assert said in str(error.value) and "\n" not in str(error.value)
    asked = [word for line in lines for word in ("--do", line)]
    assert main(["timeline", "--plugin", "weave", "--mode", "sleeve", *asked]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_command_tells_a_story_and_lists_them_all(capsys) -> None:
    assert main(["timeline", "weave-peer-stops"]) == 0
    printed = capsys.readouterr().out
    assert f"*** SIGTERM to weaver on {B}" in printed and f"Removed unreachable peer {B}" in printed
    assert main(["timeline", "--list"]) == 0
    printed = capsys.readouterr().out
    assert all(each.name in printed for each in TOLD) and "rmpeer NODE PEER" in printed
    assert main(["timeline", "weave-link-cut", "--at", "60", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["traces"]


def test_a_node_whose_router_runs_is_not_deleted_and_says_so() -> None:
    net = network("weave", "sleeve")
    with pytest.raises(
        BadInput, match=r"Node to delete: 'kind-worker2'.*one whose weaver has ended: stop it first"
    ):
        timeline(net, read(["0 delete kind-worker2"]), SECOND, "")


def test_a_line_about_a_peer_changes_for_a_reason_that_names_it() -> None:
    """Of two peers that are dialled, each attempt and failure is told of its own."""
    made, net = stories.told(stories.story("weave-starts"))
    whose = {f"{node.address}:6783": node.name for node in net.nodes}
    told = [
        x
        for x in made.of(LineChange)
        if isinstance(x.entry, FailedEntry) and whose[x.entry.address] != x.node
    ]
    assert len(told) > 8
    assert not [x for x in told if not re.search(rf"\b{whose[x.entry.address]}\b", x.why)]
