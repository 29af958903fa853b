"""Bytes that no header here explains: an application's message, a fragment, the datagram an ICMP error quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout, Value

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    content: bytes


class Data(_Fields, Header):
    """The innermost part of a packet."""

    __slots__ = ()
    proto = "data"
    LAYOUT = Layout(proto, Field("data.data", 0, "bytes"))

    @property
    def size(self) -> int:
        """Length of the content."""
        return len(self.content)

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the content."""
        return self.content + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Take everything that is left."""
        return cls(data[at:end]), end

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name the length too, which Wireshark counts and no byte says."""
        return {"data.len": len(raw), **self.LAYOUT.show(raw)}
