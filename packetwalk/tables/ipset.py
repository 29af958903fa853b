"""Sets of addresses and networks (``ipset save``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents


class IpSet(NamedTuple):
    """A set of addresses and networks that rules can match (``ipset save``), on one line.

    ``options`` are the words of ``ipset create`` where they are not the kernel's own choice.  A member may end in
    `` nomatch``; those of a ``list:set`` are sets.
    """

    name: str
    members: tuple[str, ...]
    type: str = "hash:net"
    options: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.type}: {' '.join(self.members)}".rstrip()

    def json(self) -> dict:
        """Return what ``ipset list`` says of it."""
        return {"name": self.name, "type": self.type, "members": list(self.members)}

    def argv(self) -> list[list[str]]:
        """Return ``ipset create`` and an ``ipset add`` for each member."""
        return [
            ["ipset", "create", self.name, self.type, *self.options.split()],
            *(["ipset", "add", self.name, *member.split()] for member in self.members),
        ]


class Sets(TextTable[IpSet]):
    """The sets of a namespace."""

    def key(self, entry: IpSet) -> str:
        """Return the set's name."""
        return entry.name

    def told(self, entries: Iterable[IpSet]) -> list[IpSet]:
        """Return sets as they were made, those of sets behind all others: so the kernel tells (``ip_set_dump_do``)."""
        return sorted(entries, key=lambda each: each.type == "list:set")

    def lines(self, entries: Iterable[IpSet]) -> list[str]:
        """Return what ``ipset list`` says, a set on a line."""
        return [str(each) for each in self.told(entries)]

    def parse(self, text: str) -> Iterator[IpSet]:
        """Yield the sets of ``ipset save``, without the comments of their members."""
        made: dict[str, IpSet] = {}
        members: dict[str, list[str]] = {}
        for command, name, what, *more in map(str.split, text.splitlines()):
            if command == "create":
                made[name], members[name] = IpSet(name, (), what, _chosen(more)), []
            elif command == "add":
                members[name].append(f"{what} nomatch" if more[:1] == ["nomatch"] else what)
        yield from (each._replace(members=tuple(members[name])) for name, each in made.items())

    def text(self, contents: Contents) -> str:
        """Return what ``ipset restore`` reads."""
        commands = [argv for each in contents.entries(self) for argv in each.argv()]
        return "".join(f"{' '.join(argv[1:])}\n" for argv in commands)


USUAL = {"family": "inet", "maxelem": "65536"}
GROWN = ("hashsize", "bucketsize", "initval")
"""What the kernel chooses by itself, and changes."""


def _chosen(words: list[str]) -> str:
    """Return the options of a set that somebody has asked for; ValueError for one without its value."""
    out, left = [], iter(words)
    for word in left:
        value = next(left, "") if word in GROWN or word in USUAL else word
        if not value:
            raise ValueError(f"ipset: {word} without its value")
        if value == word:
            out.append(word)
        elif word in USUAL and value != USUAL[word]:
            out += [word, value]
    return " ".join(out)


SETS = Sets("ipset", "ipset list", (IpSet,), rank=80, files={"ipset.txt": ("ipset", "save")}, compared=False)
