"""Frames that went into a wrapping nobody can read, or came out of it: only order tells which became which."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Hashable, Mapping, Sequence

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.links.datagram import Datagram
from packetwalk.capture.links.sighting import Link, Sighting
from packetwalk.capture.lookup import Lookup
from packetwalk.wire import Wireguard
from packetwalk.wire.encrypted import TAG

PADDING = 16  # bytes, MESSAGE_PADDING_MULTIPLE (drivers/net/wireguard/messages.h)


class WaitingFrames:
    """Frames that stand in line, each until it is known what became of it."""

    def __init__(self, after: Mapping[int, Sequence[int]]) -> None:
        """``after`` says of each frame what became of it."""
        self._lines: dict[Hashable, deque[int]] = defaultdict(deque)
        self._after = after

    def join(self, line: Hashable, k: int) -> None:
        """Put a frame at the end of a line."""
        self._lines[line].append(k)

    def oldest(self, line: Hashable) -> int | None:
        """Return the frame that has waited longest in a line, or None."""
        waiting = self._lines[line]
        while waiting and self._after.get(waiting[0]):
            waiting.popleft()
        return waiting[0] if waiting else None


class Hidden:
    """Finds the predecessors of encrypted frames, and of those that were.

    Two kinds of wrapping hide what is inside: a tunnel's device (WireGuard), and the box into which a
    program (Weave's router) puts the frames that it reads from a veth.
    """

    def __init__(
        self,
        seen: Sequence[Sighting],
        datagrams: Sequence[Datagram],
        tables: Mapping[str, Lookup],
        links: Sequence[Link],
        after: Mapping[int, Sequence[int]],
    ) -> None:
        self._seen, self._datagrams, self._tables = seen, datagrams, tables
        self._links = links
        self._lines = WaitingFrames(after)
        self._last_read: dict[str, int] = {}  # by a program, of those that it sent on

    def add(self, k: int) -> None:
        """Let a frame wait for what becomes of it; its own link is known, and so is that before it."""
        now, netns = self._seen[k], self._seen[k].frame.netns
        before = self._links[k].before
        if before is not None and self._by_program(self._seen[before]):
            there = self._seen[before].frame.netns
            self._last_read[there] = max(before, self._last_read.get(there, before))
        if not now.coming:
            if self._tables[netns].wraps(now.frame.dev):
                self._lines.join((netns, "into a tunnel"), k)
                self._lines.join((netns, "into a tunnel", _padded(wire.size(now.stack))), k)
            return
        if now.key is None:
            self._lines.join((netns, "unread", *_length(now)), k)
        if now.fragment and self._datagrams[k].parts[-1] != k:
            return  # a program sees the datagram when it is whole
        if self._boxed(k):
            self._lines.join((netns, "box"), k)
        elif self._by_program(now):
            self._lines.join((netns, "read by a program"), k)

    def by_tunnel(self, k: int) -> Link | None:
        """Return the oldest frame left that went into this tunnel's packet, or whose inside this is."""
        now, netns = self._seen[k], self._seen[k].frame.netns
        before = None
        if now.key is None and not now.coming:
            before = self._lines.oldest((netns, "into a tunnel", *_length(now)))
        elif now.coming and self._tables[netns].wraps(now.frame.dev):
            before = self._lines.oldest((netns, "unread", _padded(wire.size(now.stack))))
            before = self._lines.oldest((netns, "unread")) if before is None else before
        return None if before is None else Link("hidden", before)

    def by_program(self, k: int) -> Link | None:
        """Return the frame that a program put into this box, or the box that it took this frame out of.

        A box may travel in fragments.
        """
        now, closed = self._seen[k], self._boxed(k)
        if now.coming or not (closed or self._by_program(now)):
            return None
        parts = self._datagrams[k].parts if closed else ()
        if parts and parts[0] < k:
            first = self._links[parts[0]].before
            return None if first is None else Link("cut", first)
        before = self._oldest(now.frame.netns, closed=closed)
        if before is not None:
            return Link(_how(gathered=self._seen[before].fragment, cut=bool(parts)), before)
        spread = self._last_read.get(now.frame.netns) if closed else None
        return None if spread is None else Link("copy", spread)

    def _oldest(self, netns: str, *, closed: bool) -> int | None:
        """Return the frame that a program has next: a box, or, to be put into one, what it read."""
        lines = ("box", "read by a program") if closed else ("box",)
        found = [k for line in lines if (k := self._lines.oldest((netns, line))) is not None]
        return min(found, default=None)

    def _boxed(self, k: int) -> bool:
        """Whether this is a box, or a fragment of one."""
        return identity.boxed(self._datagrams[k].whole if self._seen[k].fragment else self._seen[k].stack)

    def _by_program(self, seen: Sighting) -> bool:
        """Whether a frame is on a veth whose end no bridge and no address has: a program reads it there."""
        tables, dev = self._tables[seen.frame.netns], seen.frame.dev
        return (
            tables.place.kind == "node"
            and tables.kind(dev) == "veth"
            and not tables.master(dev)
            and dev not in tables.addressed
        )


def _length(unread: Sighting) -> tuple[int, ...]:
    """Return the length of the packet in a message of WireGuard, as it is padded; of no packet (a keepalive) 0.

    Nothing where a wrapping does not tell it.
    """
    at = next((k for k, header in enumerate(unread.stack) if isinstance(header, Wireguard)), None)
    return () if at is None else (_padded(wire.size(unread.stack[at + 1 :]) - TAG),)


def _padded(length: int) -> int:
    """Return a packet's length as WireGuard pads it, in bytes; one that fills the device's MTU has less padding."""
    return length + -length % PADDING


def _how(*, gathered: bool, cut: bool) -> str:
    if gathered:
        return "recut" if cut else "whole"
    return "cut" if cut else "hidden"
