"""Rules that say which routing table is asked (``ip rule``)."""

from __future__ import annotations

from typing import NamedTuple


class IpRule(NamedTuple):
    """A rule that says which routing table is asked (``ip rule``), lowest ``priority`` first.

    ``fwmark`` is (mark, mask) or None for every packet; ``inverted`` turns the match round.
    """

    priority: int
    lookup: str
    fwmark: tuple[int, int] | None = None
    inverted: bool = False

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "rule"

    @property
    def selector(self) -> list[str]:
        """Which packets, in the words of ``ip rule``."""
        mark = ["fwmark", "/".join(map(hex, self.fwmark))] if self.fwmark else []
        return [*(["not"] if self.inverted else []), "from", "all", *mark]

    def __str__(self) -> str:
        return f"{self.priority}:\t{' '.join([*self.selector, 'lookup', self.lookup])}"

    def json(self) -> dict:
        """Return the object that ``ip -j rule`` prints for this line."""
        out: dict = {"priority": self.priority, "src": "all"}
        if self.inverted:
            out["not"] = None
        if self.fwmark:
            out["fwmark"], out["fwmask"] = map(hex, self.fwmark)
        return {**out, "table": self.lookup}

    def argv(self) -> list[list[str]]:
        """Return ``ip rule add``."""
        return [["ip", "rule", "add", "priority", str(self.priority), *self.selector, "lookup", self.lookup]]
