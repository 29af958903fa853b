"""What an encrypting tunnel carries: opaque bytes on the wire, a packet for the model.

**This is not cryptography.**  The model needs the right number of bytes in the right places and a way
back, without keys: the "ciphertext" is the content XOR a fixed stream (SHAKE-128 of the class's name),
the "tag" a digest of the content.  Nothing is hidden from anybody who reads this file; a real tunnel's
bytes look as random, but are others each time.
"""

from __future__ import annotations

from hashlib import shake_128
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from packetwalk.wire.data import Data
from packetwalk.wire.header import Field, Header, Layout, Value
from packetwalk.wire.stack import decode, encode

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet

TAG = 16
"""Bytes of the authentication tag: Poly1305 and AES-GCM both have 16."""


class _Fields(NamedTuple):
    inner: tuple[Header, ...]
    trailer: bytes = b""


class Encrypted(_Fields, Header):
    """Headers that only the two ends can read: `inner`, then `trailer` (padding and what stands behind it).

    A subclass for each tunnel says which protocol is `first` inside, whether the tag stands before the
    ciphertext (`tag_first`), and where `inner` ends (`split`).
    """

    __slots__ = ()
    first: ClassVar[str]
    tag_first: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """The content and the tag."""
        return sum(header.size for header in self.inner) + len(self.trailer) + TAG

    @classmethod
    def split(cls, content: bytes) -> int:
        """Return the byte at which the trailer begins; ValueError when the content cannot be one."""
        return len(content)

    @classmethod
    def begins_with(cls, content: bytes) -> str:
        """Return the protocol of what is inside."""
        return cls.first

    def encode(self, payload: bytes, ip: Internet | None) -> bytes:
        """Return ciphertext and tag in the order of the tunnel."""
        content = encode(self.inner) + self.trailer
        tag = _stream(self.proto, TAG, content)
        hidden = _hide(self.proto, content)
        return (tag + hidden if self.tag_first else hidden + tag) + payload

    @classmethod
    def decode(cls, data: bytes, at: int, end: int) -> tuple[Encrypted | Data, int]:
        """Read the content back; bytes that this model did not make (a real tunnel's) stay Data."""
        raw = data[at:end]
        tag, hidden = (raw[:TAG], raw[TAG:]) if cls.tag_first else (raw[-TAG:], raw[:-TAG])
        content = _hide(cls.proto, hidden)
        if len(raw) < TAG or _stream(cls.proto, TAG, content) != tag:
            return Data.decode(data, at, end)
        try:
            ends = cls.split(content)
            return cls(decode(content[:ends], cls.begins_with(content)), content[ends:]), end
        except ValueError:
            return Data.decode(data, at, end)

    def fields(self, raw: bytes) -> dict[str, Value]:
        """Name the length too, as of other bytes that nobody can read."""
        return {"data.len": len(raw), **self.LAYOUT.show(raw)}


def opaque(proto: str) -> Layout:
    """Return the layout of an encrypted part: nothing but bytes."""
    return Layout(proto, Field(f"{proto}.data", 0, "bytes"))


def _stream(name: str, length: int, content: bytes = b"") -> bytes:
    return shake_128(name.encode() + b"\0" + content).digest(length)


def _hide(name: str, content: bytes) -> bytes:
    """XOR with the stream of this tunnel: done twice it gives back the content."""
    length = len(content)
    mixed = int.from_bytes(content) ^ int.from_bytes(_stream(name, length))
    return mixed.to_bytes(length)
