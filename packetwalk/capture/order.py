"""The order of frames across namespaces: causes before effects, then the clocks.

Within one namespace the capture keeps the kernel's order.  Between namespaces a frame leaves one end
of a cable before it enters by the other; clocks only decide what nothing else does, so equal or
slightly wrong times change nothing.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording

End = tuple[str, str]  # namespace, device


class Ordered(NamedTuple):
    """Frames in order; ``came_from`` is, for each, the index of the frame at the cable's other end."""

    frames: tuple[Frame, ...]
    came_from: tuple[int | None, ...]


class Cables:
    """Where a frame that leaves a device can come in: the veth's other end, else any card of the wire."""

    def __init__(self, recording: Recording) -> None:
        self.kinds: dict[End, str] = {}
        self._index: dict[End, tuple[int | None, int | None]] = {}
        self._inner: dict[End, End] = {}  # cables with both ends in one namespace
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


def order(recording: Recording, frames: Sequence[Frame]) -> Ordered:
    """Put frames in order; ValueError when no order fits what was seen."""
    cables = Cables(recording)
    source = _crossings(cables, frames)
    after: dict[int, list[int]] = defaultdict(list)
    waits = [0] * len(frames)
    last: dict[str, int] = {}
    for k, frame in enumerate(frames):
        if frame.netns in last:
            after[last[frame.netns]].append(k)
            waits[k] += 1
        last[frame.netns] = k
    for k, cause in source.items():
        after[cause].append(k)
        waits[k] += 1
    names = {name: n for n, name in enumerate(sorted({frame.netns for frame in frames}))}
    ready = [(_urgency(frames, names, k), k) for k in range(len(frames)) if not waits[k]]
    heapq.heapify(ready)
    out: list[int] = []
    while ready:
        _, k = heapq.heappop(ready)
        out.append(k)
        for effect in after[k]:
            waits[effect] -= 1
            if not waits[effect]:
                heapq.heappush(ready, (_urgency(frames, names, effect), effect))
    if len(out) < len(frames):
        raise ValueError("frames: no order fits, an effect was seen before its cause")
    position = {k: n for n, k in enumerate(out)}
    return Ordered(
        tuple(frames[k] for k in out),
        tuple(position[source[k]] if k in source else None for k in out),
    )


def _urgency(frames: Sequence[Frame], names: Mapping[str, int], k: int) -> tuple[int, int, int]:
    return frames[k].time_ns, names[frames[k].netns], k


def _crossings(cables: Cables, frames: Sequence[Frame]) -> dict[int, int]:
    """Pair each frame that came in with one of equal bytes that left elsewhere.

    The ends of a veth carry each frame once; a segment brings one frame to many cards.
    """
    left: dict[bytes, list[int]] = defaultdict(list)
    for k, frame in enumerate(frames):
        if frame.direction == "out" and cables.has_end((frame.netns, frame.dev)):
            left[frame.data].append(k)
    out: dict[int, int] = {}
    spent: set[int] = set()
    seen: set[tuple[int, End]] = set()
    for k, frame in enumerate(frames):
        here = frame.netns, frame.dev
        if frame.direction != "in" or not cables.has_end(here):
            continue
        ends = {c: (frames[c].netns, frames[c].dev) for c in left[frame.data]}
        others = [c for c in ends if cables.joined(ends[c], here) and (c, here) not in seen]
        pairs = [c for c in others if cables.pair(ends[c], here) and c not in spent]
        for cause in (pairs or [c for c in others if c not in spent] or others)[:1]:
            out[k] = cause
            seen.add((cause, here))
            if pairs:
                spent.add(cause)
    return out
