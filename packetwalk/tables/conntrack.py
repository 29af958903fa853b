"""Tracked connections (``conntrack -L``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Part, Table


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


class Connections(Table[ConntrackEntry]):
    """The tracked connections; nobody writes them."""

    def part(self, entry: ConntrackEntry) -> Part:
        """Return the connection alone: the others are of other packets."""
        return Part(f"conntrack/{entry}", self.command, lambda other: other == entry)


CONNECTIONS = Connections("conntrack", "conntrack -L", (ConntrackEntry,), rank=220, always=True, hidden=True)
