"""Routes of IPv6 (``ip -6 route show``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv6Network

from packetwalk.tables.ipv6.address import ADDRESSES6
from packetwalk.tables.ipv6.shown import ShownIfAny
from packetwalk.tables.printed import JsonTable, Object
from packetwalk.tables.route import RouteEntry
from packetwalk.tables.table import Contents, Part

USUAL, CONNECTED = 1024, 256
"""The metrics of routes that somebody adds (IP6_RT_PRIO_USER), and of those that come with an address."""
WHOLE = 128
KINDS = ("anycast", "multicast")
"""Types of routes that come with addresses and that no walk needs."""


class Route6Entry(RouteEntry):
    """A line of a routing table of IPv6; there is no scope, and a preference that only routers advertise."""

    __slots__ = ()

    @property
    def words(self) -> list[str]:
        """The arguments of ``ip -6 route add`` after the verb; iproute2 prints the same order."""
        return super().words

    def __str__(self) -> str:
        return f"{' '.join(self.words)} pref medium"

    def json(self) -> dict:
        """Return the object that ``ip -j -6 route`` prints for this line."""
        return {**super().json(), "pref": "medium"}

    def argv(self) -> list[list[str]]:
        """Return ``ip -6 route add``."""
        table = [] if self.table == "main" else ["table", self.table]
        return [["ip", "-6", "route", "add", *self.words, *table]]


class Routes6(ShownIfAny[Route6Entry], JsonTable[Route6Entry]):
    """All routing tables of IPv6 of a namespace."""

    def own(self, contents: Contents) -> Iterator[Route6Entry]:
        """Yield what comes with each address (``addrconf_prefix_route``), and the loopback's own."""
        every = contents.entries(ADDRESSES6)
        for dev, local in [("lo", "::1")] * bool(every) + [(each.dev, each.local) for each in every]:
            yield Route6Entry(local, dev, type="local", protocol="kernel", table="local")
        for each in every:
            dst = each.local if each.prefixlen == WHOLE else str(each.subnet)
            yield Route6Entry(dst, each.dev, protocol="kernel", metric=CONNECTED)

    def comparable(self, entry: Route6Entry) -> str:
        """Return the route with its table."""
        return f"{entry.table}: {entry}"

    def deciding(self, entry: Route6Entry) -> str:
        """Return the line."""
        return str(entry)

    def author(self, entry: Route6Entry) -> str:
        """Return the program that the protocol stands for."""
        return "kernel" if entry.protocol == "kernel" else ""

    def entry(self, printed: Object) -> Iterator[Route6Entry]:
        """Yield a route with one next hop; a protocol that says only that somebody made it is not printed."""
        if printed.get("type") not in KINDS and "nexthops" not in printed:
            protocol = printed.get("protocol")
            yield Route6Entry(
                printed["dst"],
                printed.get("dev", ""),
                printed.get("gateway"),
                printed.get("type", "unicast"),
                None if protocol == "boot" else protocol,
                None,
                printed.get("prefsrc"),
                printed.get("metric", 0),
                "onlink" in printed.get("flags", ()),
                printed.get("table", "main"),
                next((each["mtu"] for each in printed.get("metrics", ()) if "mtu" in each), None),
            )

    def in_order(self, entries: Iterable[Route6Entry]) -> list[Route6Entry]:
        """Return them as ``ip -6 route`` does: what lies within a network before the network (``fib6_walk``)."""
        return sorted(entries, key=_order)

    def part(self, entry: Route6Entry) -> Part:
        """Return one routing table."""
        name = entry.table
        suffix = "" if name == "main" else f" show table {name}"
        return Part(f"route6/{name}", f"ip -6 route{suffix}", lambda other: other.table == name)

    def lines(self, entries: Iterable[Route6Entry]) -> list[str]:
        """Return the lines of the main table, or of the one that all are of."""
        every = list(entries)
        main = [each for each in every if each.table == "main"] or every
        return [str(each) for each in self.in_order(main)]


def _order(route: Route6Entry) -> tuple[int, int]:
    network = IPv6Network("::/0" if route.dst == "default" else route.dst)
    return int(network.broadcast_address), -network.prefixlen


ROUTES6 = Routes6(
    "route6",
    "ip -6 route",
    (Route6Entry,),
    rank=31,
    second=True,
    files={"route6.json": ("ip", "-j", "-6", "route", "show", "table", "all")},
    masks={"ip -6 route": "Anycast and multicast routes, which come with addresses, are left out: no walk asks them."},
)
