"""The order of frames across namespaces: causes before effects, then the clocks.

Within one namespace the capture keeps the kernel's order.  Between namespaces a frame leaves one end
of a veth pair before it enters by the other; clocks only decide what nothing else does, so equal or
slightly wrong times change nothing.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Container, Hashable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.capture.links.segments import AcrossWires
from packetwalk.capture.links.sighting import Sighting
from packetwalk.capture.recording import Recording
from packetwalk.capture.stacked import End, standing


class Ordered(NamedTuple):
    """Frames in order: ``frames`` are their indices before; ``came_from`` is, for each, the place in
    the order of the frame at the veth's other end: of several where they were put together before the tap."""

    frames: tuple[int, ...]
    came_from: tuple[tuple[int, ...], ...]


class Wiring:
    """Where a frame that leaves a device can come in: the veth's other end, else any NIC of the segment."""

    def __init__(self, recording: Recording) -> None:
        self.kinds: dict[End, str] = {}
        self._index: dict[End, tuple[int | None, int | None]] = {}
        self._inner: dict[End, End] = {}  # veth pairs with both ends in one namespace
        self.standing = standing(recording)
        for place in recording.places:
            for each in place.printed("link.json"):
                end = place.netns, each["ifname"]
                plain = "lo" if each["ifname"] == "lo" else "eth"
                self.kinds[end] = each.get("linkinfo", {}).get("info_kind", plain)
                self._index[end] = each.get("ifindex"), each.get("link_index")
                if self.kinds[end] == "veth" and "link" in each:
                    self._inner[end] = place.netns, each["link"]

    def has_end(self, end: End) -> bool:
        """Whether frames come into a device from outside of its namespace."""
        return self.kinds.get(end) in ("veth", "eth")

    def pair(self, one: End, other: End) -> bool:
        """Whether two devices name each other, as the ends of a veth do (``eth0@if4``, ``v0@v1``).

        Between namespaces they do so by number.  Numbers are unique in a namespace only, so ends that
        are no pair may do so too.
        """
        if one in self._inner or other in self._inner:
            return self._inner.get(one) == other
        return (
            one[0] != other[0]
            and None not in self._index[one]
            and self._index[one][::-1] == self._index[other]
        )

    def joined(self, one: End, other: End) -> bool:
        """Whether what leaves by one device could come in by the other."""
        if one in self._inner or other in self._inner:
            return self.pair(one, other)
        return one[0] != other[0]

    def rank(self, one: End, other: End) -> int | None:
        """Return how near two ends are: 0 for a pair, 1 for those of a segment, None for no way between them."""
        if self.pair(one, other):
            return 0
        return 1 if self.joined(one, other) else None

    def above(self, end: End) -> set[End]:
        """Return the devices of other namespaces that stand on a device."""
        return {upper for upper, each in self.standing.items() if end in each.below and upper[0] != end[0]}


def order(recording: Recording, seen: Sequence[Sighting]) -> Ordered:
    """Put frames in order; ValueError when no order fits what was seen.

    A frame has the same headers at both ends of a wire, unless a card cuts it, or puts it together with others.
    """
    wiring = Wiring(recording)
    frames, names = [each.frame for each in seen], [each.stack for each in seen]
    alike = {**_crossings(wiring, frames, names), **_between_stacked(wiring, frames, names)}
    source = {k: (cause,) for k, cause in alike.items()} | _recut(wiring, seen, alike)
    after: dict[int, list[int]] = defaultdict(list)
    waits = [0] * len(frames)
    last: dict[str, int] = {}
    for k, frame in enumerate(frames):
        if frame.netns in last:
            after[last[frame.netns]].append(k)
            waits[k] += 1
        last[frame.netns] = k
    for k, causes in source.items():
        for cause in causes:
            after[cause].append(k)
        waits[k] += len(causes)
    places = {name: n for n, name in enumerate(sorted({frame.netns for frame in frames}))}
    ready = [(_urgency(frames, places, k), k) for k in range(len(frames)) if not waits[k]]
    heapq.heapify(ready)
    out: list[int] = []
    while ready:
        _, k = heapq.heappop(ready)
        out.append(k)
        for effect in after[k]:
            waits[effect] -= 1
            if not waits[effect]:
                heapq.heappush(ready, (_urgency(frames, places, effect), effect))
    if len(out) < len(frames):
        raise ValueError("frames: no order fits, an effect was seen before its cause")
    position = {k: n for n, k in enumerate(out)}
    return Ordered(tuple(out), tuple(tuple(position[n] for n in source.get(k, ())) for k in out))


def _urgency(frames: Sequence[Frame], names: Mapping[str, int], k: int) -> tuple[int, int, int]:
    return frames[k].time_ns, names[frames[k].netns], k


def _between_stacked(wiring: Wiring, frames: Sequence[Frame], names: Sequence[Hashable]) -> dict[int, int]:
    """Pair frames at a device of one namespace with those at one of another on which it stands, or which stands on the same."""
    on_other = {
        end: each.below for end, each in wiring.standing.items() if any(b[0] != end[0] for b in each.below)
    }
    passed: dict[tuple, list[int]] = defaultdict(list)
    out: dict[int, int] = {}
    for k, frame in enumerate(frames if on_other else ()):
        here = frame.netns, frame.dev
        if frame.direction == "in" and here in on_other:
            beside = {end for end, below in on_other.items() if end != here and below & on_other[here]}
            sources = [(*end, "in") for end in on_other[here]] + [(*end, "out") for end in beside]
        elif frame.direction == "out":
            sources = [(*end, "out") for end in wiring.above(here)]
        else:
            sources = []
        for source in sources:
            waiting = passed[(*source, names[k])]
            if waiting:
                out[k] = waiting.pop(0)
                break
        passed[(*here, frame.direction, names[k])].append(k)
    return out


def _crossings(wiring: Wiring, frames: Sequence[Frame], names: Sequence[Hashable]) -> dict[int, int]:
    """Pair each frame that came in with one of the same name that left elsewhere.

    The ends of a veth carry each frame once; a segment brings one frame to many NICs.
    """
    left: dict[Hashable, _Left] = defaultdict(_Left)
    for k, frame in enumerate(frames):
        if frame.direction == "out" and wiring.has_end((frame.netns, frame.dev)):
            left[names[k]].by_end[frame.netns, frame.dev].append(k)
    out: dict[int, int] = {}
    for k, frame in enumerate(frames):
        here = frame.netns, frame.dev
        if frame.direction == "in" and names[k] in left and wiring.has_end(here):
            cause = left[names[k]].arrive(here, wiring)
            if cause is not None:
                out[k] = cause
    return out


def _recut(wiring: Wiring, seen: Sequence[Sighting], alike: Container[int]) -> dict[int, tuple[int, ...]]:
    """Find for each frame that came in, and was not seen ``alike`` elsewhere, those that left and of whose bytes it is made."""
    wires = AcrossWires()
    for k, each in enumerate(seen):
        if not each.coming and wiring.has_end((each.frame.netns, each.frame.dev)):
            wires.leaves(k, each)
    out: dict[int, tuple[int, ...]] = {}
    for k, each in enumerate(seen):
        here = each.frame.netns, each.frame.dev
        if each.coming and k not in alike and wiring.has_end(here):
            sources = wires.sources(each, partial(wiring.rank, here))
            if sources:
                out[k] = sources
    return out


class _Left:
    """Frames of one name that left, by the end they left by, and what is known of where they arrived."""

    def __init__(self) -> None:
        self.by_end: dict[End, list[int]] = defaultdict(list)
        self._spent: set[int] = set()  # what a veth has carried to its other end
        self._arrived: set[tuple[int, End]] = set()
        self._looked: dict[tuple[bool, End, End], int] = {}  # how many at an end are of no use to another

    def arrive(self, here: End, wiring: Wiring) -> int | None:
        """Return the frame that came in at an end, or None.

        It is the first that left by the other end of a veth and has not come in yet, else the first that
        could be seen here and has not been, one that no veth has carried elsewhere before one that it has.
        """
        joined = [end for end in self.by_end if wiring.joined(end, here)]
        pairs = [end for end in joined if wiring.pair(end, here)]
        cause = self._first(pairs, here, spent=False)
        if cause is not None:
            self._spent.add(cause)
        else:
            cause = self._first(joined, here, spent=False)
        if cause is None:
            cause = self._first(joined, here, spent=True)
        if cause is not None:
            self._arrived.add((cause, here))
        return cause

    def _first(self, ends: Sequence[End], here: End, *, spent: bool) -> int | None:
        """Return the first frame of some ends that has not arrived here, also a spent one if asked for."""
        found = [k for end in ends if (k := self._next(end, here, spent)) is not None]
        return min(found, default=None)

    def _next(self, end: End, here: End, spent: bool) -> int | None:
        frames, at = self.by_end[end], self._looked.get((spent, end, here), 0)
        while at < len(frames) and (
            (frames[at], here) in self._arrived or (not spent and frames[at] in self._spent)
        ):
            at += 1
        self._looked[spent, end, here] = at
        return frames[at] if at < len(frames) else None
