"""ARP for IPv4 on Ethernet (RFC 826)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

_ETHERNET, _IPV4, _MAC_BYTES, _IPV4_BYTES = 1, 0x0800, 6, 4


class _Fields(NamedTuple):
    op: int
    sha: str
    spa: str
    tha: str
    tpa: str


class Arp(_Fields, Header):
    """Who has `tpa`? (op 1), or `spa` is at `sha` (op 2). sha, tha are MAC addresses, spa, tpa IPv4 addresses."""

    __slots__ = ()
    proto = "arp"
    LAYOUT = Layout(
        proto,
        Field("arp.hw.type", 16),
        Field("arp.proto.type", 16, "hex"),
        Field("arp.hw.size", 8),
        Field("arp.proto.size", 8),
        Field("arp.opcode", 16),
        Field("arp.src.hw_mac", 48, "mac"),
        Field("arp.src.proto_ipv4", 32, "ipv4"),
        Field("arp.dst.hw_mac", 48, "mac"),
        Field("arp.dst.proto_ipv4", 32, "ipv4"),
    )
    size = LAYOUT.size
    carried_by = (("eth", 0x0806), ("vlan", 0x0806))

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return the 28 bytes of the message."""
        return self.LAYOUT.pack(_ETHERNET, _IPV4, _MAC_BYTES, _IPV4_BYTES, *self) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 28 bytes; what follows them in the frame is padding."""
        kinds = ("arp.hw.type", "arp.proto.type", "arp.hw.size", "arp.proto.size")
        values = cls.LAYOUT.unpack(data, at, end)
        if [values.pop(kind) for kind in kinds] != [_ETHERNET, _IPV4, _MAC_BYTES, _IPV4_BYTES]:
            raise cls.LAYOUT.error(at, "not ARP for IPv4 on Ethernet")
        return cls(*values.values()), at + cls.size
