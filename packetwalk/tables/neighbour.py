"""Neighbours (``ip neigh show``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.printed import JsonTable, Object


class NeighEntry(NamedTuple):
    """A neighbour (``ip neigh show``); ``lladdr`` None means it could not be resolved."""

    dst: str
    dev: str
    lladdr: str | None
    state: str = "REACHABLE"

    def __str__(self) -> str:
        lladdr = f" lladdr {self.lladdr}" if self.lladdr else ""
        return f"{self.dst} dev {self.dev}{lladdr} {self.state}"

    def json(self) -> dict:
        """Return the object that ``ip -j neigh`` prints for this line."""
        out: dict = {"dst": self.dst, "dev": self.dev}
        if self.lladdr:
            out["lladdr"] = self.lladdr
        return {**out, "state": [self.state]}

    def argv(self) -> list[list[str]]:
        """Return ``ip neigh replace``."""
        return [
            [
                "ip",
                "neigh",
                "replace",
                self.dst,
                "dev",
                self.dev,
                "lladdr",
                str(self.lladdr),
                "nud",
                self.state.lower(),
            ]
        ]


WRITTEN = "PERMANENT"
"""The state of a neighbour that somebody wrote down."""
PASSING = ("REACHABLE", "STALE", "DELAY", "PROBE")


class Neighbours(JsonTable[NeighEntry]):
    """The neighbours of all devices."""

    def key(self, entry: NeighEntry) -> tuple[str, str]:
        """Return device and address."""
        return entry.dev, entry.dst

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``ip neigh`` with any MAC and state."""
        dst, dev = pick.one_of(around.addresses), pick.one_of(around.names)
        if pick.chance(25):
            return ["ip", "neigh", "del", dst, "dev", dev]
        state = pick.one_of(("permanent", "reachable", "stale", "noarp"))
        return ["ip", "neigh", "replace", dst, "lladdr", pick.one_of(around.macs), "dev", dev, "nud", state]

    def deciding(self, entry: NeighEntry) -> str:
        """Return the line without a state that time changes."""
        return str(entry).removesuffix(f" {entry.state}") if entry.state in PASSING else str(entry)

    def author(self, entry: NeighEntry) -> str:
        """Return that it was learnt, unless it was written to stay."""
        return self.by if entry.state != "PERMANENT" else ""

    def is_written(self, entry: NeighEntry) -> bool:
        """Say whether it is to stay; ``ip neigh`` does not list NOARP, and other states end with time."""
        return entry.state == "PERMANENT"

    def entry(self, printed: Object) -> Iterator[NeighEntry]:
        """Yield a neighbour; of IPv6 only what was written down, for no recorded walk tells of IPv6 yet."""
        state = printed["state"][0]
        if ":" not in printed["dst"] or state == WRITTEN:
            yield NeighEntry(printed["dst"], printed["dev"], printed.get("lladdr"), state)

    def in_order(self, entries: Iterable[NeighEntry]) -> list[NeighEntry]:
        """Return them by device and address; the kernel's own order is that of a hash."""
        return sorted(entries, key=self.key)


NEIGHBOURS = Neighbours(
    "neigh",
    "ip neigh",
    (NeighEntry,),
    rank=50,
    by="kernel (ARP)",
    files={"neigh.json": ("ip", "-j", "neigh")},
    always=True,
    usual=True,
)
