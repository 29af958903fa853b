"""The tag of a virtual LAN (IEEE 802.1Q), between a frame's addresses and what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


class _Fields(NamedTuple):
    id: int
    type: int = 0x0800
    priority: int = 0
    dei: bool = False


class Vlan(_Fields, Header):
    """The LAN (`id`) that a frame belongs to; `type` says what follows, as in the Ethernet header before it."""

    __slots__ = ()
    proto = "vlan"
    LAYOUT = Layout(
        proto,
        Field("vlan.priority", 3),
        Field("vlan.dei", 1, "flag"),
        Field("vlan.id", 12),
        Field("vlan.etype", 16, "hex"),
    )
    size = LAYOUT.size
    carried_by = (("eth", 0x8100), ("eth", 0x88A8), ("vlan", 0x8100))

    @property
    def carries(self) -> int:
        """The EtherType."""
        return self.type

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 4 bytes and what follows."""
        return self.LAYOUT.pack(self.priority, self.dei, self.id, self.type) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 4 bytes."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["vlan.id"], values["vlan.etype"], values["vlan.priority"], values["vlan.dei"]), end
