"""Packets that a kernel, or a card, cut (TSO, GSO, UDP_SEGMENT) or put together (GRO): the same bytes in other packets.

A machine hands on up to 64 kB of a stream as one packet, and a card cuts it behind the tap (``tcp_gso_segment``,
``__udp_gso_segment``); one that comes in is put together before the tap (``inet_gro_receive``).  What a packet of TCP
carries, its sequence numbers tell; datagrams that were cut from one are numbered one after the other.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import Sighting
from packetwalk.wire import Data, Ipv4, Tcp, Udp

ROUND, NUMBERS = 2**32, 2**16
LONGEST = 1 << 16  # bytes of a packet
LIKELY = 64
"""So many packets with the same number or bytes are looked at: of datagrams without a number there may be thousands."""
PIECES = 128  # datagrams that are cut from one, at most (UDP_MAX_SEGMENTS)
OF_ONE_PIECE = set("FPC")
"""Flags that only the first, or the last, of a packet's segments has."""


class Carried(NamedTuple):
    """What a packet carries: of TCP the number of its first byte in the stream, of UDP that of the datagram."""

    tcp: bool
    number: int
    content: bytes


def carried(seen: Sighting) -> Carried | None:
    """Return what a packet carries; None of a fragment, and where there is no data of TCP or UDP."""
    head = seen.packet[1] if len(seen.packet) > 1 and not seen.fragment else None
    if not isinstance(head, Tcp | Udp):
        return None
    content = seen.content[head.size :]
    number = head.seq if isinstance(head, Tcp) else seen.packet[0].id
    return Carried(isinstance(head, Tcp), number, content) if content else None


def lane(stack: Stack) -> Stack:
    """Return the headers without what differs in the pieces of one packet: between two taps of a wire they stay the same."""
    return tuple(_alike(header) for header in stack if not isinstance(header, Data))


def _alike(header: object) -> object:
    if isinstance(header, Ipv4):
        return header._replace(id=0)
    if isinstance(header, Tcp):
        return header._replace(seq=0, flags="".join(sorted(set(header.flags) - OF_ONE_PIECE)))
    return header


class StreamIndex:
    """Packets with something in common, numbered in their order; found by what they carry."""

    def __init__(self, *, newest: bool) -> None:
        """Of several packets with the same bytes the ``newest`` one is asked first, or the oldest."""
        self._newest = newest
        self._first: int | None = None  # the sequence number from which all others are counted
        self._starts: list[tuple[int, int, int]] = []  # of TCP: where it starts, where it ends, its number
        self._numbered: dict[int, list[int]] = defaultdict(list)  # of UDP
        self._carried: dict[int, Carried] = {}

    def add(self, k: int, sent: Carried) -> None:
        """Let a packet be found from now on."""
        self._carried[k] = sent
        if sent.tcp:
            at = self._place(sent.number)
            insort(self._starts, (at, at + len(sent.content), k))
        else:
            self._numbered[sent.number].append(k)

    def sources(self, sent: Carried, usable: Callable[[int], bool]) -> tuple[int, ...]:
        """Return the packets from which another was made, in the order of their bytes; none where some of it is missing.

        That is one packet of which it is a part, or several of which it has the bytes, all of them ``usable``.
        """
        return self._of_stream(sent, usable) if sent.tcp else self._of_datagrams(sent, usable)

    def _place(self, number: int) -> int:
        if self._first is None:
            self._first = number
        return (number - self._first + ROUND // 2) % ROUND - ROUND // 2

    def _of_stream(self, sent: Carried, usable: Callable[[int], bool]) -> tuple[int, ...]:
        begin = at = self._place(sent.number)
        end = begin + len(sent.content)
        found: list[int] = []
        while at < end:
            k = next((k for k in self._holding(at) if usable(k) and self._same(k, sent, begin)), None)
            if k is None:
                return ()
            found.append(k)
            at = self._place(self._carried[k].number) + len(self._carried[k].content)
        return tuple(found)

    def _holding(self, at: int) -> Iterator[int]:
        """Yield the packets that carry the byte at a place."""
        upto = bisect_right(self._starts, (at, ROUND, 0))
        after = bisect_right(self._starts, (at - LONGEST, 0, 0))
        held = (k for _, end, k in self._starts[after:upto] if end > at)
        yield from sorted(held, reverse=self._newest)[:LIKELY]

    def _same(self, k: int, sent: Carried, begin: int) -> bool:
        """Whether a packet has the same bytes as another where both have some, and not those alone."""
        held = self._carried[k]
        shift = self._place(held.number) - begin
        if (shift, len(held.content)) == (0, len(sent.content)):
            return False  # it was sent twice
        mine = sent.content[max(shift, 0) : shift + len(held.content)]
        return bool(mine) and held.content[max(-shift, 0) :][: len(mine)] == mine

    def _of_datagrams(self, sent: Carried, usable: Callable[[int], bool]) -> tuple[int, ...]:
        for before in range(PIECES):
            for k in self._with(sent.number - before):
                whole, size = self._carried[k].content, len(sent.content)
                places = {before * size, len(whole) - size if before else 0}
                if len(whole) > size and usable(k) and any(whole[at : at + size] == sent.content for at in places):
                    return (k,)
        found: list[int] = []
        done = 0
        while done < len(sent.content):
            later = self._with(sent.number + len(found))
            part = next((each for each in later if usable(each) and self._continues(each, sent, done)), None)
            if part is None:
                return ()
            found.append(part)
            done += len(self._carried[part].content)
        return tuple(found)

    def _with(self, number: int) -> Sequence[int]:
        """Return the datagrams of a number."""
        found = self._numbered.get(number % NUMBERS, [])[-LIKELY:]
        return found[::-1] if self._newest else found

    def _continues(self, k: int, sent: Carried, done: int) -> bool:
        held = self._carried[k].content
        return len(held) < len(sent.content) and sent.content.startswith(held, done)


class Recut:
    """Finds, in one namespace, of what a packet was made that was cut or put together there, one frame after the other."""

    def __init__(self, seen: Sequence[Sighting], can_follow: Callable[[str, tuple, tuple], bool]) -> None:
        """``can_follow`` says whether a packet passes from one tap of a namespace to another."""
        self._seen, self._can_follow = seen, can_follow
        self._passed: dict[Hashable, dict[tuple, StreamIndex]] = defaultdict(
            lambda: defaultdict(partial(StreamIndex, newest=True))
        )

    def add(self, k: int) -> None:
        """Let a packet be found from now on."""
        now, sent = self._seen[k], carried(self._seen[k])
        if sent:
            self._passed[self._kin(now)][now.tap].add(k, sent)

    def sources(self, k: int) -> tuple[int, ...]:
        """Return the packets that one was made of: those of the last tap before it, of all that have the same bytes."""
        now, sent = self._seen[k], carried(self._seen[k])
        if sent is None:
            return ()
        taps = self._passed.get(self._kin(now), {})
        found = (
            index.sources(sent, lambda k: _may_be_one(self._seen[k].packet, now.packet))
            for tap, index in taps.items()
            if self._can_follow(now.frame.netns, tap, now.tap)
        )
        return max(found, default=(), key=lambda numbers: numbers[-1] if numbers else -1)

    def _kin(self, seen: Sighting) -> tuple:
        """Return what the pieces of a packet have in common, whatever addresses it has meanwhile."""
        head = seen.packet[1]
        return seen.frame.netns, head.ack if isinstance(head, Tcp) else None


def _may_be_one(one: Stack, other: Stack) -> bool:
    """Whether two packets go the same way; translation changes one of the ends at a time."""
    (src, sport, dst, dport), now = identity.ends(one), identity.ends(other)
    return (src, sport) == now[:2] or (dst, dport) == now[2:]


class AcrossWires:
    """Finds of what a packet was made that came over a wire in another form than it left in."""

    def __init__(self) -> None:
        self._left: dict[Stack, dict[tuple[str, str], StreamIndex]] = defaultdict(
            lambda: defaultdict(partial(StreamIndex, newest=False))
        )
        self._arrived: set[tuple[int, tuple[str, str], int]] = set()

    def leaves(self, k: int, seen: Sighting) -> None:
        """Let a packet that leaves by a device be found from now on."""
        sent = carried(seen)
        if sent:
            self._left[lane(seen.stack)][seen.frame.netns, seen.frame.dev].add(k, sent)

    def sources(
        self, seen: Sighting, ends: Callable[[tuple[str, str]], int | None]
    ) -> tuple[int, ...]:
        """Return the packets of which one that came in was made; ``ends`` ranks the ends that lead here, None is for no other."""
        sent = carried(seen)
        if sent is None:
            return ()
        here = seen.frame.netns, seen.frame.dev
        by_end = self._left.get(lane(seen.stack), {})
        ranked = sorted((rank, end) for end in by_end if (rank := ends(end)) is not None)
        for _, end in ranked:
            found = by_end[end].sources(sent, lambda k: (k, here, sent.number) not in self._arrived)
            if found:
                self._arrived.update((k, here, sent.number) for k in found)
                return found
        return ()
