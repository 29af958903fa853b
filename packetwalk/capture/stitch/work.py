"""What all parts of the stitching work on: the frames, the tables, and the journeys as far as they are made."""

from __future__ import annotations

from bisect import bisect
from collections import defaultdict
from functools import cached_property, partial
from typing import NamedTuple

from packetwalk import wire
from packetwalk.capture.identity import ERRORS, Stack, ends
from packetwalk.capture.links.datagram import Pieces
from packetwalk.capture.links.linker import Linker
from packetwalk.capture.links.sighting import Sighting
from packetwalk.capture.lookup import Lookup
from packetwalk.capture.order import End, Wiring, order
from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.stitch.journeys import Journeys
from packetwalk.capture.stitch.told import told
from packetwalk.capture.tunnel_ports import tunnel_ports
from packetwalk.tables import Entry
from packetwalk.trace.step import Decision, Step
from packetwalk.wire import Arp, Icmp, Ipv4, Tcp

BROADCAST = "ff:ff:ff:ff:ff:ff"


class At(NamedTuple):
    """Where a packet is: its journey, and its headers there."""

    journey: int
    stack: Stack


class Work:
    """The recording of one packet, and the journeys made of it.

    ``left_out`` says in words which frames are not told of; ``links`` and ``after`` say of each frame which one was its packet's sighting before and which come
    next; ``at`` where each frame's packet is; ``held`` the fragments that wait for others.
    """

    def __init__(self, recording: Recording, sent: Sent) -> None:
        """Put the frames in order; ValueError when none fits."""
        ports = tunnel_ports(recording, sent.frames)
        seen, self.left_out = told(sent, ports)
        ordered = order(recording, seen)
        self.wiring = Wiring(recording)
        self.tables = {place.netns: Lookup(place, self.wiring.standing) for place in recording.places}
        self.seen: list[Sighting] = [seen[k] for k in ordered.frames]
        self.linker = Linker(self.seen, ordered.came_from, self.tables, ports)
        self.links, self.after = self.linker.links, self.linker.after
        self.journeys = Journeys()
        self.at: dict[int, At] = {}
        self.held: dict[tuple, Pieces] = defaultdict(partial(Pieces, ports))
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

    def answer_later(self, netns: str, packet: Stack, k: int) -> int | None:
        """Return the first frame after one with which a namespace answers its packet, perhaps with an error about it."""
        about = self._errors.get((netns, packet[0].id, packet[0].src, packet[0].dst), ())
        answers = (n for n in self._turned(netns, packet) if _is_echo_of(self.seen[n].packet, packet))
        return min((number for number in (*answers, *about) if number > k), default=None)

    def asked_before(self, netns: str, packet: Stack, k: int) -> bool:
        """Whether a namespace has sent, before a frame, what its packet is an answer to."""
        return any(number < k for number in self._turned(netns, packet))

    def opens(self, netns: str, packet: Stack) -> bool:
        """Whether a packet of TCP is the one that opens a connection: it carries nothing, and acknowledges the SYN-ACK that was
        seen to leave."""
        tcp = packet[1]
        left = (self.seen[k].packet[1] for k in self._turned(netns, packet) if len(self.seen[k].packet) > 1)
        opened = any(isinstance(h, Tcp) and {"S", "A"} <= set(h.flags) and h.seq + 1 == tcp.ack for h in left)
        return opened and not wire.size(packet[2:]) and "F" not in tcp.flags

    def _turned(self, netns: str, packet: Stack) -> list[int]:
        """Return the frames that left a namespace for where a packet comes from; fragments of a datagram show no ports."""
        src, sport, dst, dport = ends(packet)
        ports = dict.fromkeys(((dport, sport), (0, 0)))
        return [k for one, other in ports for k in self._left.get((netns, dst, one, src, other), ())]

    @cached_property
    def _left(self) -> dict[tuple, list[int]]:
        """The frames that left a namespace, by the ends of each packet in them, those around others too; errors are apart."""
        out: dict[tuple, list[int]] = defaultdict(list)
        for k, seen in enumerate(self.seen):
            starts = [
                n
                for n, header in enumerate(seen.stack)
                if isinstance(header, Ipv4) and not seen.coming and not is_error(seen.packet)
            ]
            for n in starts:
                out[seen.frame.netns, *ends(seen.stack[n:])].append(k)
        return out

    @cached_property
    def _errors(self) -> dict[tuple, list[int]]:
        """The frames with errors that left a namespace, by number and ends of the datagram that they quote."""
        out: dict[tuple, list[int]] = defaultdict(list)
        for k, seen in enumerate(self.seen):
            if not seen.coming and is_error(seen.packet):
                quoted = seen.content[8:]
                between = (".".join(map(str, quoted[at : at + 4])) for at in (12, 16))
                out[seen.frame.netns, int.from_bytes(quoted[4:6]), *between].append(k)
        return out

    def answers_for(self, netns: str, address: str) -> bool:
        """Whether a namespace answered questions of ARP for an address, its own or as a proxy: with a MAC of its own."""
        return (netns, address) in self._answers

    @cached_property
    def _answers(self) -> set[tuple[str, str]]:
        said = ((seen.frame.netns, seen.packet[0]) for seen in self.seen if seen.packet and not seen.coming)
        return {
            (netns, arp.spa)
            for netns, arp in said
            if isinstance(arp, Arp) and arp.op == 2 and arp.sha in self.tables[netns].macs
        }


def is_error(packet: Stack) -> bool:
    """Whether a packet is an error of ICMP."""
    return len(packet) > 1 and isinstance(packet[1], Icmp) and packet[1].type in ERRORS


def _is_echo_of(answer: Stack, packet: Stack) -> bool:
    """Whether a packet may answer another: of echoes only the reply with its number does."""
    asked, told = (each[1] if len(each) > 1 else None for each in (packet, answer))
    if not isinstance(asked, Icmp) or not isinstance(told, Icmp):
        return True
    return (told.type, told.id, told.seq) == (0, asked.id, asked.seq)
