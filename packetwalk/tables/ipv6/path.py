"""What a machine has learnt of paths by IPv6 (``ip -6 route show cache``)."""

from __future__ import annotations

from packetwalk.tables.path import SECONDS, PathEntry
from packetwalk.tables.table import Table


class Path6Entry(PathEntry):
    """An exception of a route: the MTU of the path to a destination, in bytes."""

    __slots__ = ()

    def __str__(self) -> str:
        via = ["via", self.route.gateway] if self.route.gateway else []
        metric, mtu = ["metric", str(self.route.metric)], ["mtu", str(self.mtu)]
        return " ".join([self.dst, *via, "dev", self.route.dev, *metric, "expires", f"{SECONDS}sec", *mtu, "pref medium"])


PATHS6 = Table[Path6Entry]("path6", "ip -6 route show cache", (Path6Entry,), rank=36, hidden=True)
