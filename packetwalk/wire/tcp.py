"""TCP (RFC 9293), the header only: the model needs no state machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.checksum import transport
from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

FLAGS = "FSRPAUECN"
"""One letter for each flag, lowest bit first: fin syn rst psh ack urg ece cwr and (accurate ECN) ae."""


class _Fields(NamedTuple):
    sport: int
    dport: int
    seq: int = 0
    ack: int = 0
    flags: str = "S"
    window: int = 64240
    options: bytes = b""


class Tcp(_Fields, Header):
    """From port to port, in order.

    `flags` are letters of FLAGS ("S", "SA", "FA"); `options` are raw, a multiple of 4 bytes, at most 40.
    """

    __slots__ = ()
    proto = "tcp"
    LAYOUT = Layout(
        proto,
        Field("tcp.srcport", 16),
        Field("tcp.dstport", 16),
        Field("tcp.seq_raw", 32),
        Field("tcp.ack_raw", 32),
        Field("tcp.hdr_len", 4, unit=4),
        Field("tcp.flags", 12, "hex"),
        Field("tcp.flags.ack", 1, "flag", at=107),
        Field("tcp.flags.push", 1, "flag", at=108),
        Field("tcp.flags.reset", 1, "flag", at=109),
        Field("tcp.flags.syn", 1, "flag", at=110),
        Field("tcp.flags.fin", 1, "flag", at=111),
        Field("tcp.window_size_value", 16),
        Field("tcp.checksum", 16, "hex"),
        Field("tcp.urgent_pointer", 16),
        Field("tcp.options", 0, "bytes"),
    )
    carried_by = (("ip", 6), ("ipv6", 6))

    @property
    def size(self) -> int:
        """20 bytes and the options."""
        return 20 + len(self.options)

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the segment; ValueError for a letter that is no flag, or options of an odd length."""
        unknown = set(self.flags) - set(FLAGS)
        if unknown:
            raise ValueError(f"tcp: {''.join(sorted(unknown))!r} is no flag; the flags are {' '.join(FLAGS)}")
        flags = sum(1 << bit for bit, letter in enumerate(FLAGS) if letter in self.flags)

        def pack(checksum: int) -> bytes:
            return self.LAYOUT.pack(
                self.sport,
                self.dport,
                self.seq,
                self.ack,
                self.size,
                flags,
                self.window,
                checksum,
                0,
                self.options,
            )

        return pack(transport(self.proto, 6, pack(0) + payload, ip)) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read the header with its options; reserved bits and the urgent pointer are not kept."""
        values = cls.LAYOUT.unpack(data, at, end)
        header = values["tcp.hdr_len"]
        if not cls.LAYOUT.size <= header <= end - at:
            raise cls.LAYOUT.error(
                at, f"header length {header} does not lie between 20 and the {end - at} bytes that are there"
            )
        return cls(
            sport=values["tcp.srcport"],
            dport=values["tcp.dstport"],
            seq=values["tcp.seq_raw"],
            ack=values["tcp.ack_raw"],
            flags="".join(letter for bit, letter in enumerate(FLAGS) if values["tcp.flags"] >> bit & 1),
            window=values["tcp.window_size_value"],
            options=data[at + cls.LAYOUT.size : at + header],
        ), end
