"""What all parts of the stitching work on: the frames, the tables, and the journeys as far as they are made."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from functools import cached_property
from typing import NamedTuple

from packetwalk.capture.identity import Stack
from packetwalk.capture.links.datagram import Pieces
from packetwalk.capture.links.linker import Linker
from packetwalk.capture.links.sighting import Sighting, read
from packetwalk.capture.lookup import Lookup
from packetwalk.capture.order import End, Wiring, order
from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.stitch.journeys import Journeys
from packetwalk.tables import Entry
from packetwalk.trace.step import Decision, Step
from packetwalk.wire import Arp, Ipv4

BROADCAST = "ff:ff:ff:ff:ff:ff"
IGMP = 2


class At(NamedTuple):
    """Where a packet is: its journey, and its headers there."""

    journey: int
    stack: Stack


class Work:
    """The recording of one packet, and the journeys made of it.

    ``links`` and ``after`` say of each frame which one was its packet's sighting before and which come
    next; ``at`` where each frame's packet is; ``held`` the fragments that wait for others.
    """

    def __init__(self, recording: Recording, sent: Sent) -> None:
        """Put the frames in order; ValueError when none fits."""
        told = [seen for seen in map(read, sent.frames) if _told(seen.stack)]
        ordered = order(recording, [seen.frame for seen in told])
        self.tables = {place.netns: Lookup(place) for place in recording.places}
        self.wiring = Wiring(recording)
        self.seen: list[Sighting] = [told[k] for k in ordered.frames]
        self.linker = Linker(self.seen, ordered.came_from, self.tables)
        self.links, self.after = self.linker.links, self.linker.after
        self.journeys = Journeys()
        self.at: dict[int, At] = {}
        self.held: dict[tuple, Pieces] = defaultdict(Pieces)
        self._count = 0

    def step(
        self,
        where: int,
        netns: str,
        dev: str | None,
        event: str,
        after: Stack,
        note: tuple,
        entry: Entry | None = None,
        *,
        hook: str | None = None,
        looked_up: bool = False,
    ) -> None:
        """Add a step to a journey; ``after`` are the headers that the packet has then."""
        journey, tables = self.journeys[where], self.tables[netns]
        link = tables.links.get(dev or "")
        journey.steps.append(
            Step(
                self._count,
                Decision(
                    tables.place.node,
                    netns,
                    dev,
                    event,
                    hook,
                    entry,
                    note,
                    link.mtu if link else None,
                    "looked_up" if looked_up else "observed",
                ),
                journey.now,
                after,
            )
        )
        self._count += 1

    def now(self, where: int) -> Stack:
        """Return the headers that a packet has after its last step."""
        return self.journeys[where].now

    def next_to_leave(self, k: int) -> int | None:
        """Return the next frame with IPv4 that leaves by the device of a frame, or None."""
        frame = self.seen[k].frame
        leaving = self._leaving.get((frame.netns, frame.dev), [])
        place = bisect(leaving, k)
        return leaving[place] if place < len(leaving) else None

    @cached_property
    def _leaving(self) -> dict[End, list[int]]:
        out: dict[End, list[int]] = defaultdict(list)
        for k, seen in enumerate(self.seen):
            if not seen.coming and seen.packet and isinstance(seen.packet[0], Ipv4):
                out[seen.frame.netns, seen.frame.dev].append(k)
        return out

    def answers_for(self, netns: str, address: str) -> bool:
        """Whether a namespace answered questions of ARP for an address, its own or as a proxy."""
        return (netns, address) in self._answers

    @cached_property
    def _answers(self) -> set[tuple[str, str]]:
        said = ((seen.frame.netns, seen.packet[0]) for seen in self.seen if seen.packet and not seen.coming)
        return {(netns, arp.spa) for netns, arp in said if isinstance(arp, Arp) and arp.op == 2}


def _told(stack: Stack) -> bool:
    """Whether a frame is of the kind that is told of: ARP and IPv4, but for IGMP, which nobody asked for."""
    first = next((header for header in stack if isinstance(header, (Ipv4, Arp))), None)
    return first is not None and not (isinstance(first, Ipv4) and first.protocol == IGMP)
