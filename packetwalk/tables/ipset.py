"""Sets of addresses and networks (``ipset save``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents


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


class Sets(TextTable[IpSet]):
    """The sets of a namespace."""

    def key(self, entry: IpSet) -> str:
        """Return the set's name."""
        return entry.name

    def parse(self, text: str) -> Iterator[IpSet]:
        """Yield the sets of ``ipset save``, without their options."""
        kinds: dict[str, str] = {}
        members: dict[str, list[str]] = {}
        for command, name, what, *_ in map(str.split, text.splitlines()):
            if command == "create":
                kinds[name], members[name] = what, []
            elif command == "add":
                members[name].append(what)
        yield from (IpSet(name, tuple(members[name]), kind) for name, kind in kinds.items())

    def text(self, contents: Contents) -> str:
        """Return what ``ipset restore`` reads."""
        commands = [argv for each in contents.entries(self) for argv in each.argv()]
        return "".join(f"{' '.join(argv[1:])}\n" for argv in commands)


SETS = Sets("ipset", "ipset list", (IpSet,), rank=80, files={"ipset.txt": ("ipset", "save")}, compared=False)
