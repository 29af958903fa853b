"""Routes (``ip route show``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packetwalk.tables.address import ADDRESSES, AddrEntry
from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.link import LINKS
from packetwalk.tables.printed import JsonTable, Object
from packetwalk.tables.table import Contents, Part, Section
from packetwalk.wire.address import ipv4_from_int, ipv4_to_int, prefix

REFUSING = {
    "blackhole": ("route-blackhole", "route-blackhole-own"),
    "unreachable": ("route-unreachable", "route-unreachable-own"),
    "prohibit": ("route-prohibit", "route-prohibit-own"),
}
"""Types of routes that say no (``fib_props``), each with the sentences for a packet that came, and for one's own."""


class NextHop(NamedTuple):
    """One of several next hops of a route: how many of all packets go there is its ``weight``'s share."""

    dev: str
    gateway: str | None = None
    weight: int = 1

    @property
    def words(self) -> list[str]:
        """The arguments of ``ip route add`` for it."""
        via = ["via", self.gateway] if self.gateway else []
        return ["nexthop", *via, "dev", self.dev, "weight", str(self.weight)]


class RouteEntry(NamedTuple):
    """A line of a routing table (``ip route show table TABLE``).

    ``lock`` says that path MTU discovery does not count for it: its ``mtu``, in bytes, stays, and sockets do not
    ask for DF.  Of several next hops, ``hops``, the first one's device and gateway stand in ``dev`` and ``gateway`` too.
    ``own_gateway`` says that the gateway was this machine's own address when the route was written: it is none then
    (``fib_check_nh`` gives it the scope host, and ``rt_set_nexthop`` takes one of scope link only).
    """

    dst: str
    dev: str = ""
    gateway: str | None = None
    type: str = "unicast"
    protocol: str | None = None
    scope: str | None = None
    prefsrc: str | None = None
    metric: int = 0
    onlink: bool = False
    table: str = "main"
    mtu: int | None = None
    lock: bool = False
    hops: tuple[NextHop, ...] = ()
    own_gateway: bool = False

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices it may lead to."""
        return tuple(hop.dev for hop in self.hops) or (self.dev,)

    def by(self, dev: str) -> RouteEntry:
        """Return it with the next hop that leads to a device, the only one."""
        hop = next((each for each in self.hops if each.dev == dev), None)
        return self._replace(dev=hop.dev, gateway=hop.gateway, hops=()) if hop else self

    @property
    def words(self) -> list[str]:
        """The arguments of ``ip route add`` after the verb; iproute2 prints the same order."""
        out = [] if self.type == "unicast" else [self.type]
        out.append(self.dst)
        if self.gateway and not self.hops:
            out += ["via", self.gateway]
        if self.dev and not self.hops:
            out += ["dev", self.dev]
        for word, value in (("proto", self.protocol), ("scope", self.scope), ("src", self.prefsrc)):
            if value:
                out += [word, value]
        if self.metric:
            out += ["metric", str(self.metric)]
        if self.onlink:
            out.append("onlink")
        if self.mtu:
            out += ["mtu", *(["lock"] if self.lock else []), str(self.mtu)]
        return out + [word for hop in self.hops for word in hop.words]

    def __str__(self) -> str:
        return " ".join(self.words)

    def json(self) -> dict:
        """Return the object that ``ip -j route`` prints for this line."""
        out: dict = {"dst": self.dst}
        if self.type != "unicast":
            out = {"type": self.type, **out}
        pairs = (
            ("gateway", None if self.hops else self.gateway),
            ("dev", None if self.hops else self.dev or None),
            ("table", self.table if self.table != "main" else None),
            ("protocol", self.protocol),
            ("scope", self.scope),
            ("prefsrc", self.prefsrc),
            ("metric", self.metric or None),
        )
        out.update({key: value for key, value in pairs if value is not None})
        if self.hops:
            out["nexthops"] = [
                {
                    **({"gateway": hop.gateway} if hop.gateway else {}),
                    "dev": hop.dev,
                    "weight": hop.weight,
                    "flags": [],
                }
                for hop in self.hops
            ]
        out["flags"] = ["onlink"] if self.onlink else []
        return {**out, "metrics": [{"mtu": self.mtu}]} if self.mtu else out

    def argv(self) -> list[list[str]]:
        """Return ``ip route add``, with the scope that the command would not choose by itself."""
        table = [] if self.table == "main" else ["table", self.table]
        direct = self.type == "unicast" and not self.gateway and not self.scope
        scope = ["scope", "global"] if direct else []
        return [["ip", "route", "add", *self.words, *scope, *table]]


def fib_info(route: RouteEntry) -> RouteEntry:
    """Return what routes share that differ in nothing but their network (the kernel's ``fib_info``)."""
    return route._replace(dst="", table="")


class Routes(JsonTable[RouteEntry]):
    """All routing tables of a namespace: ``main``, ``local``, and those that rules name."""

    def own(self, contents: Contents) -> Iterator[RouteEntry]:
        """Yield what ``fib_add_ifaddr`` adds for each address, of a device that is down no more than its local route,
        and the loopback's own routes."""
        first: dict[tuple, AddrEntry] = {}  # by subnet; the others there are secondary
        made: set[RouteEntry] = set()
        down = {link.ifname for link in contents.entries(LINKS) if not link.up}
        for addr in contents.entries(ADDRESSES):
            for route in _of_address(addr, first.setdefault((addr.dev, *ADDRESSES.network(addr)), addr)):
                if route not in made and (route.type == "local" or addr.dev not in down):
                    yield route
                made.add(route)
        if any(link.ifname == "lo" for link in contents.entries(LINKS)):
            for dst, kind, scope in LOOPBACK:
                yield RouteEntry(
                    dst, "lo", type=kind, protocol="kernel", scope=scope, prefsrc="127.0.0.1", table="local"
                )

    def cause(self, entry: RouteEntry, contents: Contents) -> AddrEntry | None:
        """Return the address with which a route came; the same one may be there with another subnet too."""
        local = entry.type == "local"
        return next(
            (
                each
                for each in contents.entries(ADDRESSES)
                if (each.dev, each.local) == (entry.dev, entry.dst if local else entry.prefsrc)
                and (local or entry in _of_address(each, each))
            ),
            None,
        )

    def comparable(self, entry: RouteEntry) -> str:
        """Return the route with its table, without the lock of its MTU, which JSON does not tell."""
        return f"{entry.table}: {entry._replace(lock=False)}"

    def deciding(self, entry: RouteEntry) -> str:
        """Return the route without the lock of an MTU, which JSON does not tell."""
        return str(entry).replace(" mtu lock ", " mtu ")

    def author(self, entry: RouteEntry) -> str:
        """Return the program that the protocol stands for."""
        return {"bird": "BIRD", "kernel": "kernel", "static": "by hand or a program"}.get(
            entry.protocol or "", ""
        )

    def entry(self, printed: Object) -> Iterator[RouteEntry]:
        """Yield an IPv4 route: where IPv6 is, the tool lists its routes too, and ``default`` stands for either."""
        if ":" not in printed["dst"] + str(printed.get("gateway", "")):
            hops = tuple(
                NextHop(each.get("dev", ""), each.get("gateway"), each.get("weight", 1))
                for each in printed.get("nexthops", ())
            )
            first = hops[0] if hops else NextHop(printed.get("dev", ""), printed.get("gateway"))
            yield RouteEntry(
                printed["dst"],
                first.dev,
                first.gateway,
                printed.get("type", "unicast"),
                printed.get("protocol"),
                printed.get("scope"),
                printed.get("prefsrc"),
                printed.get("metric", 0),
                "onlink" in printed.get("flags", ()),
                printed.get("table", "main"),
                next((m["mtu"] for m in printed.get("metrics", ()) if "mtu" in m), None),
                hops=hops,
            )

    def in_order(self, entries: Iterable[RouteEntry]) -> list[RouteEntry]:
        """Return them as ``ip route show table all`` does: tables by the last byte of their number, then by network.

        Of several networks with the same address the longest comes first (``fib_trie``).
        """
        return sorted(entries, key=_order)

    def part(self, entry: RouteEntry) -> Part:
        """Return one routing table."""
        return self.table(entry.table)

    def table(self, name: str) -> Part:
        """Return one routing table by name."""
        suffix = "" if name == "main" else f" show table {name}"
        return Part(f"route/{name}", f"ip route{suffix}", lambda other: other.table == name)

    def section(self, contents: Contents, name: str) -> Section:
        """Return what is printed of one routing table."""
        part = self.table(name)
        return Section(part.command, self.lines(filter(part.has, contents.entries(self))))

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``ip route`` with any type, next hop, metric and MTU."""
        if around.present and pick.chance(25):
            return ["ip", "route", "del", *pick.one_of(around.present)[3:]]
        verb = pick.one_of(("add", "replace", "append"))
        dst = pick.one_of((*around.addresses, *around.networks, "default"))
        kind = pick.one_of(("unicast",) * 4 + (*REFUSING, "throw"))
        words = [] if kind == "unicast" else [kind]
        words.append(dst)
        if kind == "unicast":
            if pick.chance(60):
                words += ["via", pick.one_of(around.addresses)]
            words += ["dev", pick.one_of(around.names)]
            if pick.chance(20) and around.own:
                words += ["src", pick.one_of(around.own)]
        if pick.chance(25):
            words += ["metric", str(pick.one_of((10, 100, 1024)))]
        if kind == "unicast" and "via" in words and pick.chance(30):
            words.append("onlink")
        if kind == "unicast" and pick.chance(25):
            lock = ["lock"] if pick.chance(50) else []
            words += ["mtu", *lock, str(pick.one_of((1400, 1300, 600, 1500)))]
        if pick.chance(60 if any(argv[-2:] == ("lookup", OTHER) for argv in around.before) else 5):
            words += ["table", OTHER]
        return ["ip", "route", verb, *words]

    def sections(self, contents: Contents) -> list[Section]:
        """Return the main table; others are shown with the rules that name them."""
        return [self.section(contents, "main")]

    def json(self, contents: Contents) -> list[dict]:
        """Return the routes of all tables."""
        return [route.json() for route in self.in_order(contents.entries(self))]


LOOPBACK = (
    ("127.0.0.0/8", "local", "host"),
    ("127.0.0.1", "local", "host"),
    ("127.255.255.255", "broadcast", "link"),
)


OTHER = "100"
"""A table beside the kernel's own, in which routes are drawn."""
NUMBERS = {"default": 253, "main": 254, "local": 255}
"""The names that every machine has; others are a machine's own (/etc/iproute2/rt_tables), and no listing tells them."""


def _order(route: RouteEntry) -> tuple[int, int, int, int, bool]:
    network, length = prefix(route.dst)
    table = int(route.table) if route.table.isdigit() else NUMBERS.get(route.table, 0)
    return table & 255, network, -length, route.metric, route.type == "broadcast"


def _of_address(addr: AddrEntry, first: AddrEntry) -> Iterator[RouteEntry]:
    """Yield the routes of an address; one that is not the ``first`` of its subnet brings none to it."""
    ip, dev, length = first.local, addr.dev, addr.prefixlen
    yield RouteEntry(
        addr.local, dev, type="local", protocol="kernel", scope="host", prefsrc=ip, table="local"
    )
    if length == 32 or addr != first:
        return
    host = (1 << (32 - length)) - 1
    network = ipv4_to_int(ip) & ~host
    if addr.connected:
        yield RouteEntry(
            f"{ipv4_from_int(network)}/{length}", dev, protocol="kernel", scope="link", prefsrc=ip
        )
    if length < 31:
        last = ipv4_from_int(network | host)
        yield RouteEntry(
            last, dev, type="broadcast", protocol="kernel", scope="link", prefsrc=ip, table="local"
        )


ROUTES = Routes(
    "route",
    "ip route",
    (RouteEntry,),
    rank=30,
    files={"route.json": ("ip", "-j", "route", "show", "table", "all")},
    always=True,
    usual=True,
    chances=2,
)
