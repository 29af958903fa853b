"""Link types of captures: what stands before a frame's packet, and what is made of it.

Numbers as https://www.tcpdump.org/linktypes.html has them.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from packetwalk.wire.pcap import ETHERNET

BARE = (12, 101, 228)
"""Bare IP packets (DLT_RAW as Linux numbers it, LINKTYPE_RAW, LINKTYPE_IPV4)."""
COOKED = {113: (16, 14, 0, 2), 276: (20, 0, 10, 1)}
"""Linux cooked captures (SLL, SLL2): bytes of the header, where its protocol stands, where its packet type and how wide."""
IPV4, OUTGOING = b"\x08\x00", 4
READ = (ETHERNET, *BARE, *COOKED)


class Linked(NamedTuple):
    """A frame of Ethernet or a ``bare`` packet of IP; ``direction`` where the header tells one."""

    data: bytes
    bare: bool
    direction: Literal["in", "out"] | None = None


def linked(linktype: int, data: bytes) -> Linked | None:
    """Return what is read of a captured frame; None for a link type, or a protocol in it, that is not read."""
    if linktype == ETHERNET or linktype in BARE:
        return Linked(data, linktype != ETHERNET)
    if linktype not in COOKED:
        return None
    size, protocol, kind, width = COOKED[linktype]
    if len(data) < size or data[protocol : protocol + 2] != IPV4:
        return None
    out = int.from_bytes(data[kind : kind + width]) == OUTGOING
    return Linked(data[size:], bare=True, direction="out" if out else "in")
