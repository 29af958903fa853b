"""Weave Net's address ring: the first division of one range among the peers that agreed on it.

Mirrors ``Ring.subdivide`` of weave ipam/ring/ring.go: the range is halved, the first half of the peers
(rounded down) gets the first half, and so on until each peer has one CIDR.  For three peers that is a
half, a quarter and a quarter; later peers ask for a part of somebody's range, which is not shown here.
Weave Net sorts the peers that heard of each other in time by their names (recorded with 2.9.0, where it
differed from start to start); ``index`` is a place in that order.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network


@lru_cache(maxsize=8192)
def share(whole: IPv4Network, peers: int, index: int) -> IPv4Network:
    """Return the part of peer ``index`` (from 0) of ``peers``; ValueError when it is empty."""
    part, first, count = whole, 0, peers
    while count > 1:
        left, right = part.subnets()
        half = count // 2
        if index < first + half:
            part, count = left, half
        else:
            part, first, count = right, first + half, count - half
    return part


def address(whole: IPv4Network, part: IPv4Network, number: int) -> IPv4Address:
    """Return the ``number``-th address (from 0) that a peer gives away.

    Only the very first and the very last address of the whole range are nobody's: an address that ends
    in ``.0`` or ``.255`` is as good as any other in a /12.
    """
    skipped = 1 if part.network_address == whole.network_address else 0
    return part[skipped + number]
