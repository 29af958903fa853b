"""Routes (``ip route show``)."""

from __future__ import annotations

from typing import NamedTuple


class RouteEntry(NamedTuple):
    """A line of a routing table (``ip route show table TABLE``)."""

    dst: str
    dev: str = ""
    gateway: str | None = None
    type: str = "unicast"
    protocol: str | None = None
    scope: str | None = None
    prefsrc: str | None = None
    metric: int = 0
    onlink: bool = False
    routes: str = "main"
    mtu: int | None = None

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "route"

    @property
    def words(self) -> list[str]:
        """The arguments of ``ip route add`` after the verb; iproute2 prints the same order."""
        out = [] if self.type == "unicast" else [self.type]
        out.append(self.dst)
        if self.gateway:
            out += ["via", self.gateway]
        if self.dev:
            out += ["dev", self.dev]
        for word, value in (("proto", self.protocol), ("scope", self.scope), ("src", self.prefsrc)):
            if value:
                out += [word, value]
        if self.metric:
            out += ["metric", str(self.metric)]
        if self.onlink:
            out.append("onlink")
        if self.mtu:
            out += ["mtu", "lock", str(self.mtu)]
        return out

    def __str__(self) -> str:
        return " ".join(self.words)

    def json(self) -> dict:
        """Return the object that ``ip -j route`` prints for this line."""
        out: dict = {"dst": self.dst}
        if self.type != "unicast":
            out = {"type": self.type, **out}
        pairs = (
            ("gateway", self.gateway),
            ("dev", self.dev or None),
            ("table", self.routes if self.routes != "main" else None),
            ("protocol", self.protocol),
            ("scope", self.scope),
            ("prefsrc", self.prefsrc),
            ("metric", self.metric or None),
        )
        out.update({key: value for key, value in pairs if value is not None})
        return {**out, "flags": ["onlink"] if self.onlink else []}

    def argv(self) -> list[list[str]]:
        """Return ``ip route add``, with the scope that the command would not choose by itself."""
        table = [] if self.routes == "main" else ["table", self.routes]
        direct = self.type == "unicast" and not self.gateway and not self.scope
        scope = ["scope", "global"] if direct else []
        return [["ip", "route", "add", *self.words, *scope, *table]]
