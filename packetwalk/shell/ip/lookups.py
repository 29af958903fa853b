"""A lookup among the routes of one device, as the kernel does it for a packet that is bound to one."""

from __future__ import annotations

from packetwalk.shell.terminal import Terminal
from packetwalk.shell.words import Prefix, prefix
from packetwalk.tables import RouteEntry
from packetwalk.tables.route import ROUTES


def by_device(terminal: Terminal, dst: str, dev: str) -> RouteEntry | None:
    """Return the best route by which a destination is reached through a device, or None."""
    goal = prefix(dst)
    found: list[tuple[bool, int, int, RouteEntry]] = []
    for route in terminal.ns.entries(ROUTES):
        network: Prefix = prefix(route.dst)
        if route.dev == dev and network.has(goal) and route.type != "throw":
            found.append((route.table == "local", network.length, -route.metric, route))
    return max(found, key=lambda each: each[:3])[3] if found else None
