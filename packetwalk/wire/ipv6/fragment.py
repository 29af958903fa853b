"""IPv6's fragment header (RFC 8200, section 4.5): which part of a packet follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    protocol: int
    offset: int = 0
    mf: bool = False
    id: int = 0


class Fragment(_Fields, Header):
    """A part of the packet `id`: `offset` in bytes, a multiple of 8; `mf` says that more follow.

    It carries Data, the part's bytes as they were before cutting, unless it is the whole packet after all.
    """

    __slots__ = ()
    proto = "ipv6.fraghdr"
    numbering = "ipv6"
    fragment = True
    LAYOUT = Layout(
        proto,
        Field("ipv6.fraghdr.nxt", 8),
        Field("ipv6.fraghdr.reserved_octet", 8, "hex"),
        Field("ipv6.fraghdr.offset", 13, unit=8),
        Field("ipv6.fraghdr.reserved_bits", 2),
        Field("ipv6.fraghdr.more", 1, "flag"),
        Field("ipv6.fraghdr.ident", 32, "hex"),
    )
    size = LAYOUT.size
    carried_by = (("ipv6", 44),)

    @property
    def carries(self) -> int | None:
        """The number of what was cut; None where this is a part of it."""
        return None if self.mf or self.offset else self.protocol

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 8 bytes and the part."""
        return self.LAYOUT.pack(self.protocol, 0, self.offset, 0, self.mf, self.id) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes; the reserved ones are not kept."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(
            values["ipv6.fraghdr.nxt"],
            values["ipv6.fraghdr.offset"],
            values["ipv6.fraghdr.more"],
            values["ipv6.fraghdr.ident"],
        ), end
