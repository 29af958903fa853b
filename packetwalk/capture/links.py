"""Which frame became which: each frame's predecessor on its packet's way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from packetwalk.capture import identity
from packetwalk.capture.frames import Frame
from packetwalk.capture.identity import Stack
from packetwalk.capture.lookup import Tables
from packetwalk.capture.order import Ordered
from packetwalk.wire import Ipv4

TUNNELS = ("vxlan", "ipip", "wireguard", "tun", "openvswitch")
ENDS = ("pod", "outside")


class Seen(NamedTuple):
    """A frame, read: ``packet`` is the innermost packet that can be read, ``key`` identifies it."""

    frame: Frame
    stack: Stack
    packet: Stack
    key: tuple | None

    @property
    def coming(self) -> bool:
        """Whether it came into its namespace by this device."""
        return self.frame.direction == "in"


class Link(NamedTuple):
    """How a frame came about: ``before`` is its predecessor.

    ``how`` is ``cable`` (the other end of a cable), ``same`` (the same packet in the same namespace),
    ``copy`` (one more of a flood), ``cut`` (a fragment of it), ``whole`` and ``recut`` (gathered from
    fragments, of which ``before`` is the last; then perhaps cut again), ``hidden`` (wrapped so that only
    order tells), or ``first``.
    """

    how: str
    before: int | None = None


def _fragment(seen: Seen) -> bool:
    return bool(seen.packet) and isinstance(seen.packet[0], Ipv4) and seen.packet[0].fragment


def read(frames: Sequence[Frame]) -> list[Seen]:
    """Read all frames."""
    out = []
    for frame in frames:
        packet = identity.inner(frame.stack)
        out.append(Seen(frame, frame.stack, packet, identity.key(packet)))
    return out


class Linker:
    """Finds the predecessors, one frame after the other."""

    def __init__(self, seen: Sequence[Seen], ordered: Ordered, tables: Mapping[str, Tables]) -> None:
        self.seen, self.tables = seen, tables
        self.after: dict[int, list[int]] = defaultdict(list)
        self._here: dict[str, list[int]] = defaultdict(list)
        self._whole: dict[int, Stack] = {}
        self.links: list[Link] = []
        for k, source in enumerate(ordered.came_from):
            link = Link("cable", source) if source is not None else self._inside(k)
            self.links.append(link)
            if link.before is not None:
                self.after[link.before].append(k)
            self._here[seen[k].frame.netns].append(k)

    def _inside(self, k: int) -> Link:
        now = self.seen[k]
        for before in reversed(self._here[now.frame.netns]):
            how = self._relation(before, k)
            if how:
                return Link(how, before)
        last = self._gathered(k)
        if last is not None:
            return Link("recut", last)
        boxed = self._boxed(k)
        if boxed is not None:
            return boxed
        hidden = self._hidden(k)
        return Link("hidden", hidden) if hidden is not None else Link("first")

    def _relation(self, before: int, k: int) -> str:
        """Return how an earlier frame of the namespace became this one, or nothing."""
        then, now = self.seen[before], self.seen[k]
        if not self._can_follow(then, now):
            return ""
        taken = self.after[before]
        if then.key is not None and then.key == now.key and not identity.answers(now.packet, then.packet):
            if not taken:
                return "same"
            return "copy" if self._flood(then, now, [self.seen[t] for t in taken]) else ""
        if identity.part_of(now.packet, then.packet) or self._holds(k, then):
            return "cut"
        if not taken and (identity.part_of(then.packet, now.packet) or self._holds(before, now)):
            return "whole"
        return ""

    def _holds(self, k: int, other: Seen) -> bool:
        """Whether the datagram of a fragment is the other packet's wrapping."""
        return other.key is not None and identity.key(identity.inner(self.whole(k))) == other.key

    def parts(self, k: int) -> list[int]:
        """Return the frames with the fragments of the same datagram that passed the same device."""
        seen = self.seen[k]
        if not _fragment(seen):
            return []
        here = seen.frame.netns, seen.frame.dev, seen.coming
        return [
            n
            for n, other in enumerate(self.seen)
            if (other.frame.netns, other.frame.dev, other.coming) == here
            and _fragment(other)
            and identity.same_datagram(other.packet[0], seen.packet[0])
            and other.packet[0].src == seen.packet[0].src
        ]

    def whole(self, k: int) -> Stack:
        """Return the datagram of a fragment, from its IP header on; empty when a part is missing."""
        first = min(self.parts(k), default=k)
        if first not in self._whole:
            self._whole[first] = identity.gathered([self.seen[n].packet for n in self.parts(k)])
        return self._whole[first]

    def _can_follow(self, then: Seen, now: Seen) -> bool:
        tables = self.tables[now.frame.netns]
        kind, before = tables.kind(now.frame.dev), tables.kind(then.frame.dev)
        if (then.frame.dev, then.coming) == (now.frame.dev, now.coming):
            return False
        if now.coming:  # handed up by a bridge, or unwrapped by a tunnel
            return then.coming and (kind == "bridge" or kind in TUNNELS)
        if then.coming:
            return tables.place.kind not in ENDS
        return before == "bridge" or before in TUNNELS

    def _flood(self, then: Seen, now: Seen, others: Sequence[Seen]) -> bool:
        """Whether a bridge sent the frame to more than one port."""
        tables = self.tables[now.frame.netns]

        def bridge(seen: Seen) -> str | None:
            dev = seen.frame.dev
            return dev if tables.kind(dev) == "bridge" else tables.master(dev)

        return bridge(now) is not None and all(
            bridge(each) == bridge(now) and each.frame.data == now.frame.data for each in (*others, then)
        )

    def _gathered(self, k: int) -> int | None:
        """Return the last fragment that came in of the datagram that this fragment leaves with."""
        now = self.seen[k]
        if now.coming or not _fragment(now):
            return None
        return next(
            (
                before
                for before in reversed(self._here[now.frame.netns])
                for then in [self.seen[before]]
                if then.coming and _fragment(then) and identity.same_datagram(then.packet[0], now.packet[0])
            ),
            None,
        )

    def held(self, k: int) -> bool:
        """Whether a fragment that ends here went on as a part of something else."""
        now = self.seen[k]
        return _fragment(now) and any(
            link.how in ("whole", "recut")
            and link.before is not None
            and self.seen[link.before].frame.netns == now.frame.netns
            and _fragment(self.seen[link.before])
            and identity.same_datagram(self.seen[link.before].packet[0], now.packet[0])
            for link in self.links
        )

    def _hidden(self, k: int) -> int | None:
        """Return the frame that went into, or came out of, a wrapping nobody can read: the oldest left."""
        now = self.seen[k]
        tables = self.tables[now.frame.netns]
        into = now.key is None and not now.coming
        out = now.coming and tables.kind(now.frame.dev) in TUNNELS
        for before in self._here[now.frame.netns] if into or out else ():
            then = self.seen[before]
            if self.after[before] or then.coming is into:
                continue
            if (into and tables.kind(then.frame.dev) in TUNNELS) or (out and then.key is None):
                return before
        return None

    def _boxed(self, k: int) -> Link | None:
        """Return the frame that a program put into this box, or the box that it took this frame out of.

        Only order tells which; a box may travel in fragments.
        """
        now, closed = self.seen[k], identity.boxed(self._datagram(k))
        if now.coming or not (closed or self._read(now)):
            return None
        parts = self.parts(k) if closed else []
        if parts and parts[0] < k:
            before_cut = self.links[parts[0]].before
            return None if before_cut is None else Link("cut", before_cut)
        for before in self._here[now.frame.netns]:
            then, last = self.seen[before], max(self.parts(before), default=before)
            if not then.coming or self.after[before] or last != before:
                continue
            if identity.boxed(self._datagram(before)) or (closed and self._read(then)):
                how = {(True, False): "cut", (False, True): "whole", (True, True): "recut"}
                return Link(how.get((bool(parts), _fragment(then)), "hidden"), before)
        spread = [n for n in self._here[now.frame.netns] if self._read(self.seen[n]) and self.after[n]]
        return Link("copy", spread[-1]) if closed and spread else None

    def _datagram(self, k: int) -> Stack:
        return self.whole(k) if _fragment(self.seen[k]) else self.seen[k].stack

    def _read(self, seen: Seen) -> bool:
        """Whether a frame is on a cable whose end no bridge and no address has: a program reads it there."""
        tables, dev = self.tables[seen.frame.netns], seen.frame.dev
        idle = dev not in {address.dev for address in tables.place.addresses()}
        return tables.place.kind == "node" and tables.kind(dev) == "veth" and not tables.master(dev) and idle
