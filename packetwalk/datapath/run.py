"""One walk in progress: packets under way, what was learnt on the way, and the steps so far.

A run starts empty and is thrown away after the walk; the tables it reads never change.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any, NamedTuple
from zlib import crc32

from packetwalk import wire
from packetwalk.datapath.chain import Verdict
from packetwalk.datapath.conntrack import Connection, Conntrack, Tuple, tuple_of
from packetwalk.datapath.fabric import Fabric
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.stream import Receiver, Sender
from packetwalk.tables import Entry, FdbEntry, NeighEntry, PathEntry, RouteEntry, Table, table_of
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.trace.packet import Packet
from packetwalk.trace.step import Decision, Flow, Stack, Step, Trace

MAX_STEPS = 400
ECN = 0x03  # the bits of the type of service that are TCP's own (IP_TOS)
ETHERNET = wire.Ethernet.size


class MetNeighbour(NamedTuple):
    """A neighbour by whether this machine ``asked`` for it first (REACHABLE), or it for this machine (STALE)."""

    dev: str
    address: str
    asked: bool


Paths = Iterable[tuple[str, PathEntry | MetNeighbour | NeighEntry | FdbEntry]]
"""What earlier packets have taught, each with its namespace: exceptions of routes, neighbours, other MACs of those, and
lines of bridges."""
NO_PORTS: tuple[str | None, str | None] = (None, None)
_new = tuple.__new__  # a third of the time of calling Step, and a walk has 70


class Flight:
    """A trace being written: the steps of one packet."""

    __slots__ = ("cause", "disposition", "flow", "index", "last", "name", "steps")

    def __init__(self, name: str, flow: Flow, cause: tuple[int, int] | None, index: int) -> None:
        self.name, self.flow, self.cause, self.index = name, flow, cause, index
        self.disposition: str | None = None
        self.steps: list[Step] = []
        self.last: Stack = ()  # the headers that the last step left

    @property
    def trace(self) -> Trace:
        """What happened to the packet."""
        end = self.disposition or "delivered"
        return Trace("model", self.name, self.flow, end, self.cause, tuple(self.steps))


class Skb:
    """A packet on its way, as the kernel's ``sk_buff``: headers, mark, connection.

    ``at`` is the place of the IP header ``ip`` in ``stack`` (1 behind an Ethernet header, else 0), and
    ``length`` the bytes from there on; ``ports`` are the bridge's ports it came in by and goes out of
    (netfilter's physdev); ``hop`` is the route's next hop, for masquerading and a device without Ethernet; ``ctinfo`` is what
    connection tracking says of it, in the words of ``-m conntrack``, and ``original`` whether it goes the way
    of the connection's first packet; ``route`` is how it was routed last, and to which destination (its ``dst``),
    ``forwarded`` whether for another machine (IPSKB_FORWARDED); ``refused`` says that a device took it not, and
    said so (NET_XMIT_DROP).
    """

    __slots__ = (
        "at",
        "bridged",
        "conn",
        "ctinfo",
        "cut",
        "flight",
        "forwarded",
        "frag_max_size",
        "gathered",
        "hop",
        "ip",
        "known",
        "length",
        "mark",
        "original",
        "pieces",
        "ports",
        "refused",
        "route",
        "stack",
        "unwrapped",
    )

    def __init__(self, flight: Flight, stack: Stack, at: int) -> None:
        self.flight = flight
        self.mark, self.refused = 0, False
        self.hold(stack, at)
        self.forget()

    def hold(self, stack: Stack, at: int) -> None:
        """Hold other headers, of which the one at ``at`` is the IP header that counts now."""
        self.stack, self.at = stack, at
        self.ip: Any = stack[at] if at < len(stack) else None
        self.length = wire.size(stack[at:])
        self.known: Tuple | None = None

    def wear(self, ethernet: wire.Ethernet) -> None:
        """Put an Ethernet header on, in place of the one that is there."""
        self.stack, self.at = (ethernet, *self.stack[self.at :]), 1

    def bare(self) -> None:
        """Take the Ethernet header off."""
        self.stack, self.at = self.stack[self.at :], 0

    def set_ip(self, ip: wire.Internet) -> None:
        """Replace the IP header; addresses and length stay."""
        at = self.at
        self.ip, self.stack = ip, (*self.stack[:at], ip, *self.stack[at + 1 :])

    def forget(self) -> None:
        """Forget the connection, as the kernel does when a packet is wrapped or unwrapped."""
        self.conn: Connection | None = None
        self.ctinfo: str | None = None
        self.known, self.hop = None, ""
        self.original, self.bridged, self.ports = True, False, NO_PORTS
        self.route: tuple[RouteEntry, str] | None = None
        self.forwarded = False
        self.gathered = 0  # the longest of the fragments it was put together from (its frag_list), in bytes
        self.pieces: tuple[int, ...] = ()  # the payload in bytes of each of these fragments, or of those its socket made
        self.cut = 0  # the MTU by which its socket made them
        self.unwrapped = False  # whether they have room for a tunnel's headers: came out of one, or were made for one
        self.frag_max_size = 0  # the same, where it has to leave as it came, however short it is

    @property
    def tuple(self) -> Tuple:
        """What connection tracking knows the packet by; ``known`` keeps it until it changes."""
        if self.known is None:
            self.known = tuple_of(self.stack, self.at)
        return self.known

    @property
    def frame_length(self) -> int:
        """Bytes of the frame: of the IP packet, with the Ethernet header that it wears."""
        return self.length + ETHERNET if self.at else self.length


READ = ()
"""The note of a frame that waits for a program to read it; one that comes over a cable says so."""


class Run:
    """All that one walk needs; ``client`` is the namespace whose program waits for the answer.

    ``packet`` is what it sends first; ``paths`` are what namespaces have learnt of paths before, ``after`` is what the
    same socket has sent before: its connections are known.  ``sender`` and ``receiver`` are the two ends of a TCP
    connection.
    """

    def __init__(
        self, fabric: Fabric, client: str, packet: Packet, paths: Paths = (), after: Run | None = None
    ) -> None:
        self.fabric, self.client, self.cold, self.ttl = fabric, client, packet.cold, packet.ttl
        self.tos = packet.tos & ~ECN if packet.proto == "tcp" else packet.tos
        self.netns: Callable[[str], Netns] = fabric.netns
        self.flights: list[Flight] = []
        self.jobs: deque[Callable[[], None]] = deque()
        self.backlog: deque[tuple] = deque()
        self.conntracks: dict[str, Conntrack] = defaultdict(Conntrack)
        if after is not None:
            self.conntracks.update((name, table.copy()) for name, table in after.conntracks.items())
        self.learnt: dict[tuple, Any] = {}  # lines: by netns, the table's name, and what it is found by
        self.counters: dict[tuple, int] = defaultdict(int)
        self.verdicts: list[
            tuple[str, Verdict, int]
        ] = []  # of which namespace, of a packet of how many bytes
        self.fragments: dict[tuple, list[Skb]] = {}
        self.redirected: set[tuple[str, str]] = set()  # who has told whom of another next hop: netns, address
        self.ident, self.muted = 0, False
        self.writing = False  # a program is: see ``write``
        self.seq = count()
        self.size = packet.size if packet.proto == "tcp" else 0
        self.sender: Sender | None = None
        self.receiver: Receiver | None = None
        self.knows_paths = False
        self.met: dict[tuple[str, str, str], bool] = {}  # by netns, device, address: ``MetNeighbour.asked``
        for netns, entry in paths:
            if isinstance(entry, MetNeighbour):
                self.met[netns, entry.dev, entry.address] = entry.asked
            elif isinstance(entry, NeighEntry):
                self.learnt[netns, NEIGHBOURS.name, entry.dev, entry.dst] = entry
            elif isinstance(entry, FdbEntry):
                self.learnt[netns, FORWARDING.name, *FORWARDING.key(entry)] = entry
            else:
                self.learn_path(netns, entry)

    def flight(self, name: str, flow: Flow, cause: tuple[int, int] | None) -> Flight:
        """Start a trace; a muted one (ARP before a warm walk) is not kept."""
        flight = Flight(name, flow, cause, len(self.flights))
        if not self.muted:
            self.flights.append(flight)
        return flight

    def emit(
        self,
        ns: Netns,
        skb: Skb,
        event: str,
        dev: str | None,
        entry: Entry | None,
        note: tuple,
        hook: str | None = None,
    ) -> None:
        """Write one step, in a namespace: the packet is now ``skb.stack``."""
        self.step(skb, ns.decision(event, dev, entry, note, hook))

    def step(self, skb: Skb, decision: Decision) -> None:
        """Write one step of which all but the packet is known; before it the packet was as the last one left it."""
        if not self.muted:
            flight, stack = skb.flight, skb.stack
            flight.steps.append(_new(Step, (next(self.seq), decision, flight.last, stack)))
            flight.last = stack

    def here(self, skb: Skb) -> tuple[int, int]:
        """Return (trace, step) of where the packet is now, as the cause of another."""
        return skb.flight.index, max(0, len(skb.flight.steps) - 1)

    def end(self, skb: Skb, disposition: str) -> None:
        """Close the trace."""
        if skb.flight.disposition is None:
            skb.flight.disposition = disposition

    def drop(
        self,
        ns: Netns,
        skb: Skb,
        dev: str | None,
        entry: Entry | None,
        note: tuple,
        disposition: str = "dropped",
        hook: str | None = None,
    ) -> None:
        """Write the last step of a packet that goes no further."""
        self.emit(ns, skb, "drop", dev, entry, note, hook)
        self.end(skb, disposition)

    def lines(self, netns: str, table: Table) -> list[Any]:
        """Return what this walk has taught a namespace's table."""
        return [
            entry for (name, kind, *_), entry in self.learnt.items() if (name, kind) == (netns, table.name)
        ]

    def learn_path(self, netns: str, entry: PathEntry) -> None:
        """Note the MTU of a path."""
        self.knows_paths = True
        self.learnt[netns, table_of(entry).name, entry.route, entry.dst] = entry

    def next_ident(self) -> int:
        """Return the next IP identification for a packet that may be cut."""
        self.ident += 1
        return self.ident

    def drain(self) -> None:
        """Take in the frames that are on a veth pair or a segment, first come, first served (``process_backlog``).

        What one machine does with a packet is done before the next machine sees any of it.
        """
        was, self.writing = self.writing, False
        while self.backlog:
            receive, ns, skb, dev, note = self.backlog.popleft()
            receive(self, ns, skb, dev, note)
        self.writing = was

    def write(self, send: Callable[[], None]) -> None:
        """Let a program send.

        After each frame that leaves the kernel takes in what has come (``local_bh_enable`` in ``__dev_queue_xmit``),
        so that fragments cross a cable one by one; what the kernel itself sends leaves first, all of it.
        """
        self.writing = True
        send()
        self.writing = False

    def take_in(self) -> None:
        """Take in what has come while a program writes; programs that this wakes read when it has written."""
        woken = []
        self.writing = False
        while self.backlog:
            receive, ns, skb, dev, note = self.backlog.popleft()
            if note == READ:
                woken.append((receive, ns, skb, dev, note))
            else:
                receive(self, ns, skb, dev, note)
        self.backlog.extend(woken)
        self.writing = True

    def work(self) -> None:
        """Do what waits (frames, then replies and errors) until nothing is left."""
        self.drain()
        while self.jobs:
            self.jobs.popleft()()
            self.drain()

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Return what happened."""
        return tuple(flight.trace for flight in self.flights)


def spread(text: str, low: int, high: int) -> int:
    """Return a number in [low, high] that depends only on ``text`` (a hash in the real kernel)."""
    return low + crc32(text.encode()) % (high - low + 1)
