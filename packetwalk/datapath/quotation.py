"""The datagram that an ICMP error quotes: whose it was, and how NAT changes it back.

The quotation may be cut short, so it is read at its places (RFC 791, RFC 792, RFC 8200), not decoded.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.conntrack import ECHOING, NAMES, Tuple
from packetwalk.wire.address import ipv4_from_int, ipv4_to_int, ipv6_from_int, ipv6_to_int


class Places(NamedTuple):
    """Where in a packet of a family things stand: byte offsets; ``width`` is an address's length in bytes."""

    protocol: int
    src: int
    width: int
    behind: int
    checksum: tuple[int, ...]

    @property
    def dst(self) -> int:
        """Where the destination is."""
        return self.src + self.width

    def address(self, raw: bytes, at: int) -> str:
        """Read an address."""
        number = int.from_bytes(raw[at : at + self.width])
        return ipv4_from_int(number) if self.width == 4 else ipv6_from_int(number)

    def written(self, address: str) -> bytes:
        """Return the bytes of an address."""
        number = ipv4_to_int(address) if self.width == 4 else ipv6_to_int(address)
        return number.to_bytes(self.width)


IPV4, IPV6 = Places(9, 12, 4, 20, (10,)), Places(6, 8, 16, 40, ())
CHECKSUMS = {1: 2, 6: 16, 17: 6, 58: 2}
"""Where behind the IP header a protocol has its checksum."""
IDENT = 4
"""Where behind the IP header an echo has its identifier; ports stand at its begin."""
PSEUDO = (6, 17, 58)
"""Protocols whose checksums cover the addresses."""


def _places(raw: bytes) -> Places:
    return IPV6 if raw[0] >> 4 == 6 else IPV4


def embedded(content: bytes) -> Tuple:
    """Return the tuple of the packet that an ICMP error quotes."""
    raw, places = content, _places(content)
    number = raw[places.protocol]
    name = NAMES.get(number, str(number))
    src, dst = places.address(raw, places.src), places.address(raw, places.dst)
    start = places.behind
    if name in ECHOING:
        ident = int.from_bytes(raw[start + IDENT : start + IDENT + 2])
        return Tuple(name, src, ident, dst, ident)
    sport, dport = (int.from_bytes(raw[start + k : start + k + 2]) for k in (0, 2))
    return Tuple(name, src, sport, dst, dport)


def translated(content: bytes, end: str, address: str, port: int) -> bytes:
    """Return a quotation with another ``src`` or ``dst`` (the ``end``), as it was before NAT changed it."""
    raw, places = bytearray(content), _places(content)
    source, number = end == "src", content[places.protocol]
    covered = [places.behind + CHECKSUMS[number]] if number in CHECKSUMS else []
    over_address = [*places.checksum, *(covered if places is IPV6 and number in PSEUDO else [])]
    _patch(raw, places.src if source else places.dst, places.written(address), over_address)
    echo = NAMES.get(number) in ECHOING
    _patch(raw, places.behind + (IDENT if echo else 0 if source else 2), port.to_bytes(2), covered)
    return bytes(raw)


def _patch(raw: bytearray, at: int, new: bytes, checksums: list[int]) -> None:
    """Overwrite bytes and bring the checksums at the given places up to date (RFC 1624)."""
    for place in checksums:
        if place + 2 > len(raw):
            continue
        total = ~int.from_bytes(raw[place : place + 2]) & 0xFFFF
        for k in range(0, len(new), 2):
            total += (~int.from_bytes(raw[at + k : at + k + 2]) & 0xFFFF) + int.from_bytes(new[k : k + 2])
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        raw[place : place + 2] = (~total & 0xFFFF).to_bytes(2)
    raw[at : at + len(new)] = new
