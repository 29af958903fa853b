"""Sockets that listen (``ss -lntu``)."""

from __future__ import annotations

from typing import NamedTuple


class SocketEntry(NamedTuple):
    """A listening socket (``ss -lntu``); ``process`` is the program or kernel part behind it."""

    protocol: str
    port: int
    process: str
    local: str = "0.0.0.0"

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "socket"

    def __str__(self) -> str:
        state = "LISTEN" if self.protocol == "tcp" else "UNCONN"
        return f"{self.protocol} {state} {self.local}:{self.port} {self.process}"

    def argv(self) -> list[list[str]]:
        """Return nothing: a socket belongs to a program, which the plan does not start."""
        return []
