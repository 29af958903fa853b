"""IPv6's hop-by-hop options (RFC 8200, section 4.3): what every router on the way may look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

ROUTER_ALERT = bytes.fromhex("050200000100")
"""Router alert, for multicast listener discovery (RFC 2711), and two bytes of padding (PadN)."""


class _Fields(NamedTuple):
    protocol: int
    options: bytes = ROUTER_ALERT


class HopByHop(_Fields, Header):
    """`options` are raw: 6 bytes, or a multiple of 8 more."""

    __slots__ = ()
    proto = "ipv6.hopopts"
    numbering = "ipv6"
    LAYOUT = Layout(
        proto,
        Field("ipv6.hopopts.nxt", 8),
        Field("ipv6.hopopts.len", 8),
        Field("ipv6.opt", 0, "bytes"),
    )
    carried_by = (("ipv6", 0),)

    @property
    def size(self) -> int:
        """Two bytes and the options."""
        return 2 + len(self.options)

    @property
    def carries(self) -> int:
        """The number of the next header."""
        return self.protocol

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the header; its length counts words of 8 bytes after the first. ValueError for another length."""
        words, odd = divmod(self.size - 8, 8)
        if odd or words < 0:
            raise ValueError(f"{self.proto}: {len(self.options)} bytes of options, not 6 and a multiple of 8 more")
        return self.LAYOUT.pack(self.protocol, words, self.options) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read the header with its options."""
        values = cls.LAYOUT.unpack(data, at, end)
        last = at + 8 + 8 * values["ipv6.hopopts.len"]
        if last > end:
            raise cls.LAYOUT.error(at, f"{last - at} bytes of header, but {end - at} are there")
        return cls(values["ipv6.hopopts.nxt"], data[at + cls.LAYOUT.size : last]), end
