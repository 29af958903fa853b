"""What a machine has learnt of the paths to single destinations (``ip route show cache``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.program import NoCommand
from packetwalk.tables.route import RouteEntry
from packetwalk.tables.table import Table

SECONDS = 599
"""How long it stays, as the tools print it at once: ``net.ipv4.route.mtu_expires`` is 600."""


class PathEntry(
    NamedTuple("_Path", [("dst", str), ("route", RouteEntry), ("mtu", int), ("locked", bool)]), NoCommand
):
    """An exception of a next hop (``struct fib_nh_exception``): the MTU of the path to a destination, in bytes.

    ``route`` is what the routes share to which it belongs (``fib_info``); ``locked`` says that the path is
    narrower still than ``mtu``, the least the kernel takes, so that packets to there are sent without DF.
    """

    __slots__ = ()

    @property
    def words(self) -> list[str]:
        """What the tools print of it behind ``cache``."""
        return ["expires", f"{SECONDS}sec", "mtu", *(["lock"] if self.locked else []), str(self.mtu)]

    def __str__(self) -> str:
        via = ["via", self.route.gateway] if self.route.gateway else []
        return " ".join([self.dst, *via, "dev", self.route.dev, "cache", *self.words])


PATHS = Table[PathEntry]("path", "ip route show cache", (PathEntry,), rank=35, hidden=True)
