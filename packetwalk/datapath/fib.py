"""The routing tables of one network namespace and their lookup.

Mirrors ``fib_lookup``: rules in order of priority (table ``local``, others, then ``main``), in each
table the longest prefix wins, among equal prefixes the lowest metric; a ``throw`` route sends the
search on to the next rule, and so does one that the rule suppresses; a rule with an action ends it
(``fib4_rule_action``, ``fib4_rule_suppress``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from packetwalk.datapath.memo import Memo
from packetwalk.tables import IpRule, RouteEntry
from packetwalk.tables.ip_rule import KERNELS
from packetwalk.tables.route import REFUSING
from packetwalk.trace.step import Decide, Decision
from packetwalk.wire.address import ipv4_to_int, is_group, prefix

T = TypeVar("T")
EVERYBODY = "255.255.255.255"


class Prefixes(Generic[T]):
    """Values by prefix, asked by address: the longest prefix that fits answers."""

    def __init__(self, to_int: Callable[[str], int] = ipv4_to_int, bits: int = 32) -> None:
        """``to_int`` reads an address of the family, which has so many ``bits``."""
        self._by_mask: dict[int, dict[int, T]] = {}
        self._to_int, self._bits = to_int, bits

    def get(self, dst: str) -> T | None:
        """Return the value of exactly this prefix."""
        network, length = prefix(dst)
        return self._by_mask.get(_mask(length, self._bits), {}).get(network)

    def put(self, dst: str, value: T) -> None:
        """Set the value of a prefix."""
        network, length = prefix(dst)
        mask = _mask(length, self._bits)
        if mask not in self._by_mask:
            self._by_mask[mask] = {}
            self._by_mask = dict(sorted(self._by_mask.items(), reverse=True))
        self._by_mask[mask][network] = value

    def find(self, address: str) -> T | None:
        """Return the value of the longest prefix that holds ``address``, or None."""
        value = self._to_int(address)
        return next(
            (same[value & mask] for mask, same in self._by_mask.items() if value & mask in same), None
        )


def _mask(length: int, bits: int = 32) -> int:
    return (1 << bits) - (1 << (bits - length))


class Routed(NamedTuple):
    """The route of a packet, or None, and what steps say of how it was found; ``refused`` is the rule because of which there is none."""

    route: RouteEntry | None
    decisions: tuple[Decision, ...] = ()
    refused: IpRule | None = None


class RouteQuery(NamedTuple):
    """What routing looks at, as far as the rules do (``struct flowi4``): other fields are left empty.

    ``src`` is empty for a socket that has no address yet; ``iif`` is ``lo`` for what the machine itself sends.
    """

    dst: str
    mark: int = 0
    src: str = ""
    iif: str = ""


_query = partial(tuple.__new__, RouteQuery)


class Fib:
    """Routes by table; what was found is remembered (the tables never change).

    ``routed`` has what ``lookup`` finds, by what was ``asked`` and the key of the sentence about it ("" is
    the usual one).  ``customised`` says that somebody has added rules or local routes, so that addresses alone do not
    tell whose a sender is (``fib4_has_custom_rules``).
    """

    def __init__(
        self,
        routes: Iterable[RouteEntry],
        rules: Iterable[IpRule],
        decide: Decide,
        prefixes: Callable[[], Prefixes[RouteEntry]] = Prefixes,
    ) -> None:
        """``decide`` makes what a step says in this namespace; ``prefixes`` a table that is empty, of the family."""
        self._decide = decide
        routes = tuple(routes)
        self.rules = sorted(rules, key=lambda rule: rule.priority)
        self._tables: dict[str, Prefixes[RouteEntry]] = {}
        for route in routes:
            table = self._tables.setdefault(route.table, prefixes())
            known = table.get(route.dst)
            if known is None or route.metric < known.metric:
                table.put(route.dst, route)
        self.customised = any(rule not in KERNELS for rule in self.rules) or any(
            route.table == "local" and route.protocol != "kernel" for route in routes
        )
        self._marked = any(rule.fwmark for rule in self.rules)
        self.sourced = any(rule.src for rule in self.rules)
        self._received = any(rule.iif for rule in self.rules)
        self._looks_further = self._marked or self.sourced or self._received
        self._known: Memo[RouteQuery, tuple[RouteEntry | None, IpRule | None]] = Memo(self._search)
        self.routed: Memo[tuple[RouteQuery, str], Routed] = Memo(self._tell)

    def asked(self, dst: str, mark: int = 0, src: str = "", iif: str = "lo") -> RouteQuery:
        """Return what the rules look at of a question."""
        if not self._looks_further:
            return _query((dst, 0, "", ""))
        return _query(
            (
                dst,
                mark if self._marked else 0,
                src if self.sourced else "",
                iif if self._received else "",
            )
        )

    def lookup(self, dst: str, mark: int = 0, src: str = "", iif: str = "lo") -> RouteEntry | None:
        """Return the route for ``dst`` (and the packet's mark, source, device), or None when none matches."""
        return self._known[self.asked(dst, mark, src, iif)][0]

    def is_local(self, address: str) -> bool:
        """Say whether an address is this machine's own (``inet_addr_type``)."""
        route = self._tables["local"].find(address) if "local" in self._tables else None
        return route is not None and route.type == "local"

    def is_broadcast(self, dst: str) -> bool:
        """Say whether an address is that of everybody on a segment."""
        route = None if dst == EVERYBODY else self.lookup(dst)
        return dst == EVERYBODY or (route is not None and route.type == "broadcast")

    def is_for_many(self, dst: str) -> bool:
        """Say whether an address is that of everybody on a segment, or of a group."""
        return is_group(dst) or self.is_broadcast(dst)

    def _tell(self, question: tuple[RouteQuery, str]) -> Routed:
        asked, key = question
        dst = asked.dst
        route, rule = self._known[asked]
        if route is None or route.type in REFUSING:
            return Routed(route, refused=None if route else rule)
        found = self._decide("route", None, route, (key, dst) if key else _note(route, dst), None)
        if rule is None or route.table in ("local", "main"):
            return Routed(route, (found,))
        note = "lookup", rule.priority, route.table
        return Routed(route, (self._decide("route", None, rule, note, None), found))

    def _search(self, asked: RouteQuery) -> tuple[RouteEntry | None, IpRule | None]:
        """Return the route and the rule that led to it, or the rule that is why there is none."""
        suppressing = None
        for rule in self.rules:
            if not (rule.action or rule.lookup in self._tables) or not applies(rule, asked):
                continue
            if rule.action:
                return None, rule
            found = self._tables[rule.lookup].find(asked.dst)
            if found and found.type not in REFUSING and rule.suppresses(found.dst):
                suppressing = rule
            elif found and found.type != "throw":
                return found, rule
        return None, suppressing


def _note(route: RouteEntry, dst: str) -> tuple:
    if route.type in ("local", "broadcast"):
        return "local", dst
    if route.gateway:
        return "own-gateway" if route.own_gateway else "gateway", dst, route.dst, route.gateway, route.dev
    if route.dst == dst:
        return "host-route", dst, route.dev
    return "onlink", dst, route.dst, route.dev


def applies(rule: IpRule, asked: RouteQuery) -> bool:
    """Say whether a routing rule is for such packets (``fib4_rule_match``)."""
    fits = (
        (rule.fwmark is None or (asked.mark ^ rule.fwmark[0]) & rule.fwmark[1] == 0)
        and (rule.src is None or (asked.src != "" and _within(asked.src, rule.src)))
        and (rule.dst is None or _within(asked.dst, rule.dst))
        and rule.iif in (None, asked.iif)
    )
    return fits != rule.inverted


def _within(address: str, network: str) -> bool:
    first, length = prefix(network)
    return ipv4_to_int(address) & _mask(length) == first
