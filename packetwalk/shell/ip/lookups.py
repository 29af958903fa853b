"""A lookup among the routes of one device, as the kernel does it for a packet that is bound to one."""

from __future__ import annotations

from packetwalk.datapath.fib import RouteQuery, applies
from packetwalk.shell.terminal import Terminal
from packetwalk.shell.words import Prefix, prefix
from packetwalk.tables import RouteEntry
from packetwalk.tables.route import ROUTES


def by_device(terminal: Terminal, dst: str, dev: str, table: str = "main") -> RouteEntry | None:
    """Return the route by which a destination is reached through a device, or None.

    The rules are asked as for a packet of this machine, another table than main before them (``fib_check_nh_v4_gw``).
    """
    query = RouteQuery(dst, iif="lo")
    found = None if table == "main" else _best(terminal, dst, dev, table)
    for rule in terminal.ns.fib.rules:
        if found:
            break
        if applies(rule, query):
            if rule.action:
                return None
            found = _best(terminal, dst, dev, rule.lookup)
            if found and rule.suppresses(found.dst):
                found = None
    return found


def _best(terminal: Terminal, dst: str, dev: str, table: str) -> RouteEntry | None:
    goal = prefix(dst)
    found: list[tuple[int, int, RouteEntry]] = []
    for route in terminal.ns.entries(ROUTES):
        network: Prefix = prefix(route.dst)
        if (route.table, route.dev) == (table, dev) and network.has(goal) and route.type != "throw":
            found.append((network.length, -route.metric, route))
    return max(found, key=lambda each: each[:2])[2] if found else None
