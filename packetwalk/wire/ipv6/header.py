"""The IPv6 header (RFC 8200)."""

from __future__ import annotations

import struct
from functools import partial
from typing import ClassVar, NamedTuple, Self

from packetwalk.wire.address import ipv6_to_int
from packetwalk.wire.data import Data
from packetwalk.wire.header import Field, Layout
from packetwalk.wire.internet import Internet

VERSION, FRAGMENT = 6, 44


class _Fields(NamedTuple):
    src: str
    dst: str
    protocol: int
    ttl: int = 64
    flow: int = 0
    tos: int = 0


class Ipv6(_Fields, Internet):
    """From host to host; `protocol` says what follows: Next Header (0 hop by hop, 6 TCP, 17 UDP, 44 fragment, 58 ICMPv6).

    `ttl` is the Hop Limit, `tos` the Traffic Class, `flow` the Flow Label, by which a sender marks packets that belong
    together. There is no checksum, and no place for a fragment: that is a header of its own, written by senders only.
    """

    __slots__ = ()
    proto = "ipv6"
    version = VERSION
    LAYOUT = Layout(
        proto,
        Field("ipv6.version", 4),
        Field("ipv6.tclass", 8, "hex"),
        Field("ipv6.flow", 20, "hex"),
        Field("ipv6.plen", 16),
        Field("ipv6.nxt", 8),
        Field("ipv6.hlim", 8),
        Field("ipv6.src", 128, "ipv6"),
        Field("ipv6.dst", 128, "ipv6"),
    )
    size = LAYOUT.size
    carried_by = (("eth", 0x86DD), ("vlan", 0x86DD))

    df: ClassVar[bool] = True
    """No router cuts it."""
    mf: ClassVar[bool] = False
    offset: ClassVar[int] = 0

    def aged(self) -> Ipv6:
        """Return the header after one more router: its hop limit is one less."""
        return _made((*self[:3], self.ttl - 1, *self[4:]))

    @property
    def fragment(self) -> bool:
        """Whether a part of a packet follows."""
        return self.protocol == FRAGMENT

    @property
    def carries(self) -> int:
        """The number of the next header."""
        return self.protocol

    def pseudo(self, protocol: int, length: int) -> bytes:
        """Return 40 bytes (RFC 8200, section 8.1); `protocol` is the datagram's own, whatever headers stand before it."""
        return struct.pack(
            "!16s16sI3xB", ipv6_to_int(self.src).to_bytes(16), ipv6_to_int(self.dst).to_bytes(16), length, protocol
        )

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the packet; ValueError when more than 65535 bytes follow the header."""
        return (
            self.LAYOUT.pack(
                VERSION, self.tos, self.flow, len(payload), self.protocol, self.ttl, self.src, self.dst
            )
            + payload
        )

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read 40 bytes; the payload length, not the frame's, ends the payload.

        What is of another version, or ends too early, stays Data.
        """
        if end - at < cls.size or data[at] >> 4 != VERSION:
            return Data.decode(data, at, end)
        values = cls.LAYOUT.unpack(data, at, end)
        last = at + cls.size + values["ipv6.plen"]
        if last > end:
            return Data.decode(data, at, end)
        return cls(
            src=values["ipv6.src"],
            dst=values["ipv6.dst"],
            protocol=values["ipv6.nxt"],
            ttl=values["ipv6.hlim"],
            flow=values["ipv6.flow"],
            tos=values["ipv6.tclass"],
        ), last


_made = partial(tuple.__new__, Ipv6)
