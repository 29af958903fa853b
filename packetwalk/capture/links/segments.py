"""Segments that a kernel, or a card, cut a large packet of TCP into (GSO): each is a range of its sequence numbers.

A machine hands on up to 64 kB of a stream as one packet (``tcp_gso_segment``); only where a device cannot cut it itself
is it cut before the tap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from packetwalk.capture.links.sighting import Link, Sighting, Tap
from packetwalk.wire import Tcp

ROUND = 2**32


class StreamRange(NamedTuple):
    """What of a stream a packet carries: the acknowledgement beside it, the first number, and how many bytes."""

    ack: int
    seq: int
    length: int

    @property
    def end(self) -> int:
        """The number behind the last byte."""
        return (self.seq + self.length) % ROUND


class CutSegments:
    """Finds the large packet of which a segment is a part, one frame after the other."""

    def __init__(self, seen: Sequence[Sighting], can_follow: Callable[[str, Tap, Tap], bool]) -> None:
        """``can_follow`` says whether a packet passes from one tap of a namespace to another."""
        self._seen, self._can_follow = seen, can_follow
        self._starts: dict[tuple[str, int, int], list[int]] = {}
        self._next: dict[
            tuple[str, Tap, int, int], int
        ] = {}  # what is left of a packet, at the tap it leaves by

    def add(self, k: int) -> None:
        """Let a packet be found from now on."""
        now = self._seen[k]
        found = range_of(now)
        if found:
            self._starts.setdefault((now.frame.netns, found.ack, found.seq), []).append(k)

    def link(self, k: int) -> Link | None:
        """Return the packet that a segment was cut from; None where none is, or it could be of several."""
        now, part = self._seen[k], range_of(self._seen[k])
        if part is None:
            return None
        netns = now.frame.netns
        begun = self._next.pop((netns, now.tap, part.ack, part.seq), None)
        first = self._starts.get((netns, part.ack, part.seq), ())
        wholes = (
            [begun]
            if begun is not None
            else [n for n in first if self._can_follow(netns, self._seen[n].tap, now.tap)]
        )
        fits = [n for n in wholes if self._is_part(now, part, n)]
        if not fits or len({self._seen[n].tap for n in fits}) > 1:
            return None
        whole = range_of(self._seen[fits[-1]])
        if whole and part.end != whole.end:
            self._next[netns, now.tap, part.ack, part.end] = fits[-1]
        return Link("segment", fits[-1])

    def _is_part(self, now: Sighting, part: StreamRange, number: int) -> bool:
        """Say whether a segment is a piece of a packet, with the same bytes."""
        other, whole = self._seen[number], range_of(self._seen[number])
        if whole is None or whole.length <= part.length:
            return False
        start = (part.seq - whole.seq) % ROUND
        held = payload(other)[start : start + part.length]
        return start + part.length <= whole.length and held == payload(now)


def payload(seen: Sighting) -> bytes:
    """Return what a packet of TCP carries."""
    return seen.content[seen.packet[1].size :]


def range_of(seen: Sighting) -> StreamRange | None:
    """Return what of a stream a packet carries; None where it is no data of TCP."""
    head = seen.packet[1] if len(seen.packet) > 1 and not seen.fragment else None
    if not isinstance(head, Tcp):
        return None
    length = len(payload(seen))
    return StreamRange(head.ack, head.seq, length) if length else None
