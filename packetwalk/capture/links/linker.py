"""Finds the predecessors, one frame after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from packetwalk.capture import identity
from packetwalk.capture.links.datagram import Datagram, datagrams, part_of
from packetwalk.capture.links.earlier import Earlier
from packetwalk.capture.links.hidden import Hidden
from packetwalk.capture.links.segments import Recut
from packetwalk.capture.links.sighting import Link, Sighting, Tap
from packetwalk.capture.lookup import Lookup

ENDS = ("pod", "outside")


class Linker:
    """The links of all frames: ``links`` by number; ``after`` says which frames came of one."""

    def __init__(
        self,
        seen: Sequence[Sighting],
        came_from: Sequence[tuple[int, ...]],
        tables: Mapping[str, Lookup],
        tunnel_ports: Mapping[int, str],
    ) -> None:
        """``came_from`` is, for each frame, the one at the other end of its wire, or those of which it was made."""
        self.seen, self.tables = seen, tables
        self.links: list[Link] = []
        self.after: dict[int, list[int]] = defaultdict(list)
        self._datagrams = datagrams(seen, tunnel_ports)
        self._earlier = Earlier(seen, self._datagrams, self._can_follow)
        self._hidden = Hidden(seen, self._datagrams, tables, self.links, self.after)
        self._recuts = Recut(seen, self._can_follow)
        self._came_in: dict[tuple, int] = {}  # the last fragment of each datagram, by namespace
        for k, sources in enumerate(came_from):
            self._add(k, self._by_wire(k, sources) if sources else self._inside(k))

    def datagram(self, k: int) -> Datagram:
        """Return the fragments of the same datagram that passed the same device; none of what is whole."""
        return self._datagrams[k]

    def held(self, k: int) -> bool:
        """Whether a fragment that ends here went on as a part of something else."""
        now = self.seen[k]
        return now.fragment and (now.frame.netns, now.number) in self._gathered_later

    @cached_property
    def _gathered_later(self) -> set[tuple]:
        """The namespaces and numbers of fragments that went on as a part of something else."""
        gathered = (link.before for link in self.links if link.how in ("whole", "recut"))
        last = [self.seen[before] for before in gathered if before is not None]
        return {(each.frame.netns, each.number) for each in last if each.fragment}

    def _add(self, k: int, link: Link) -> None:
        now = self.seen[k]
        self.links.append(link)
        for before in (link.before, *link.others):
            if before is not None:
                self.after[before].append(k)
        self._earlier.add(k)
        self._hidden.add(k)
        self._recuts.add(k)
        if now.coming and now.fragment:
            self._came_in[now.frame.netns, now.number] = k

    def _by_wire(self, k: int, sources: tuple[int, ...]) -> Link:
        alike = self.seen[sources[0]].stack == self.seen[k].stack
        return Link("wire" if alike else "wire-segment", sources[0], sources[1:])

    def _inside(self, k: int) -> Link:
        """Return the link of a frame that came by no wire: its namespace has seen the packet before."""
        for before in self._earlier.akin(k):
            how = self._relation(before, k)
            if how:
                return Link(how, before)
        sources = self._recuts.sources(k)
        if sources:
            return Link("segment", sources[0], sources[1:])
        return (
            self._recut(k)
            or self._hidden.by_program(k)
            or self._hidden.by_tunnel(k)
            or Link("first")
        )

    def _relation(self, before: int, k: int) -> str:
        """Return how an earlier frame of the namespace became this one, or nothing."""
        then, now, taken = self.seen[before], self.seen[k], self.after.get(before, ())
        if then.key is not None and then.key == now.key and not identity.answers(now.packet, then.packet):
            if not taken:
                return "same"
            return "copy" if self._flood(then, now, [self.seen[t] for t in taken]) else ""
        if part_of(now, then) or self._holds(k, then):
            return "cut"
        if not taken and (part_of(then, now) or self._holds(before, now)):
            return "whole"
        return ""

    def _holds(self, k: int, other: Sighting) -> bool:
        """Whether the datagram of a fragment is the other packet's wrapping."""
        return other.key is not None and self._datagrams[k].key == other.key

    def _can_follow(self, netns: str, then: Tap, now: Tap) -> bool:
        """Whether what was seen at one tap of a namespace may be seen at another afterwards."""
        tables, (before, came), (dev, comes) = self.tables[netns], then, now
        if then == now:
            return False
        if came == comes and tables.stands_on(*((dev, before) if comes else (before, dev))):
            return True
        if comes:  # handed up by a bridge, or unwrapped by a tunnel
            return came and (tables.kind(dev) == "bridge" or tables.wraps(dev))
        if came:
            return tables.place.kind not in ENDS
        return tables.kind(before) == "bridge" or tables.wraps(before)

    def _flood(self, then: Sighting, now: Sighting, others: Sequence[Sighting]) -> bool:
        """Whether a bridge sent the frame to more than one port."""
        tables = self.tables[now.frame.netns]
        bridge = tables.bridge(now.frame.dev)
        return bridge is not None and all(
            tables.bridge(each.frame.dev) == bridge and each.frame.data == now.frame.data
            for each in (*others, then)
        )

    def _recut(self, k: int) -> Link | None:
        """Return the last fragment that came in of the datagram that this fragment leaves with."""
        now = self.seen[k]
        if now.coming or not now.fragment:
            return None
        last = self._came_in.get((now.frame.netns, now.number))
        return None if last is None else Link("recut", last)
