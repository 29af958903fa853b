"""The Internet checksum (RFC 1071) and the pseudo header that UDP and TCP add to it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from packetwalk.wire.address import ipv4_to_int

if TYPE_CHECKING:
    from packetwalk.wire.ipv4 import Ipv4


def internet(data: bytes) -> int:
    """Return the complement of the ones' complement sum of all 16-bit words; an odd last byte is padded with zero."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def transport(proto: str, protocol: int, segment: bytes, ip: Ipv4 | None) -> int:
    """Return the checksum of a UDP datagram or TCP segment whose checksum field is zero.

    The pseudo header holds the addresses of `ip`, so that NAT must correct this checksum too.
    """
    if ip is None:
        raise ValueError(f"{proto}: no ip header outside it, and its checksum covers the addresses")
    pseudo = struct.pack("!IIBBH", ipv4_to_int(ip.src), ipv4_to_int(ip.dst), 0, protocol, len(segment))
    return internet(pseudo + segment)
