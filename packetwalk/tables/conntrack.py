"""Tracked connections (``conntrack -L``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents, Part, Recorded

PAIR = re.compile(r"\b(src|dst|sport|dport|id)=(\S+)")
NAMES = re.compile(r"\b(icmp|tcp|udp|gre|esp)\b")


class ConntrackEntry(NamedTuple):
    """A tracked connection (``conntrack -L``): the packet's tuple and the reply's."""

    protocol: str
    src: str
    dst: str
    sport: int
    dport: int
    reply_src: str
    reply_dst: str
    reply_sport: int
    reply_dport: int

    def __str__(self) -> str:
        ports = ("id", "id") if self.protocol == "icmp" else ("sport", "dport")
        return (
            f"{self.protocol} src={self.src} dst={self.dst} {ports[0]}={self.sport} "
            f"{ports[1]}={self.dport} src={self.reply_src} dst={self.reply_dst} "
            f"{ports[0]}={self.reply_sport} {ports[1]}={self.reply_dport}"
        )

    def argv(self) -> list[list[str]]:
        """Return nothing: the kernel makes the entry when the first packet passes."""
        return []


def connection(line: str) -> ConntrackEntry:
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


class ConntrackTable(TextTable[ConntrackEntry]):
    """The tracked connections; nobody writes them."""

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> None:
        """Return nothing: connections are compared packet by packet."""
        return None

    def part(self, entry: ConntrackEntry) -> Part:
        """Return the connection alone: the others are of other packets."""
        return Part(f"conntrack/{entry}", self.command, lambda other: other == entry)

    def parse(self, text: str) -> Iterator[ConntrackEntry]:
        """Yield the connections, as ``conntrack -L`` or ``/proc/net/nf_conntrack`` print them; no other line."""
        for line in text.splitlines():
            with suppress(ValueError):
                yield connection(line)


CONNECTIONS = ConntrackTable(
    "conntrack",
    "conntrack -L",
    (ConntrackEntry,),
    rank=220,
    files={"conntrack.txt": ("conntrack", "-L")},
    hidden=True,
    usual=True,
)
