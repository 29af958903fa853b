"""The traces while they are being made, and what is asked of those that have come so far."""

from __future__ import annotations

from collections import defaultdict
from heapq import merge

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.trace.step import Flow, Step, Trace
from packetwalk.wire import Arp, Ipv4

SOURCE = "capture"
PROTOS = {1: "icmp", 6: "tcp", 17: "udp"}

Cause = tuple[int, int]  # a journey and one of its steps


class Journey:
    """A trace while it is being made."""

    def __init__(self, name: str, packet: Stack, cause: Cause | None) -> None:
        self.name, self.packet, self.cause = name, packet, cause
        self.steps: list[Step] = []
        self.end = "left"

    @property
    def now(self) -> Stack:
        """The headers that the packet has after the last step."""
        return self.steps[-1].after if self.steps else ()

    @property
    def last(self) -> Stack:
        """The headers that the packet had last: of one that was thrown away, those before."""
        return self.now or (self.steps[-1].before if self.steps else ())

    def trace(self) -> Trace:
        """Return it as it is now."""
        return Trace(SOURCE, self.name, flow_of(self.packet), self.end, self.cause, tuple(self.steps))


class Journeys:
    """All journeys of a recording, each named by its number."""

    def __init__(self) -> None:
        self._all: list[Journey] = []
        self._names: set[str] = set()
        self._asked: set[tuple] = set()  # the ends of requests and replies, as an answer has them
        self._arrived: dict[tuple, int] = {}  # the last one: by namespace and the ends of an answer
        self._questions: dict[str, int] = {}  # the last one of ARP that arrived in a namespace
        self._numbered: dict[int | None, list[int]] = defaultdict(list)  # by the number that IP gave the packet

    def __getitem__(self, where: int) -> Journey:
        return self._all[where]

    def begin(self, name: str, packet: Stack, cause: Cause | None) -> int:
        """Begin a journey and return its number; ``cause`` is the step that made the packet."""
        self._all.append(Journey(name, packet, cause))
        self._names.add(name)
        self._numbered[packet[0].id if _ip(packet) else None].append(len(self._all) - 1)
        if name in ("request", "reply") and _ip(packet):
            self._asked.add(_turned(packet))
        return len(self._all) - 1

    def arrive(self, where: int, netns: str) -> None:
        """Note that a namespace has taken in a packet, which it may answer."""
        journey = self._all[where]
        journey.end = "delivered"
        packet = identity.inner(journey.now)
        if _ip(packet):
            self._arrived[netns, *_turned(packet)] = where
        if journey.name in ("arp", "copy"):
            self._questions[netns] = where

    def last(self, where: int, *events: str) -> Cause:
        """Return the last step of a journey, of some events if it has one, as the cause of another."""
        steps = self._all[where].steps
        fits = [n for n, step in enumerate(steps) if not events or step.event in events]
        return where, fits[-1] if fits else len(steps) - 1

    def at(self, where: int, netns: str, dev: str) -> Cause:
        """Return the last step of a journey at a device, as the cause of another."""
        fits = [n for n, step in enumerate(self._all[where].steps) if (step.netns, step.dev) == (netns, dev)]
        return where, fits[-1] if fits else 0

    def before_cut(self, where: int) -> Cause:
        """Return the step before a packet was cut, as the cause of its other fragments."""
        made = [n for n, step in enumerate(self._all[where].steps) if step.event == "fragment"]
        return where, max(0, made[-1] - 1) if made else 0

    def known(self, name: str) -> bool:
        """Whether there is a journey of this name."""
        return name in self._names

    def goes_back(self, packet: Stack) -> bool:
        """Whether a packet goes back to where a request or a reply came from."""
        return identity.ends(packet) in self._asked

    def answered(self, netns: str, packet: Stack) -> int | None:
        """Return the last journey that arrived in a namespace where this packet is an answer to it."""
        return self._arrived.get((netns, *identity.ends(packet)))

    def question(self, netns: str) -> int | None:
        """Return the last question of ARP that arrived in a namespace."""
        return self._questions.get(netns)

    def quoted(self, datagram: bytes) -> int | None:
        """Return the last journey whose packet is now the one that an ICMP error quotes."""
        size, number = int.from_bytes(datagram[2:4]), int.from_bytes(datagram[4:6])
        for where in merge(*(reversed(self._numbered.get(each, [])) for each in (number, None)), reverse=True):
            packet = identity.inner(self._all[where].last)
            if _ip(packet) and (packet[0].id, wire.size(packet)) == (number, size):
                return where
        return None

    def traces(self) -> tuple[Trace, ...]:
        """Return all of them as they are now."""
        return tuple(journey.trace() for journey in self._all)


def _ip(packet: Stack) -> bool:
    return bool(packet) and isinstance(packet[0], Ipv4)


def _turned(packet: Stack) -> tuple:
    """Return the ends of an answer to a packet."""
    src, sport, dst, dport = identity.ends(packet)
    return dst, dport, src, sport


def flow_of(packet: Stack) -> Flow:
    """Return what a packet is."""
    if not packet:
        return Flow("", "", "encrypted")
    if isinstance(packet[0], Arp):
        return Flow(packet[0].spa, packet[0].tpa, "arp")
    src, sport, dst, dport = identity.ends(packet)
    return Flow(src, dst, PROTOS.get(packet[0].protocol, str(packet[0].protocol)), sport, dport)
