"""ESP (RFC 4303) with AES-GCM (RFC 4106), as Weave Net's fast datapath asks the kernel for it.

In transport mode the IP header stays, its protocol becomes 50, and what it carried is encrypted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.encrypted import Encrypted, opaque
from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

PROTOCOL = 50
ALIGN = 4
UDP = 17


class _Fields(NamedTuple):
    spi: int
    seq: int
    iv: int = 0


class Esp(_Fields, Header):
    """The clear part: which security association (`spi`), the sequence number, and 8 bytes of initialisation vector.

    The vector is the sequence number, as the kernel's ``seqiv`` makes it before its secret is mixed in.
    """

    __slots__ = ()
    proto = "esp"
    LAYOUT = Layout(proto, Field("esp.spi", 32, "hex"), Field("esp.sequence", 32), Field("esp.iv", 64, "hex"))
    size = LAYOUT.size
    carried_by = (("ip", PROTOCOL),)

    @property
    def carries(self) -> int:
        """Always something encrypted."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 16 bytes and what is encrypted."""
        return self.LAYOUT.pack(self.spi, self.seq, self.iv) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 16 bytes."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["esp.spi"], values["esp.sequence"], values["esp.iv"]), end


class EspPayload(Encrypted):
    """A UDP datagram, padding (1, 2, 3) to a multiple of 4, its length, the next header 17; then the ICV."""

    __slots__ = ()
    proto = "esp-payload"
    LAYOUT = opaque(proto)
    carried_by = (("esp", 0),)
    first = "udp"

    @classmethod
    def split(cls, content: bytes) -> int:
        """Return where the padding begins."""
        pad = content[-2] if len(content) > 1 else 0
        if content[-1:] != bytes([UDP]) or pad + 2 > len(content):
            raise ValueError("no ESP trailer")
        return len(content) - 2 - pad


def sealed(inner: tuple[Header, ...]) -> EspPayload:
    """Return the encrypted form of a UDP datagram with the padding that ESP needs."""
    pad = -(sum(header.size for header in inner) + 2) % ALIGN
    return EspPayload(inner, bytes([*range(1, pad + 1), pad, UDP]))
