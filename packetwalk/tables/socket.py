"""Sockets that listen (``ss -lntu``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Table


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


class Sockets(Table[SocketEntry]):
    """The listening sockets."""

    def key(self, entry: SocketEntry) -> tuple[str, int]:
        """Return protocol and port."""
        return entry.protocol, entry.port


SOCKETS = Sockets("socket", "ss -lntu", (SocketEntry,), rank=210, hidden=True)
