"""What IPv4 and IPv6 share: addresses from end to end, which the checksums of what they carry cover."""

from __future__ import annotations

from packetwalk.wire.header import Header


class Internet(Header):
    """A header of either family; both have ``src``, ``dst``, ``protocol``, ``ttl`` and ``tos``."""

    __slots__ = ()
    src: str
    dst: str
    ttl: int

    def pseudo(self, protocol: int, length: int) -> bytes:
        """Return what a checksum covers beside the ``length`` bytes of a datagram itself (RFC 9293, RFC 8200)."""
        raise NotImplementedError
