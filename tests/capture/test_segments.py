"""A large packet of TCP that a machine cuts into segments: each is linked to it, and what was not seen again is not "too big"."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording
from packetwalk.walks.replay import replay
from tests.capture.handmade import handmade
from tests.capture.kinds import NODE1, NODE2, PLACES, A, B, pods, routed

pytestmark = pytest.mark.kernel
LARGE = 2000  # bytes: no Ethernet of 1500 has a longer frame on its wire


@pytest.fixture(scope="module")
def cut() -> Iterator[Recording]:
    """A connection whose data the first node's card does not cut itself."""
    with handmade(*PLACES, listens={B: 8080}) as made:
        pods(made)
        made.cable(f"{NODE1} eth0 192.168.7.1/24", f"{NODE2} eth0 192.168.7.2/24")
        routed(made)
        made.run(f"{NODE1}: ethtool -K eth0 tso off gso off")
        yield made.record(A, "10.1.2.2", 8080, proto="tcp", size=14000)


def large(recorded: Recording) -> list[Frame]:
    """Return the large packets that came to the first node."""
    return [
        each
        for each in recorded.sent[0].frames
        if (each.netns, each.direction) == (NODE1, "in") and len(each.data) > LARGE
    ]


def test_each_segment_is_linked_to_the_packet_that_it_was_cut_from(cut: Recording) -> None:
    wholes = large(cut)
    walk = replay(cut)
    assert wholes and walk.summary.startswith("Delivered and answered"), walk.summary
    made = [step for step in walk.steps if step.event == "fragment"]
    assert [step.netns for step in made] == [NODE1] * len(wholes)
    assert all("cut into" in step.why and "eth0 (GSO)" in step.why for step in made)
    data = [trace for trace in walk.traces if trace.name == "data"]
    assert {trace.disposition for trace in data} == {"delivered"}
    left = [f for f in cut.sent[0].frames if (f.netns, f.dev, f.direction) == (NODE1, "eth0", "out")]
    assert len(data) == sum(len(each.data) > 100 for each in left), (
        "one a segment, the first goes on as the whole"
    )
    assert not [trace for trace in data if trace.steps[0].event == "originate" and trace.steps[0].netns != A]


def test_what_was_not_seen_again_was_not_discarded_for_its_size(cut: Recording) -> None:
    (sent,) = cut.sent
    last = large(cut)[-1]
    kept = tuple(each for each in sent.frames if each.time_ns <= last.time_ns)
    walk = replay(cut._replace(sent=(sent._replace(frames=kept),)))
    ended = [trace for trace in walk.traces if trace.name == "data"][-1]
    assert ended.disposition == "left" and "not known" in ended.steps[-1].why, ended.steps[-1].why


def test_a_segment_with_other_bytes_is_no_part(cut: Recording) -> None:
    (sent,) = cut.sent
    first = next(f for f in sent.frames if (f.netns, f.dev) == (NODE1, "eth0") and len(f.data) > 1000)
    other = first._replace(data=first.data[:-4] + b"\xff\0\xff\0")
    frames = tuple(other if each is first else each for each in sent.frames)
    walk = replay(cut._replace(sent=(sent._replace(frames=frames),)))
    apart = [trace for trace in walk.traces if trace.name != "arp" and trace.steps[0].netns == NODE1]
    assert [trace.cause for trace in apart if trace.steps[0].event == "originate"], (
        "what was not seen before begins here"
    )
