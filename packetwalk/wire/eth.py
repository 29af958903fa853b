"""The Ethernet II header. The frame check sequence is the NIC's affair and no capture shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    dst: str
    src: str
    type: int = 0x0800


class Ethernet(_Fields, Header):
    """From one device to another on the same link; `type` says what follows (0x0800 IPv4, 0x0806 ARP)."""

    __slots__ = ()
    proto = "eth"
    LAYOUT = Layout(
        proto,
        Field("eth.dst", 48, "mac"),
        Field("eth.src", 48, "mac"),
        Field("eth.type", 16, "hex"),
    )
    size = LAYOUT.size
    carried_by = (("vxlan", 0), ("sleeve-frame", 0))

    @property
    def carries(self) -> int:
        """The EtherType."""
        return self.type

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the frame, without the padding to 60 bytes that a real NIC adds."""
        return self.LAYOUT.pack(self.dst, self.src, self.type) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 14 bytes."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["eth.dst"], values["eth.src"], values["eth.type"]), end
