"""Which of its addresses a machine sends from by IPv6 (RFC 6724), as Linux chooses (``ipv6_dev_get_saddr``).

All addresses of the machine are asked, whatever device has them; for a destination on the link, those of the device.
"""

from __future__ import annotations

from collections.abc import Iterable

from packetwalk.tables.ipv6 import Addr6Entry
from packetwalk.wire.address import ipv6_to_int

LABELS = (
    ("::1", 128, 0),
    ("::ffff:0:0", 96, 4),
    ("::", 96, 3),
    ("2001:10::", 28, 7),
    ("2001::", 32, 6),
    ("2002::", 16, 2),
    ("fc00::", 7, 5),
    ("::", 0, 1),
)
"""The kernel's own labels (net/ipv6/addrlabel.c), the longest prefix of an address first."""
LINK, GLOBAL = 2, 14
"""Scopes, as they are numbered in groups' addresses."""


def chosen(own: Iterable[Addr6Entry], dst: str, dev: str) -> str | None:
    """Return the address for packets that leave for ``dst`` by ``dev``; None where there is none."""
    goal = ipv6_to_int(dst)
    scope = _scope(goal)
    able = [each for each in own if each.dev == dev or scope > LINK]
    best = max(able, key=lambda each: _merits(each, goal, scope, dev), default=None)
    return best.local if best else None


def _merits(each: Addr6Entry, goal: int, scope: int, dev: str) -> tuple[bool, int, bool, bool, int]:
    """Return what speaks for an address, weightiest first: the rules 1, 2, 5, 6 and 8 of section 5.

    Rule 2 wants the smallest scope that is large enough, else the largest.
    """
    source = ipv6_to_int(each.local)
    own = _scope(source)
    reaches = -own if own >= scope else own - 2 * GLOBAL
    common = 128 - (source ^ goal).bit_length()
    same_label = _label(source) == _label(goal)
    return source == goal, reaches, each.dev == dev, same_label, min(common, each.prefixlen)


def _scope(address: int) -> int:
    if address >> 120 == 0xFF:
        return address >> 112 & 0xF
    return LINK if address >> 118 == 0xFE80 >> 6 or address == 1 else GLOBAL


def _label(address: int) -> int:
    return next(
        label for prefix, length, label in LABELS if (address ^ ipv6_to_int(prefix)) >> (128 - length) == 0
    )
