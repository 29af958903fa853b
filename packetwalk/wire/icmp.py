"""ICMP (RFC 792): the echo that ping sends, and the errors that routers send back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.checksum import internet
from packetwalk.wire.header import Field, Layout, Value
from packetwalk.wire.internet import IcmpHeader

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO_REQUEST, TIME_EXCEEDED = 0, 3, 5, 8, 11
FRAGMENTATION_NEEDED = 4
"""The code of "unreachable" that says: too big and DF is set; `mtu` says what would fit (RFC 1191)."""


class _Fields(NamedTuple):
    type: int
    code: int = 0
    id: int = 0
    seq: int = 0
    mtu: int = 0


class Icmp(_Fields, IcmpHeader):
    """An echo (`id`, `seq`) followed by its data, or an error followed by Data: the start of the datagram at fault.

    `mtu` counts only in type 3 code 4, in the place where an echo has `seq`.
    """

    __slots__ = ()
    proto = "icmp"
    LAYOUT = Layout(
        proto,
        Field("icmp.type", 8),
        Field("icmp.code", 8),
        Field("icmp.checksum", 16, "hex"),
        Field("icmp.ident", 16),
        Field("icmp.seq", 16),
        Field("icmp.mtu", 16, at=48),
        Field("icmp.redir_gw", 32, "ipv4", at=32),
    )
    size = LAYOUT.size
    carried_by = (("ip", 1),)

    @property
    def too_big(self) -> bool:
        """Whether this is "fragmentation needed and DF set"."""
        return (self.type, self.code) == (UNREACHABLE, FRAGMENTATION_NEEDED)

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the message; the checksum covers all of it and no pseudo header."""

        def pack(checksum: int) -> bytes:
            return self.LAYOUT.pack(
                self.type, self.code, checksum, self.id, self.mtu if self.too_big else self.seq
            )

        return pack(internet(pack(0) + payload)) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes."""
        values = cls.LAYOUT.unpack(data, at, end)
        message = cls(values["icmp.type"], values["icmp.code"], values["icmp.ident"], values["icmp.seq"])
        return message._replace(seq=0, mtu=message.seq) if message.too_big else message, end

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name the fields that this type has."""
        absent = {"icmp.ident", "icmp.seq", "icmp.mtu", "icmp.redir_gw"}
        if self.type in (ECHO_REPLY, ECHO_REQUEST):
            absent -= {"icmp.ident", "icmp.seq"}
        elif self.too_big:
            absent -= {"icmp.mtu"}
        elif self.type == REDIRECT:
            absent -= {"icmp.redir_gw"}
        return {name: value for name, value in self.LAYOUT.show(raw).items() if name not in absent}
