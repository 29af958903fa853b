"""Sockets that listen (``ss -lntu``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents


class SocketEntry(NamedTuple):
    """A listening socket (``ss -lntu``); ``process`` is the program or kernel part behind it."""

    protocol: str
    port: int
    process: str
    local: str = "0.0.0.0"

    def __str__(self) -> str:
        state = "LISTEN" if self.protocol == "tcp" else "UNCONN"
        return f"{self.protocol} {state} {self.local}:{self.port} {self.process}"

    def argv(self) -> list[list[str]]:
        """Return nothing: a socket belongs to a program, which the plan does not start."""
        return []


class Sockets(TextTable[SocketEntry]):
    """The listening sockets, of IPv4 or of both families."""

    def key(self, entry: SocketEntry) -> tuple[str, int]:
        """Return protocol and port."""
        return entry.protocol, entry.port

    def parse(self, text: str) -> Iterator[SocketEntry]:
        """Yield the sockets that IPv4 reaches, those of one address before those of all (``ss``, or ``netstat``, which tells no state first); who is behind one is not told."""
        found = []
        for line in text.splitlines():
            words = line.split()
            if len(words) >= 5 and words[0] in ("tcp", "udp"):
                local, _, port = words[3 if words[1].isdecimal() else 4].rpartition(":")
                local = "0.0.0.0" if local in ("*", "[::]", "::") else local.partition("%")[0]
                if port.isdecimal() and ":" not in local:
                    found.append(SocketEntry(words[0], int(port), "a program", local))
        yield from sorted(found, key=lambda each: each.local == "0.0.0.0")

    def text(self, contents: Contents) -> str:
        """Return what ``ss`` prints of them without a heading."""
        return "".join(
            f"{each.protocol} {'LISTEN' if each.protocol == 'tcp' else 'UNCONN'} 0 0 {each.local}:{each.port} 0.0.0.0:*\n"
            for each in contents.entries(self)
        )


SOCKETS = Sockets(
    "socket",
    "ss -lntu",
    (SocketEntry,),
    rank=210,
    hidden=True,
    compared=False,
    files={"socket.txt": ("ss", "-Hlntu")},
)
