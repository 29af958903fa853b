"""What IPv4 and IPv6 share: headers with addresses from end to end, and the messages of ICMP."""

from __future__ import annotations

from typing import ClassVar

from packetwalk.wire.header import Header


class Internet(Header):
    """A header of either family; both have ``src``, ``dst``, ``protocol``, ``ttl`` and ``tos``."""

    __slots__ = ()
    src: str
    dst: str
    version: ClassVar[int]
    protocol: int
    ttl: int
    tos: int

    def pseudo(self, protocol: int, length: int) -> bytes:
        """Return what a checksum covers beside the ``length`` bytes of a datagram itself (RFC 9293, RFC 8200)."""
        raise NotImplementedError


class IcmpHeader(Header):
    """A message of ICMP of either family: ``type``, ``code``, of an echo ``id`` and ``seq``, ``mtu`` where it is too big."""

    __slots__ = ()
    type: int
    code: int
    id: int
    seq: int
    mtu: int

    @property
    def too_big(self) -> bool:
        """Whether this says that a packet was too big to be passed on."""
        raise NotImplementedError
