"""Sets of addresses and networks (``ipset save``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Table


class IpSet(NamedTuple):
    """A set of addresses and networks that rules can match (``ipset save``), on one line."""

    name: str
    members: tuple[str, ...]
    type: str = "hash:net"

    def __str__(self) -> str:
        return f"{self.name} {self.type}: {' '.join(self.members)}".rstrip()

    def json(self) -> dict:
        """Return what ``ipset list`` says of it."""
        return {"name": self.name, "type": self.type, "members": list(self.members)}

    def argv(self) -> list[list[str]]:
        """Return ``ipset create`` and an ``ipset add`` for each member."""
        return [
            ["ipset", "create", self.name, self.type],
            *(["ipset", "add", self.name, member] for member in self.members),
        ]


class Sets(Table[IpSet]):
    """The sets of a namespace."""

    def key(self, entry: IpSet) -> str:
        """Return the set's name."""
        return entry.name


SETS = Sets("ipset", "ipset list", (IpSet,), rank=80)
