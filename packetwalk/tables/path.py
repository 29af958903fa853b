"""What a machine has learnt of the paths to single destinations (``ip route show cache``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.route import RouteEntry
from packetwalk.tables.table import Table

SECONDS = 599
"""How long it stays, as the tools print it at once: ``net.ipv4.route.mtu_expires`` is 600."""
REDIRECTED = 299
"""The same of what a redirect told: ``net.ipv4.route.gc_timeout`` is 300."""


class _Path(NamedTuple):
    dst: str
    route: RouteEntry
    mtu: int
    locked: bool
    gateway: str | None = None


class PathEntry(_Path, NoCommand):
    """An exception of a next hop (``struct fib_nh_exception``): the MTU of the path to a destination, in bytes.

    It is 0 where only a redirect has told of a ``gateway`` there.  ``route`` is what the routes share to which it belongs (``fib_info``); ``locked`` says that the path is
    narrower still than ``mtu``, the least the kernel takes, so that packets to there are sent without DF.
    """

    __slots__ = ()

    @property
    def words(self) -> list[str]:
        """What the tools print of it behind ``cache``."""
        told = ["<redirected>"] if self.gateway else []
        mtu = ["mtu", *(["lock"] if self.locked else []), str(self.mtu)] if self.mtu else []
        return [*told, "expires", f"{SECONDS if mtu else REDIRECTED}sec", *mtu]

    def __str__(self) -> str:
        gateway = self.gateway or self.route.gateway
        via = ["via", gateway] if gateway else []
        return " ".join([self.dst, *via, "dev", self.route.dev, "cache", *self.words])


PATHS = Table[PathEntry]("path", "ip route show cache", (PathEntry,), rank=35, hidden=True)
