"""The Internet checksum (RFC 1071), over the pseudo header too where the protocol wants it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packetwalk.wire.internet import Internet


def internet(data: bytes) -> int:
    """Return the complement of the ones' complement sum of all 16-bit words; an odd last byte is padded with zero."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def transport(proto: str, protocol: int, segment: bytes, ip: Internet | None) -> int:
    """Return the checksum of a UDP datagram, TCP segment or ICMPv6 message whose checksum field is zero.

    The pseudo header, which the family has, holds the addresses of `ip`, so that NAT must correct this checksum too.
    """
    if ip is None:
        raise ValueError(f"{proto}: no ip header outside it, and its checksum covers the addresses")
    return internet(ip.pseudo(protocol, len(segment)) + segment)
