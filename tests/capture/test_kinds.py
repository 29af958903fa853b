"""Kinds of devices that no plugin of the book makes: followed where the taps show it, else said to be not known."""

from __future__ import annotations

import pytest

from packetwalk.capture.lookup import Lookup
from packetwalk.capture.recording import Recording, read
from packetwalk.walks.replay import replay
from packetwalk.why import why
from packetwalk.wire import Vlan
from tests import ROOT
from tests.capture.handmade import handmade
from tests.capture.kinds import KINDS, NODE1, PLACES, A

KEPT = ROOT / "tests" / "recordings" / "kinds"
"""What Debian's kernel did in a guest (``tests/capture/kinds.py`` made the networks): most kernels lack these."""
MADE = ("macvlan", "multipath", "vxlan")


def is_right(name: str, recorded: Recording) -> None:
    """Hold a walk and an answer to what the kernel did: the ping was answered."""
    kind = KINDS[name]
    walk = replay(recorded)
    ends = {trace.disposition for trace in walk.traces}
    if kind.followed:
        assert ends == {"delivered"} and walk.summary.startswith("Delivered and answered"), walk.summary
        assert [trace.name for trace in walk.traces if trace.name != "arp"] == ["request", "reply"]
    else:
        assert ends <= {"delivered", "left"}, "a guess"
        assert (
            walk.summary.startswith(f"Not known beyond {NODE1}, tun0")
            and f"of the kind {name}" in walk.summary
        )
    for step in walk.steps:
        assert step.event != "route" or step.entry or "not known" in step.why, step.why
    answer = why(recorded, A, kind.dst)
    if answer.verdict != "reaches":
        assert answer.verdict == "not known", str(answer)
        assert name in str(answer.unknown) or name == "multipath", str(answer)
    assert "another way" not in answer.taps


@pytest.mark.parametrize("name", [name for name in KINDS if name not in MADE])
def test_what_another_kernel_did(name: str) -> None:
    is_right(name, read(KEPT / name))


@pytest.mark.kernel
@pytest.mark.parametrize("name", MADE)
def test_what_this_kernel_does(name: str) -> None:
    with handmade(*PLACES) as made:
        KINDS[name].make(made)
        is_right(name, made.record(A, KINDS[name].dst))


def test_a_tag_is_put_on_and_taken_off() -> None:
    recorded = read(KEPT / "vlan")
    tags = [h.id for frame in recorded.sent[0].frames for h in frame.stack if isinstance(h, Vlan)]
    assert len(tags) == 4 and set(tags) == {100}, "the kernel keeps the tag beside the frame"
    walk = replay(recorded)
    told = [
        (step.netns, step.event, step.size - 98) for step in walk.steps if step.event in ("encap", "decap")
    ]
    assert told[:2] == [("node-1", "encap", 4), ("node-2", "decap", 0)]


@pytest.mark.kernel
def test_the_next_hop_that_was_taken_is_seen() -> None:
    with handmade(*PLACES) as made:
        KINDS["multipath"].make(made)
        recorded = made.record(A, KINDS["multipath"].dst)
    taken = next(f.dev for f in recorded.sent[0].frames if (f.netns, f.direction) == (NODE1, "out"))
    (route,) = [s for s in replay(recorded).traces[0].steps if s.netns == NODE1 and s.event == "route"]
    gateway = {"eth0": "192.168.7.2", "eth1": "192.168.8.2"}[taken]
    assert route.why.endswith(f"with 2 next hops: the tap shows that {gateway} on {taken} was taken.")
    assert str(route.entry).count("nexthop via") == 2


def test_what_comes_by_a_device_of_a_vrf_is_routed_by_its_table() -> None:
    walk = replay(read(KEPT / "vrf"))
    found = {
        (trace.name, step.netns): step.entry
        for trace in walk.traces
        for step in trace.steps
        if step.event == "route" and step.netns.startswith("node")
    }
    assert {key: (entry.dst, entry.table) for key, entry in found.items()} == {
        ("request", "node-1"): ("10.1.2.0/24", "10"),
        ("request", "node-2"): ("10.1.2.0/24", "10"),
        ("reply", "node-2"): ("10.1.1.0/24", "10"),
        ("reply", "node-1"): ("10.1.1.0/24", "10"),
    }
    assert not [step.why for step in walk.steps if "no recorded route" in step.why]


def test_a_route_of_a_vrf_is_not_one_of_the_machine() -> None:
    tables = Lookup(read(KEPT / "vrf").place("node-1"))
    inside = tables.route("10.1.2.2", came="veth0")
    assert inside is not None and inside.table == "10"
    assert tables.route("10.1.2.2", came="lo") is None and tables.route("10.1.2.2") is None
    assert tables.route("192.168.7.1", came="eth0") == tables.route("192.168.7.1", "eth0")
