"""The routing tables of one network namespace and their lookup.

Mirrors ``fib_lookup``: rules in order of priority (table ``local``, then ``main``), in each table
the longest prefix wins, among equal prefixes the lowest metric.
"""

from __future__ import annotations

from functools import lru_cache

from packetwalk.tables import RouteEntry


@lru_cache(maxsize=65536)
def number(address: str) -> int:
    """Return the 32-bit value of a dotted IPv4 address."""
    a, b, c, d = address.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def prefix(dst: str) -> tuple[int, int]:
    """Return (network as a number, prefix length) of ``default``, ``a.b.c.d`` or ``a.b.c.d/len``."""
    if dst == "default":
        return 0, 0
    address, _, length = dst.partition("/")
    return number(address), int(length or 32)


class Fib:
    """Routes by table, then by prefix length; lookups are remembered (the tables never change)."""

    def __init__(self, routes: list[RouteEntry], rules: tuple[str, ...] = ("local", "main")) -> None:
        tables: dict[str, dict[int, dict[int, RouteEntry]]] = {}
        for route in routes:
            network, length = prefix(route.dst)
            same = tables.setdefault(route.routes, {}).setdefault(length, {})
            known = same.get(network)
            if known is None or route.metric < known.metric:
                same[network] = route
        self._tables = [
            [((0xFFFFFFFF << (32 - length)) & 0xFFFFFFFF, same)
             for length, same in sorted(tables[name].items(), reverse=True)]
            for name in rules if name in tables
        ]
        self._known: dict[str, RouteEntry | None] = {}

    def lookup(self, dst: str) -> RouteEntry | None:
        """Return the route for ``dst``, or None when no route matches."""
        try:
            return self._known[dst]
        except KeyError:
            pass
        value = number(dst)
        found = next((same[value & mask] for table in self._tables
                      for mask, same in table if value & mask in same), None)
        if len(self._known) > 4096:
            self._known.clear()
        self._known[dst] = found
        return found
