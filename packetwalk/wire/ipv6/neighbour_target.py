"""What neighbour discovery asks and tells about (RFC 4861): an IPv6 address, behind the first 8 bytes of ICMPv6."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout
from packetwalk.wire.ipv6.icmpv6 import ADVERTISEMENT, SOLICITATION

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    target: str


class NeighbourTarget(_Fields, Header):
    """The address; options follow it."""

    __slots__ = ()

    @property
    def carries(self) -> int:
        """Always options."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 16 bytes and the options."""
        return self.LAYOUT.pack(self.target) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 16 bytes."""
        return cls(*cls.LAYOUT.unpack(data, at, end).values()), end


class Solicited(NeighbourTarget):
    """Who has `target`? Asked of the group that all addresses with the same last 24 bits have joined."""

    __slots__ = ()
    proto = "nd-solicited"
    LAYOUT = Layout(proto, Field("icmpv6.nd.ns.target_address", 128, "ipv6"))
    size = LAYOUT.size
    carried_by = (("icmpv6", SOLICITATION),)


class Advertised(NeighbourTarget):
    """`target` is at the MAC that the option says."""

    __slots__ = ()
    proto = "nd-advertised"
    LAYOUT = Layout(proto, Field("icmpv6.nd.na.target_address", 128, "ipv6"))
    size = LAYOUT.size
    carried_by = (("icmpv6", ADVERTISEMENT),)
