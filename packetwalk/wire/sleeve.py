"""Sleeve: Weave Net's own overlay, frames inside UDP port 6783 (weave router/sleeve.go, frame_crypto.go).

A datagram is the name of the peer that sent it, then records: source peer, destination peer, length,
frame.  A relay puts its own name in front and leaves the records alone.  With a password the records are
a NaCl secretbox, behind 8 clear bytes: the DF bit and a sequence number, which make the nonce.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self

from packetwalk.wire.data import Data
from packetwalk.wire.encrypted import TAG, Encrypted, opaque
from packetwalk.wire.header import Field, Header, Layout

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

PORT = 6783
_PLAIN, _BOXED = 0, 1


class _Fields(NamedTuple):
    sender: str
    encrypted: bool = False


class Sleeve(_Fields, Header):
    """The peer that sent this datagram: a peer's name is 48 bits, the MAC of its bridge.

    `encrypted` is on no wire, both ends know from their handshake; `decode` sees whether records fill the rest.
    """

    __slots__ = ()
    proto = "sleeve"
    LAYOUT = Layout(proto, Field("sleeve.sender", 48, "mac"))
    size = LAYOUT.size
    carried_by = (("udp", PORT),)

    @property
    def carries(self) -> int:
        """A record, or a sequence number and a box."""
        return _BOXED if self.encrypted else _PLAIN

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 6 bytes and the records."""
        return self.LAYOUT.pack(self.sender) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 6 bytes; what follows is plain when records fill it to the last byte."""
        sender = cls.LAYOUT.unpack(data, at, end)["sleeve.sender"]
        place = at + cls.size
        while place + SleeveFrame.size <= end:
            place += SleeveFrame.size + int.from_bytes(data[place + 12 : place + 14])
        return cls(sender, place != end and end - at >= cls.size + SleeveNonce.size + TAG), end


class _Record(NamedTuple):
    src: str
    dst: str


class SleeveFrame(_Record, Header):
    """One captured frame: from the peer that captured it to the peer that shall inject it."""

    __slots__ = ()
    proto = "sleeve-frame"
    LAYOUT = Layout(
        proto,
        Field("sleeve.source", 48, "mac"),
        Field("sleeve.destination", 48, "mac"),
        Field("sleeve.length", 16),
    )
    size = LAYOUT.size
    carried_by = (("sleeve", _PLAIN),)

    @property
    def carries(self) -> int:
        """Always an Ethernet frame."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 14 bytes and the frame."""
        return self.LAYOUT.pack(self.src, self.dst, len(payload)) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self | Data, int]:
        """Read one record; several in one datagram stay Data, for a stack holds one packet."""
        values = cls.LAYOUT.unpack(data, at, end)
        if at + cls.size + values["sleeve.length"] != end:
            return Data.decode(data, at, end)
        return cls(values["sleeve.source"], values["sleeve.destination"]), end


class _Nonce(NamedTuple):
    seq: int
    df: bool = False


class SleeveNonce(_Nonce, Header):
    """The clear part of an encrypted datagram; datagrams with DF have a sequence of their own."""

    __slots__ = ()
    proto = "sleeve-nonce"
    LAYOUT = Layout(proto, Field("sleeve.df", 1, "flag"), Field("sleeve.sequence", 63))
    size = LAYOUT.size
    carried_by = (("sleeve", _BOXED),)

    @property
    def carries(self) -> int:
        """Always a box."""
        return 0

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return 8 bytes and the box."""
        return self.LAYOUT.pack(self.df, self.seq) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Self, int]:
        """Read 8 bytes."""
        values = cls.LAYOUT.unpack(data, at, end)
        return cls(values["sleeve.sequence"], values["sleeve.df"]), end


class SleeveBox(Encrypted):
    """A NaCl secretbox: 16 bytes of Poly1305, then the records under XSalsa20."""

    __slots__ = ()
    proto = "sleeve-box"
    LAYOUT = opaque(proto)
    carried_by = (("sleeve-nonce", 0),)
    first = SleeveFrame.proto
    tag_first = True
