"""An option of neighbour discovery (RFC 4861, section 4.6.1): the sender's MAC, or the target's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.data import Data
from packetwalk.wire.header import Field, Header, Layout
from packetwalk.wire.ipv6.icmpv6 import ROUTER_SOLICITATION

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

SOURCE, TARGET = 1, 2
ONE = 1  # such an option is one word of 8 bytes long


class _Fields(NamedTuple):
    type: int
    lladdr: str


class NeighbourOption(_Fields, Header):
    """Whose MAC it is says `type`: 1 the sender's, in questions; 2 the target's, in answers."""

    __slots__ = ()
    proto = "nd-option"
    LAYOUT = Layout(
        proto,
        Field("icmpv6.opt.type", 8),
        Field("icmpv6.opt.length", 8),
        Field("icmpv6.opt.linkaddr", 48, "mac"),
    )
    size = LAYOUT.size
    carried_by = (
        ("icmpv6", ROUTER_SOLICITATION),
        ("nd-solicited", 0),
        ("nd-advertised", 0),
        (proto, 0),
    )

    @property
    def carries(self) -> int:
        """More options may follow."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 8 bytes."""
        return self.LAYOUT.pack(self.type, ONE, self.lladdr) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read 8 bytes; other options (a nonce, prefixes of routers) stay Data."""
        if end - at < cls.size or data[at] not in (SOURCE, TARGET) or data[at + 1] != ONE:
            return Data.decode(data, at, end)
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["icmpv6.opt.type"], values["icmpv6.opt.linkaddr"]), end
