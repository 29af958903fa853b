"""What ``conntrack -L`` (or ``/proc/net/nf_conntrack``) printed, as ``ConntrackEntry``."""

from __future__ import annotations

import re

from packetwalk.tables import ConntrackEntry

PAIR = re.compile(r"\b(src|dst|sport|dport|id)=(\S+)")
NAMES = re.compile(r"\b(icmp|tcp|udp|gre|esp)\b")


def entry(line: str) -> ConntrackEntry:
    """Read one line; ValueError when it has not both directions of a connection.

    An echo of ICMP has its identifier in the place of both ports.
    """
    name = NAMES.search(line)
    ways: list[dict[str, str]] = []
    for key, value in PAIR.findall(line):
        if key == "src":
            ways.append({})
        if ways:
            ways[-1][key] = value
    if name is None or len(ways) != 2:
        raise ValueError(f"conntrack: {line!r} is no connection")
    there, back = (_ports(way) for way in ways)
    return ConntrackEntry(
        name[1], ways[0]["src"], ways[0]["dst"], *there, ways[1]["src"], ways[1]["dst"], *back
    )


def _ports(way: dict[str, str]) -> tuple[int, int]:
    if "id" in way:
        return int(way["id"]), int(way["id"])
    return int(way.get("sport", 0)), int(way.get("dport", 0))
