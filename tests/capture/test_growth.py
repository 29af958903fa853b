"""Twice as many frames are twice the work: what is counted are the lines of the package that are run, not seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import packetwalk
from benchmarks import stitching
from benchmarks.fragments import recording
from packetwalk.capture.recording import Recording
from packetwalk.capture.stitch import stitch
from packetwalk.trace.packet import Packet

HOME = str(Path(packetwalk.__file__).parent)


def work(made: Recording) -> int:
    """Return how many lines of the package run until a recording is stitched."""
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Callable:
        nonlocal count
        count += 1
        return line

    def call(frame: FrameType, event: str, argument: Any) -> Callable | None:
        return line(frame, event, argument) if frame.f_code.co_filename.startswith(HOME) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        stitch(made, made.sent[0])
    finally:
        sys.settrace(before)
    return count


def in_batches(made: Recording) -> Recording:
    """Return a recording in which each device passes all its frames before the next one does."""
    sent = made.sent[0]
    taps = {}
    for frame in sent.frames:
        taps.setdefault((frame.netns, frame.dev, frame.direction), len(taps))
    frames = sorted(sent.frames, key=lambda frame: taps[frame.netns, frame.dev, frame.direction])
    return made._replace(
        sent=(sent._replace(frames=tuple(f._replace(time_ns=n) for n, f in enumerate(frames))),)
    )


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda n: recording(6000 * n), id="one datagram"),
        pytest.param(lambda n: in_batches(recording(6000 * n)), id="device by device"),
        pytest.param(lambda n: recording(*range(3000, 3000 + 3 * n)), id="one after the other"),
        pytest.param(lambda n: recording(*range(3000, 3000 + 3 * n), mixed=True), id="all at once"),
        pytest.param(lambda n: stitching.recording(900 * n), id="pings"),
        pytest.param(lambda n: stitching.recording(900 * n, Packet(ttl=1)), id="errors"),
        pytest.param(lambda n: recording(6000 * n, plugin="calico", mode="wireguard"), id="encrypted"),
        pytest.param(
            lambda n: recording(*range(56, 56 + 12 * n), plugin="weave", mode="sleeve-encrypted"),
            id="encrypted by a program",
        ),
    ],
)
def test_twice_the_frames_are_twice_the_work(make: Callable[[int], Recording]) -> None:
    once, twice = make(1), make(2)
    frames = len(twice.sent[0].frames) / len(once.sent[0].frames)
    assert frames > 1.8
    assert work(twice) / work(once) < 1.1 * frames
