"""ICMPv6 (RFC 4443): echoes and errors, and the first 8 bytes of neighbour discovery and of multicast listeners' reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.checksum import transport
from packetwalk.wire.header import Field, Layout, Value
from packetwalk.wire.internet import IcmpHeader

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

UNREACHABLE, TOO_BIG, TIME_EXCEEDED, PARAMETER_PROBLEM, ECHO_REQUEST, ECHO_REPLY = 1, 2, 3, 4, 128, 129
ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT, LISTENERS = 133, 135, 136, 143
"""Neighbour discovery (RFC 4861), and the report of multicast listeners, version 2 (RFC 3810)."""
CARRIES = (ROUTER_SOLICITATION, SOLICITATION, ADVERTISEMENT, LISTENERS)
FLAGS = "RSO"
"""Of an advertisement: from a router, solicited, overrides what was known."""
NAMED = {
    ECHO_REQUEST: ("icmpv6.echo.identifier", "icmpv6.echo.sequence_number"),
    ECHO_REPLY: ("icmpv6.echo.identifier", "icmpv6.echo.sequence_number"),
    TOO_BIG: ("icmpv6.mtu",),
    PARAMETER_PROBLEM: ("icmpv6.pointer",),
    ADVERTISEMENT: ("icmpv6.nd.na.flag.r", "icmpv6.nd.na.flag.s", "icmpv6.nd.na.flag.o"),
    LISTENERS: ("icmpv6.mldr.nb_mcast_records",),
}
"""What stands behind the checksum, by type; of others nothing, or what is not read here."""


class _Fields(NamedTuple):
    type: int
    code: int = 0
    id: int = 0
    seq: int = 0
    mtu: int = 0
    flags: str = ""


class Icmpv6(_Fields, IcmpHeader):
    """An echo (`id`, `seq`) and its data, an error and the start of the packet at fault, or a message to neighbours.

    `mtu` counts only in type 2, `flags` (of FLAGS) in type 136; in type 143 `seq` is the number of records.
    """

    __slots__ = ()
    proto = "icmpv6"
    LAYOUT = Layout(
        proto,
        Field("icmpv6.type", 8),
        Field("icmpv6.code", 8),
        Field("icmpv6.checksum", 16, "hex"),
        Field("icmpv6.echo.identifier", 16, "hex"),
        Field("icmpv6.echo.sequence_number", 16),
        Field("icmpv6.mtu", 32, at=32),
        Field("icmpv6.pointer", 32, at=32),
        Field("icmpv6.nd.na.flag.r", 1, "flag", at=32),
        Field("icmpv6.nd.na.flag.s", 1, "flag", at=33),
        Field("icmpv6.nd.na.flag.o", 1, "flag", at=34),
        Field("icmpv6.mldr.nb_mcast_records", 16, at=48),
    )
    size = LAYOUT.size
    carried_by = (("ipv6", 58),)

    @property
    def too_big(self) -> bool:
        """Whether this says that a packet was too big; `mtu` is what would fit."""
        return self.type == TOO_BIG

    @property
    def carries(self) -> int | None:
        """The type, where more than Data follows."""
        return self.type if self.type in CARRIES else None

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the message; unlike IPv4's its checksum covers the addresses too."""
        high, low = self.id, self.seq
        if self.too_big:
            high, low = divmod(self.mtu, 1 << 16)
        elif self.type == ADVERTISEMENT:
            high = sum(0x8000 >> place for place, letter in enumerate(FLAGS) if letter in self.flags)
        blank = self.LAYOUT.pack(self.type, self.code, 0, high, low) + payload
        checksum = transport(self.proto, 58, blank, ip)
        return self.LAYOUT.pack(self.type, self.code, checksum, high, low) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes; reserved ones of an advertisement are not kept."""
        values = cls.LAYOUT.unpack(data, at, end)
        kind, code = values["icmpv6.type"], values["icmpv6.code"]
        if kind == TOO_BIG:
            return cls(kind, code, mtu=values["icmpv6.mtu"]), end
        if kind == ADVERTISEMENT:
            names = zip(FLAGS, NAMED[kind], strict=True)
            return cls(kind, code, flags="".join(letter for letter, name in names if values[name])), end
        return cls(kind, code, values["icmpv6.echo.identifier"], values["icmpv6.echo.sequence_number"]), end

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name the fields that this type has."""
        has = ("icmpv6.type", "icmpv6.code", "icmpv6.checksum", *NAMED.get(self.type, ()))
        return {name: value for name, value in self.LAYOUT.show(raw).items() if name in has}
