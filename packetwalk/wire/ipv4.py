"""The IPv4 header without options (RFC 791)."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.wire.address import ipv4_to_int
from packetwalk.wire.checksum import internet
from packetwalk.wire.data import Data
from packetwalk.wire.header import Field, Layout
from packetwalk.wire.internet import Internet

if TYPE_CHECKING:
    from typing import Self


class _Fields(NamedTuple):
    src: str
    dst: str
    protocol: int
    ttl: int = 64
    id: int = 0
    df: bool = False
    mf: bool = False
    offset: int = 0
    tos: int = 0


class Ipv4(_Fields, Internet):
    """From host to host; `protocol` says what follows (1 ICMP, 4 IPv4, 6 TCP, 17 UDP).

    `offset` is in bytes, a multiple of 8. Total length and checksum are derived when encoded.
    A fragment (mf, or offset > 0) carries Data: its part of the datagram's bytes, as they were before cutting.
    """

    __slots__ = ()
    proto = "ip"
    version = 4
    LAYOUT = Layout(
        proto,
        Field("ip.version", 4),
        Field("ip.hdr_len", 4, unit=4),
        Field("ip.dsfield", 8, "hex"),
        Field("ip.len", 16),
        Field("ip.id", 16, "hex"),
        Field("ip.flags.rb", 1, "flag"),
        Field("ip.flags.df", 1, "flag"),
        Field("ip.flags.mf", 1, "flag"),
        Field("ip.frag_offset", 13, unit=8),
        Field("ip.ttl", 8),
        Field("ip.proto", 8),
        Field("ip.checksum", 16, "hex"),
        Field("ip.src", 32, "ipv4"),
        Field("ip.dst", 32, "ipv4"),
    )
    size = LAYOUT.size
    carried_by = (("eth", 0x0800), ("vlan", 0x0800), ("ip", 4), ("udp", 8285))  # 8285: Flannel's udp backend

    def aged(self) -> Ipv4:
        """Return the header after one more router: its time to live is one less."""
        return _made((*self[:3], self.ttl - 1, *self[4:]))

    @property
    def fragment(self) -> bool:
        """Whether this is only a part of a datagram."""
        return self.mf or self.offset > 0

    @property
    def carries(self) -> int | None:
        """The protocol number; None in a fragment, whose bytes mean nothing before they are put together."""
        return None if self.fragment else self.protocol

    def pseudo(self, protocol: int, length: int) -> bytes:
        """Return 12 bytes (RFC 768)."""
        return struct.pack("!IIBBH", ipv4_to_int(self.src), ipv4_to_int(self.dst), 0, protocol, length)

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the datagram; ValueError when it is longer than 65535 bytes."""

        def pack(checksum: int) -> bytes:
            return self.LAYOUT.pack(
                4, self.size, self.tos, self.size + len(payload), self.id, False, self.df, self.mf, self.offset,
                self.ttl, self.protocol, checksum, self.src, self.dst,
            )  # fmt: skip

        return pack(internet(pack(0))) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read the header; its total length, not the frame's, ends the payload, which drops Ethernet's padding.

        A datagram with options stays Data: no plugin in the book sends one (IGMP does).
        """
        values = cls.LAYOUT.unpack(data, at, end)
        version, header, total = values["ip.version"], values["ip.hdr_len"], values["ip.len"]
        if version != 4:
            raise cls.LAYOUT.error(at, f"version {version}, not 4")
        if not cls.size <= header <= total:
            raise cls.LAYOUT.error(
                at, f"header length {header} does not lie between {cls.size} and the total length {total}"
            )
        if total > end - at:
            raise cls.LAYOUT.error(at, f"total length {total}, but {end - at} bytes are there")
        if header > cls.size:
            return Data.decode(data, at, at + total)
        return cls(
            src=values["ip.src"],
            dst=values["ip.dst"],
            protocol=values["ip.proto"],
            ttl=values["ip.ttl"],
            id=values["ip.id"],
            df=values["ip.flags.df"],
            mf=values["ip.flags.mf"],
            offset=values["ip.frag_offset"],
            tos=values["ip.dsfield"],
        ), at + total


_made = partial(tuple.__new__, Ipv4)
