"""The datagram that an ICMP error quotes: whose it was, and how NAT changes it back.

The quotation may be cut short, so it is read at its places (RFC 791, RFC 792), not decoded.
"""

from __future__ import annotations

from packetwalk.datapath.conntrack import NAMES, Tuple


def embedded(content: bytes) -> Tuple:
    """Return the tuple of the packet that an ICMP error quotes."""
    raw = content
    name = NAMES.get(raw[9], str(raw[9]))
    src, dst = (".".join(map(str, raw[at : at + 4])) for at in (12, 16))
    if raw[9] == 1:
        ident = int.from_bytes(raw[24:26])
        return Tuple(name, src, ident, dst, ident)
    return Tuple(name, src, int.from_bytes(raw[20:22]), dst, int.from_bytes(raw[22:24]))


def translated(content: bytes, end: str, address: str, port: int) -> bytes:
    """Return a quotation with another ``src`` or ``dst`` (the ``end``), as it was before NAT changed it."""
    raw = bytearray(content)
    source = end == "src"
    _patch(raw, 12 if source else 16, bytes(int(part) for part in address.split(".")), (10,))
    place = 24 if raw[9] == 1 else 20 if source else 22
    _patch(raw, place, port.to_bytes(2), _l4_checksum(raw[9]))
    return bytes(raw)


def _l4_checksum(protocol: int) -> tuple[int, ...]:
    return {1: (22,), 6: (36,), 17: (26,)}.get(protocol, ())


def _patch(raw: bytearray, at: int, new: bytes, checksums: tuple[int, ...]) -> None:
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
