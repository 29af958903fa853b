"""Names that iproute2 has for numbers of routes: tables, protocols, scopes, types (``/etc/iproute2``)."""

from __future__ import annotations

from packetwalk.shell.words import number

TABLES = {"unspec": 0, "default": 253, "main": 254, "local": 255}
PROTOCOLS = {
    "unspec": 0,
    "redirect": 1,
    "kernel": 2,
    "boot": 3,
    "static": 4,
    "gated": 8,
    "ra": 9,
    "mrt": 10,
    "zebra": 11,
    "bird": 12,
    "dnrouted": 13,
    "xorp": 14,
    "ntk": 15,
    "dhcp": 16,
    "keepalived": 18,
    "babel": 42,
    "openr": 99,
    "bgp": 186,
    "isis": 187,
    "ospf": 188,
    "rip": 189,
    "eigrp": 192,
}
SCOPES = {"global": 0, "universe": 0, "site": 200, "link": 253, "host": 254, "nowhere": 255}
TYPES = (
    "local",
    "nat",
    "broadcast",
    "brd",
    "anycast",
    "multicast",
    "prohibit",
    "unreachable",
    "blackhole",
    "xresolve",
    "unicast",
    "throw",
)


def _named(value: str, names: dict[str, int], message: str, most: int) -> str:
    """Return the name of what was written as name or number; a number without a name stays one."""
    found = names[value] if value in names else number(value, message, most=most)
    return next((name for name, each in names.items() if each == found), str(found))


def table(value: str, message: str = "table id value is invalid") -> str:
    """Return a routing table's name."""
    return _named(value, TABLES, message, 0xFFFFFFFF)


def protocol(value: str, message: str = 'invalid "protocol"') -> str:
    """Return who wrote a route."""
    return _named(value, PROTOCOLS, message, 255)


def scope(value: str, message: str = 'invalid "scope"') -> str:
    """Return a scope's name."""
    return _named(value, SCOPES, message, 255)
