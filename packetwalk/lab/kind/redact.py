"""What of a frame may be kept: its headers. What programs said to each other is theirs."""

from __future__ import annotations

from collections.abc import Collection

from packetwalk import wire

ERRORS = (3, 4, 5, 11, 12)  # ICMP types that quote a packet (RFC 792)
QUOTED = 8  # bytes of the quoted packet's payload that say to which conversation it belonged
VALID_VNI = b"\x08\x00\x00\x00"  # the first bytes of a VXLAN header (RFC 7348)


def headers_only(frame: bytes, first: str = "eth") -> bytes:
    """Return the frame, as long as it was, with every byte after its headers zero.

    ``first`` is ``ip`` on devices without Ethernet.  A frame that cannot be read keeps 14 bytes.
    """
    try:
        stack = wire.decode(frame, first)
    except ValueError:
        return _zeroed(frame, 14)
    kept = 0
    for header in stack:
        text = isinstance(header, (wire.Data, wire.Encrypted))
        if text or (isinstance(header, wire.Vxlan) and frame[kept : kept + 4] != VALID_VNI):
            break  # not VXLAN but somebody's words on its port
        kept += header.size
        if isinstance(header, wire.Icmp) and header.type in ERRORS and len(frame) > kept:
            kept += (frame[kept] & 15) * 4 + QUOTED
            break
    return _zeroed(frame, min(kept, len(frame)))


def bears(frame: bytes, addresses: Collection[str], first: str = "eth") -> bool:
    """Say whether a header of a frame, at any depth, has one of the addresses; always, when none is given.

    Where nobody can look inside (what is encrypted, a fragment) the answer is yes.
    """
    try:
        stack = wire.decode(frame, first)
    except ValueError:
        return not addresses
    return not addresses or any(_has(header, addresses) for header in stack)


def _has(header: wire.Header, addresses: Collection[str]) -> bool:
    match header:
        case wire.Ipv4():
            return header.src in addresses or header.dst in addresses or header.mf or header.offset > 0
        case wire.Arp():
            return header.spa in addresses or header.tpa in addresses
    return isinstance(header, wire.Encrypted)


def _zeroed(frame: bytes, kept: int) -> bytes:
    return frame[:kept] + bytes(len(frame) - kept) if len(frame) > kept else frame
