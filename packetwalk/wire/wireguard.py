"""WireGuard's transport data message: a packet, padded and encrypted, inside UDP.

Source: drivers/net/wireguard/messages.h (``struct message_data``); its numbers are little-endian.
The three messages of the handshake are not here: a session exists before a walk begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.data import Data
from packetwalk.wire.encrypted import Encrypted
from packetwalk.wire.header import Field, Header, Layout, Value

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

PORT = 51820
IPV6, IPV6_HEADER = "ipv6", 40  # what a packet of the other family is called, and its header's length in bytes
DATA = 4
"""The message type of transport data; 1, 2 and 3 belong to the handshake."""


class _Fields(NamedTuple):
    receiver: int
    counter: int = 0


class Wireguard(_Fields, Header):
    """The clear part: by which number the receiver knows the session, and the message's own number in it."""

    __slots__ = ()
    proto = "wg"
    LAYOUT = Layout(
        proto,
        Field("wg.type", 8),
        Field("reserved", 24),
        Field("wg.receiver", 32, "hex", little=True),
        Field("wg.counter", 64, little=True),
    )
    size = LAYOUT.size
    carried_by = (("udp", PORT),)

    @property
    def carries(self) -> int:
        """Always something encrypted."""
        return DATA

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 16 bytes and what is encrypted."""
        return self.LAYOUT.pack(DATA, 0, self.receiver, self.counter) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read 16 bytes; what is no transport data (a message of the handshake) stays Data."""
        if end - at < cls.size or data[at] != DATA:
            return Data.decode(data, at, end)
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["wg.receiver"], values["wg.counter"]), end


class WireguardPayload(Encrypted):
    """An IP packet and zeroes behind it, under ChaCha20 on a real wire; then 16 bytes of Poly1305."""

    __slots__ = ()
    proto = "wg-payload"
    LAYOUT = Layout(proto, Field("wg.encrypted_packet", 0, "bytes"))
    carried_by = (("wg", DATA),)
    first = "ip"

    @classmethod
    def split(cls, content: bytes) -> int:
        """Return where the padding begins: the IP header knows its packet's length."""
        if cls.begins_with(content) == IPV6:
            return IPV6_HEADER + int.from_bytes(content[4:6])
        return int.from_bytes(content[2:4])

    @classmethod
    def begins_with(cls, content: bytes) -> str:
        """Return the family, which the version of an IP header tells."""
        return IPV6 if content[:1] and content[0] >> 4 == 6 else cls.first

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name nothing but the bytes."""
        return self.LAYOUT.show(raw)
