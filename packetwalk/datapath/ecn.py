"""Type of service and congestion marks (ECN, RFC 3168, RFC 6040) where packets are wrapped, unwrapped and reported.

Mirrors include/net/inet_ecn.h and ``icmp_send``.  Tunnels here have tos 0: of the inner packet's type of service only
the congestion mark shows outside.
"""

from __future__ import annotations

from packetwalk.wire import Internet
from packetwalk.wire.header import Header

MASK, ECT_0, CE = 0x03, 0x02, 0x03
PRECEDENCE, REPORTED = 0xC0, 0x1E  # IPTOS_PREC_INTERNETCONTROL, IPTOS_TOS_MASK


def outside(inner: Header | None) -> int:
    """Return the type of service of a tunnel's packet (``INET_ECN_encapsulate``): "congestion experienced" stays inside."""
    if not isinstance(inner, Internet):
        return 0
    mark = inner.tos & MASK
    return ECT_0 if mark == CE else mark


def inside(outer: Internet, inner: Header | None) -> int | None:
    """Return the type of service of a packet that is unwrapped (``INET_ECN_decapsulate``).

    A mark that routers have put outside goes in, if the sender can bear it; else None: the packet is discarded.
    """
    if not isinstance(inner, Internet):
        return 0
    if outer.tos & MASK != CE:
        return inner.tos
    return inner.tos | CE if inner.tos & MASK else None


def of_error(quoted: Internet) -> int:
    """Return the type of service of an ICMP error about a packet."""
    return PRECEDENCE | quoted.tos & REPORTED
