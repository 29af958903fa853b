"""VXLAN (RFC 7348): an Ethernet frame inside UDP."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    vni: int
    flags: int = 0x08


class Vxlan(_Fields, Header):
    """The network (`vni`) an inner frame belongs to; flag 0x08 says that the vni is valid.

    Three ports: IANA's 4789, which Calico uses; 8472, older than the RFC, Linux's default and so Flannel's;
    and 6784, Weave Net's.
    """

    __slots__ = ()
    proto = "vxlan"
    LAYOUT = Layout(
        proto,
        Field("vxlan.flags", 16, "hex"),
        Field("vxlan.gbp", 16),
        Field("vxlan.vni", 24),
        Field("vxlan.reserved8", 8),
    )
    size = LAYOUT.size
    carried_by = (("udp", 8472), ("udp", 4789), ("udp", 6784))

    @property
    def carries(self) -> int:
        """Always an Ethernet frame."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 8 bytes and the inner frame. Wireshark counts the reserved byte after the flags with them: 0x0800."""
        return self.LAYOUT.pack(self.flags << 8, 0, self.vni, 0) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes; the reserved ones are not kept."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["vxlan.vni"], values["vxlan.flags"] >> 8), end
