"""What all parts of the stitching work on: the frames, the tables, and the traces as far as they are made."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.capture import identity
from packetwalk.capture.frames import Frame
from packetwalk.capture.identity import Stack
from packetwalk.capture.links import Linker, Seen, read
from packetwalk.capture.lookup import Tables
from packetwalk.capture.order import Cables, order
from packetwalk.capture.recording import Recording, Sent
from packetwalk.tables import Entry
from packetwalk.trace.step import Flow, Step, Trace
from packetwalk.wire import Arp, Ipv4

SOURCE = "capture"
BROADCAST = "ff:ff:ff:ff:ff:ff"
IGMP = 2
PROTOS = {1: "icmp", 6: "tcp", 17: "udp"}


class Journey:
    """A trace while it is being made."""

    def __init__(self, name: str, packet: Stack, cause: tuple[int, int] | None) -> None:
        self.name, self.packet, self.cause = name, packet, cause
        self.steps: list[Step] = []
        self.end = "left"

    def trace(self) -> Trace:
        """Return it as it is now."""
        return Trace(SOURCE, self.name, flow_of(self.packet), self.end, self.cause, tuple(self.steps))


class At(NamedTuple):
    """Where a packet is: its journey, and its headers there."""

    journey: int
    stack: Stack


class Work:
    """The recording of one packet, and the journeys made of it; journeys are named by their number.

    ``links`` and ``after`` say of each frame which one was its packet's sighting before and which come
    next; ``at`` where each frame's packet is; ``held`` the fragments that wait for others; ``ended`` the
    journeys that were delivered, and in which namespace.
    """

    def __init__(self, recording: Recording, sent: Sent) -> None:
        """Put the frames in order; ValueError when none fits."""
        ordered = order(recording, [frame for frame in sent.frames if _told(frame)])
        self.tables = {place.netns: Tables(place) for place in recording.places}
        self.cables = Cables(recording)
        self.seen: list[Seen] = read(ordered.frames)
        self.linker = linker = Linker(self.seen, ordered, self.tables)
        self.links, self.after = linker.links, linker.after
        self.journeys: list[Journey] = []
        self.at: dict[int, At] = {}
        self.held: dict[tuple, list[Stack]] = {}
        self.ended: list[tuple[int, str]] = []
        self.count = 0

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
        before = journey.steps[-1].after if journey.steps else ()
        link = tables.links.get(dev or "")
        journey.steps.append(
            Step(
                self.count,
                tables.place.node,
                netns,
                dev,
                event,
                hook,
                before,
                after,
                entry,
                note,
                link.mtu if link else None,
                "looked_up" if looked_up else "observed",
            )
        )
        self.count += 1

    def begin(self, name: str, packet: Stack, cause: tuple[int, int] | None) -> int:
        """Begin a journey; ``cause`` is the step that made the packet, by journey and number."""
        self.journeys.append(Journey(name, packet, cause))
        return len(self.journeys) - 1

    def last(self, where: int, *events: str) -> tuple[int, int]:
        """Return the last step of a journey, of some events if it has one, as the cause of another."""
        steps = self.journeys[where].steps
        fits = [n for n, step in enumerate(steps) if not events or step.event in events]
        return where, fits[-1] if fits else len(steps) - 1

    def before_cut(self, where: int) -> tuple[int, int]:
        """Return the step before a packet was cut, as the cause of its other fragments."""
        made = [n for n, step in enumerate(self.journeys[where].steps) if step.event == "fragment"]
        return where, max(0, made[-1] - 1) if made else 0

    def now(self, where: int) -> Stack:
        """Return the headers that a packet has after its last step."""
        return self.journeys[where].steps[-1].after


def flow_of(packet: Stack) -> Flow:
    """Return what a packet is."""
    if not packet:
        return Flow("", "", "encrypted")
    if isinstance(packet[0], Arp):
        return Flow(packet[0].spa, packet[0].tpa, "arp")
    src, sport, dst, dport = identity.ends(packet)
    return Flow(src, dst, PROTOS.get(packet[0].protocol, str(packet[0].protocol)), sport, dport)


def _told(frame: Frame) -> bool:
    """Whether a frame is of the kind that is told of: ARP and IPv4, but for IGMP, which nobody asked for."""
    first = next((h for h in frame.stack if isinstance(h, (Ipv4, Arp))), None)
    return first is not None and not (isinstance(first, Ipv4) and first.protocol == IGMP)
