"""A recording as traces: what was observed at each tap, and the table lines that explain what lies between.

A step is ``observed`` when a frame shows it and ``looked_up`` when a recorded table does.  What neither
shows (rules that let a packet pass, for one) is not in the trace.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.capture.links.sighting import Link
from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.stitch import ending, onward, origin
from packetwalk.capture.stitch.work import At, Work
from packetwalk.trace.step import Trace


class Stitched(NamedTuple):
    """The traces of one packet and of all it caused, the request first; ``left_out`` says which frames are not in them."""

    traces: tuple[Trace, ...]
    left_out: tuple[str, ...]


def stitch(recording: Recording, sent: Sent) -> tuple[Trace, ...]:
    """Return the traces of ``stitched``."""
    return stitched(recording, sent).traces


def stitched(recording: Recording, sent: Sent) -> Stitched:
    """Return the traces of a recorded packet; ValueError when no order of frames fits."""
    work = Work(recording, sent)
    for k in range(len(work.seen)):
        _frame(work, k)
        if not work.after.get(k):
            ending.end(work, k)
    return Stitched(work.journeys.traces(), work.left_out)


def _frame(work: Work, k: int) -> None:
    """Tell of a frame: what led to it, then that it was seen."""
    link, seen = work.links[k], work.seen[k]
    where = origin.origin(work, k) if link.before is None else onward.follow(work, k, link, link.before)
    event, note = ("ingress", _came(work, k, link)) if seen.coming else ("egress", _goes(work, k))
    frame = seen.frame
    device = work.tables[frame.netns].links.get(frame.dev)
    work.step(where, frame.netns, frame.dev, event, seen.stack, note, device)
    work.at[k] = At(where, seen.stack)


def _came(work: Work, k: int, link: Link) -> tuple:
    frame = work.seen[k].frame
    kind = work.tables[frame.netns].kind(frame.dev)
    if link.by_wire and link.before is not None:
        other = work.seen[link.before].frame
        if work.wiring.standing.get((frame.netns, frame.dev)):
            return "from-below", frame.dev, kind, f"{other.dev} in {other.netns}"
        pair = work.wiring.pair((other.netns, other.dev), (frame.netns, frame.dev))
        return "crossing" if pair else "from-card", f"{other.dev} in {other.netns}"
    if kind == "bridge":
        return ("up",)
    if work.tables[frame.netns].standing(frame.dev) and link.before is not None:
        return "from-below", frame.dev, kind, work.seen[link.before].frame.dev
    return ("bring-up", frame.dev) if link.before is None else ("unwrapped", frame.dev)


def _goes(work: Work, k: int) -> tuple:
    frame = work.seen[k].frame
    kind = work.tables[frame.netns].kind(frame.dev)
    if kind == "bridge":
        return ("to-bridge",)
    if work.wiring.has_end((frame.netns, frame.dev)):
        for follower in work.after.get(k, ()):
            other = work.seen[follower].frame
            if work.wiring.pair((frame.netns, frame.dev), (other.netns, other.dev)):
                return "to-peer", frame.dev, other.dev, other.netns
        return ("to-wire",)
    return (
        ("to-tunnel", frame.dev)
        if work.tables[frame.netns].wraps(frame.dev)
        else ("to-device", frame.dev, kind)
    )
