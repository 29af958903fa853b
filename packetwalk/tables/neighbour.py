"""Neighbours (``ip neigh show``)."""

from __future__ import annotations

from typing import NamedTuple


class NeighEntry(NamedTuple):
    """A neighbour (``ip neigh show``); ``lladdr`` None means it could not be resolved."""

    dst: str
    dev: str
    lladdr: str | None
    state: str = "REACHABLE"

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "neigh"

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
