"""The two ends of a TCP connection as far as its data go: what was sent and acknowledged, what has arrived.

Bytes are counted from the first one that the client writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from packetwalk import wire
from packetwalk.trace.step import Flow

if TYPE_CHECKING:
    from packetwalk.datapath.run import Flight

STAMPS = 12  # bytes of options in each segment: timestamps
SACK = b"\x01\x01\x05"
"""What stands before the length of selective acknowledgements: two bytes of padding, the option's number."""
Span = tuple[int, int]
"""Bytes from one place up to before another."""


def without(span: Span, gone: Iterable[Span]) -> Iterator[Span]:
    """Yield what is left of a span when others are taken out of it."""
    start, end = span
    for low, high in sorted(gone):
        if start < min(low, end):
            yield start, min(low, end)
        start = max(start, high)
    if start < end:
        yield start, end


class Sender:
    """The client: ``hello`` is the header of its last segment of the handshake, ``offered`` the options it was sent.

    ``mss`` is what a segment holds, in bytes; ``units`` are what it sends at once, each with the size of its
    segments; ``sent`` has the trace of each segment, with its bytes.
    """

    __slots__ = ("acked", "flow", "hello", "mss", "offered", "resends", "sacked", "sent", "size", "units")

    def __init__(self, flow: Flow, hello: wire.Tcp, offered: bytes, size: int) -> None:
        self.flow, self.hello, self.size = flow, hello, size
        self.offered = int.from_bytes(offered[2:4]) if offered[:2] == b"\x02\x04" else 536
        self.mss = self.acked = 0
        self.sacked: list[Span] = []
        self.units: list[tuple[Span, int]] = []
        self.sent: list[tuple[Flight, Span]] = []
        self.resends = False

    def fit(self, room: int) -> int:
        """Return what a segment holds where a packet has ``room`` bytes behind bare headers (``tcp_mtu_to_mss``)."""
        return max(min(room, self.offered) - len(self.hello.options), 48)

    def acknowledge(self, tcp: wire.Tcp) -> None:
        """Take an acknowledgement, with what was received out of turn."""
        first = self.hello.seq
        self.acked = max(self.acked, tcp.ack - first)
        raw = tcp.options[STAMPS:]
        if raw[:3] == SACK:
            places = [int.from_bytes(raw[at : at + 4]) - first for at in range(4, len(raw), 4)]
            self.sacked += zip(places[::2], places[1::2], strict=True)

    @property
    def gaps(self) -> bool:
        """Whether something has arrived behind bytes that have not."""
        return any(high > self.acked for _, high in self.sacked)

    def lost(self, mss: int) -> list[Span]:
        """Return what is in segments that are too long now and has not arrived (``tcp_simple_retransmit``)."""
        arrived = [(0, self.acked), *self.sacked]
        return [
            left
            for span, each in self.units
            if min(each, span[1] - span[0]) > mss
            for left in without(span, arrived)
        ]


class Receiver:
    """The server: ``next`` is the byte it waits for, ``early`` what came before its turn, the latest first."""

    __slots__ = ("early", "first", "next")

    def __init__(self, first: int) -> None:
        self.first, self.next = first, 0
        self.early: list[Span] = []

    def take(self, tcp: wire.Tcp, length: int) -> bool:
        """Take a segment; False when bytes before it are missing (``tcp_data_queue_ofo``)."""
        start = tcp.seq - self.first
        end = start + length
        if start > self.next:
            touching = [span for span in self.early if span[0] <= end and start <= span[1]]
            start, end = (
                (min(start, *(a for a, _ in touching)), max(end, *(b for _, b in touching)))
                if touching
                else (start, end)
            )
            self.early = [(start, end), *(span for span in self.early if span not in touching)]
            return False
        self.next = max(self.next, end)
        for low, high in sorted(self.early):
            if low <= self.next:
                self.next = max(self.next, high)
        self.early = [span for span in self.early if span[0] > self.next]
        return True

    @property
    def options(self) -> bytes:
        """The option of an acknowledgement that tells what came early; empty when nothing did."""
        blocks = self.early[:3]
        spans = b"".join((self.first + place).to_bytes(4) for span in blocks for place in span)
        return SACK + bytes([2 + len(spans)]) + spans if blocks else b""
