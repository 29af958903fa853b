"""What of a frame are headers: all else is what programs said to each other."""

from __future__ import annotations

from packetwalk import wire

ERRORS = (3, 4, 5, 11, 12)  # ICMP types that quote a packet (RFC 792)
QUOTED = 8  # bytes of the quoted packet's payload that say to which conversation it belonged
TCP, TRANSPORT = 6, {1: 8, 17: 8}  # protocol numbers; bytes of a header of ICMP and UDP
IPV6 = "ipv6"  # no recorded walk tells of it yet
VALID_VNI = b"\x08\x00\x00\x00"  # the first bytes of a VXLAN header (RFC 7348)


def headers_only(frame: bytes, first: str = "eth") -> bytes:
    """Return the frame, as long as it was, with every byte after its headers zero.

    ``first`` is ``ip`` on devices without Ethernet.  A frame that cannot be read keeps 14 bytes.
    """
    try:
        stack = wire.decode(frame, first)
    except ValueError:
        return _zeroed(frame, 14)
    kept, cut = 0, False
    for header in stack:
        if cut:
            kept += _transport(frame[kept:], stack)
            break
        text = isinstance(header, (wire.Data, wire.Encrypted)) or header.proto == IPV6
        if text or (isinstance(header, wire.Vxlan) and frame[kept : kept + 4] != VALID_VNI):
            break  # not VXLAN but somebody's words on its port
        kept += header.size
        cut = isinstance(header, wire.Ipv4) and header.mf and header.offset == 0
        if isinstance(header, wire.Icmp) and header.type in ERRORS and len(frame) > kept:
            kept += (frame[kept] & 15) * 4 + QUOTED
            break
    return _zeroed(frame, min(kept, len(frame)))


def _transport(data: bytes, stack: wire.Stack) -> int:
    """Return the length of the header that the first fragment of a packet begins with."""
    protocol = next(head.protocol for head in reversed(stack) if isinstance(head, wire.Ipv4))
    if protocol == TCP:
        return (data[12] >> 4) * 4 if len(data) > 12 else 0
    return TRANSPORT.get(protocol, 0)


def _zeroed(frame: bytes, kept: int) -> bytes:
    return frame[:kept] + bytes(len(frame) - kept) if len(frame) > kept else frame
