"""UDP (RFC 768)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.checksum import transport
from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    sport: int
    dport: int
    checksum: bool = True


class Udp(_Fields, Header):
    """From port to port. Length and checksum are derived; without `checksum` it is sent as 0, as VXLAN does over IPv4."""

    __slots__ = ()
    proto = "udp"
    LAYOUT = Layout(
        proto,
        Field("udp.srcport", 16),
        Field("udp.dstport", 16),
        Field("udp.length", 16),
        Field("udp.checksum", 16, "hex"),
    )
    size = LAYOUT.size
    carried_by = (("ip", 17), ("ipv6", 17))

    @property
    def carries(self) -> int:
        """The destination port."""
        return self.dport

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the datagram. A checksum that comes out as 0 is sent as 0xffff, because 0 means none."""
        length = self.size + len(payload)
        if not self.checksum:
            return self.LAYOUT.pack(self.sport, self.dport, length, 0) + payload
        blank = self.LAYOUT.pack(self.sport, self.dport, length, 0) + payload
        checksum = transport(self.proto, 17, blank, ip) or 0xFFFF
        return self.LAYOUT.pack(self.sport, self.dport, length, checksum) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes; the length must be that of the IP payload."""
        values = cls.LAYOUT.unpack(data, at, end)
        if values["udp.length"] != end - at:
            raise cls.LAYOUT.error(at, f"length {values['udp.length']}, but {end - at} bytes are there")
        return cls(values["udp.srcport"], values["udp.dstport"], values["udp.checksum"] != 0), end
