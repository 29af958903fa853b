"""Clients that rules of ``-m recent`` remember (``/proc/net/xt_recent``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Part, Table

FOLDER = "/proc/net/xt_recent"


class RecentEntry(NamedTuple):
    """An address that a list remembers; when it was seen is the clock's, and not told."""

    name: str
    address: str

    def __str__(self) -> str:
        return f"src={self.address}"

    def argv(self) -> list[list[str]]:
        """Return what writes it: a rule with the list must be there."""
        return [["sh", "-c", f"echo +{self.address} > {FOLDER}/{self.name}"]]


class RecentTable(Table[RecentEntry]):
    """The lists of a namespace."""

    def part(self, entry: RecentEntry) -> Part:
        """Return one list."""
        path = f"{FOLDER}/{entry.name}"
        return Part(f"recent/{entry.name}", f"cat {path}", lambda other: other.name == entry.name)


REMEMBERED = RecentTable(
    "recent", f"grep -s . {FOLDER}/*", (RecentEntry,), rank=85, compared=False, hidden=True
)
