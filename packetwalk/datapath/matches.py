"""What a netfilter rule can ask about a packet, in the words of ``iptables-save``.

Each word becomes a function of the packet; those that need more than the packet (a set, the routing
table, the machine's own addresses) find it in ``MachineTables``.
"""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import NamedTuple

from packetwalk.datapath.fib import Fib
from packetwalk.datapath.sets import holds
from packetwalk.tables import IpSet
from packetwalk.wire.address import ipv4_to_int, ipv6_to_int, prefix

NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED = "NEW", "ESTABLISHED", "RELATED", "INVALID", "UNTRACKED"
STATES = {NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED}
TRANSLATED = {"DNAT": "dst", "SNAT": "src"}


class View(NamedTuple):
    """What rules can match on: one packet at one hook. It begins as connection tracking's tuple does."""

    protocol: str = ""
    src: str = ""
    sport: int = 0
    dst: str = ""
    dport: int = 0
    indev: str | None = None
    outdev: str | None = None
    mark: int = 0
    ctstate: str | None = None
    aside: Aside | None = None


class Aside(NamedTuple):
    """What few rules ask for: a bridged frame's ports, ESP's security association, whether xfrm will encrypt it.

    ``translated`` are the ends of its connection that NAT changed, ``dst`` and ``src``.
    """

    physin: str | None
    physout: str | None
    spi: int | None
    encrypted: bool
    translated: frozenset[str] = frozenset()
    icmp: tuple[int, int] = (-1, -1)  # type and code
    flags: str = ""  # TCP's, a letter each


class MachineTables(NamedTuple):
    """The tables of the machine that rules ask: routes, own addresses with their devices, sets.

    ``recent`` are the clients that lists remember, each with its list's name.
    """

    fib: Fib
    local: Mapping[str, str]
    sets: Mapping[str, IpSet]
    recent: frozenset[tuple[str, str]] = frozenset()


class Match(NamedTuple):
    """A question about a packet: ``reads`` are the fields of its view that the answer depends on."""

    reads: tuple[str, ...]
    test: Callable[[View], bool]

    def inverse(self) -> Match:
        """Return the question with the other answer (``!``)."""
        return Match(self.reads, lambda view: not self.test(view))


class Option(NamedTuple):
    """A word of a rule with its values; ``flags`` are the words without values beside it."""

    word: str
    values: tuple[str, ...]
    negated: bool
    flags: set[str]


@lru_cache(1 << 14)
def options(spec: str) -> tuple[Option, ...]:
    """Read a rule word by word; the flags of a match belong to its module (``-m``)."""
    found: list[Option] = []
    negated, flags = False, set[str]()
    queue = iter(shlex.split(spec))
    for word in queue:
        if word == "!":
            negated = True
            continue
        if word in ("-m", "-j"):
            flags = set()
        values = tuple(next(queue, "") for _ in range(VALUES.get(word, 1)))
        if not values:
            flags.add(word)
        found.append(Option(word, values, negated, flags))
        negated = False
    return tuple(found)


VALUES = {
    "--match-set": 2,
    "--invert": 0,
    "--validmark": 0,
    "--limit-iface-out": 0,
    "--random-fully": 0,
    "--notrack": 0,
    "--physdev-is-bridged": 0,
    "--log-tcp-sequence": 0,
    "--log-tcp-options": 0,
    "--log-ip-options": 0,
    "--log-uid": 0,
    "--log-macdecode": 0,
    "--tcp-flags": 2,
    "--rcheck": 0,
    "--set": 0,
    "--reap": 0,
    "--rsource": 0,
}


@lru_cache(1 << 12)
def _net(values: tuple[str, ...], side: str) -> Match:
    network, length = prefix(values[0])
    to_int, bits = (ipv6_to_int, 128) if ":" in values[0] else (ipv4_to_int, 32)
    mask = (1 << bits) - (1 << (bits - length))
    if side == "src":
        return Match((side,), lambda view: to_int(view.src) & mask == network)
    return Match((side,), lambda view: to_int(view.dst) & mask == network)


@lru_cache(1 << 12)
def _device(values: tuple[str, ...], side: str) -> Match:
    stem = values[0].removesuffix("+")
    if stem != values[0]:
        return Match((side,), lambda view: (getattr(view, side) or "").startswith(stem))
    return Match((side,), lambda view: getattr(view, side) == stem)


@lru_cache(1 << 12)
def _protocol(values: tuple[str, ...]) -> Match:
    return Match(("protocol",), lambda view: view.protocol == values[0])


@lru_cache(1 << 12)
def _mark(values: tuple[str, ...]) -> Match:
    wanted, _, mask = values[0].partition("/")
    bits, want = int(mask or "0xffffffff", 16), int(wanted, 16)
    return Match(("mark",), lambda view: view.mark & bits == want)


@lru_cache(1 << 12)
def _ports(values: tuple[str, ...], side: str) -> Match:
    """Ports and ranges of ports; ``side`` is ``sport``, ``dport`` or, for either, ``ports``."""
    ranges = [part.partition(":") for part in values[0].split(",")]
    ports = {port for low, _, high in ranges for port in range(int(low), int(high or low) + 1)}
    if side == "ports":
        return Match(("sport", "dport"), lambda view: view.sport in ports or view.dport in ports)
    return Match((side,), lambda view: getattr(view, side) in ports)


@lru_cache(1 << 12)
def _states(values: tuple[str, ...]) -> Match:
    """``-m conntrack`` and ``state``: a packet without a connection that nobody excused is INVALID."""
    states = set(values[0].split(","))
    if unknown := states - STATES - TRANSLATED.keys():
        raise ValueError(f"connection state {min(unknown)} is not known")
    ends = {end for state, end in TRANSLATED.items() if state in states}
    if not ends:
        return Match(("ctstate",), lambda view: (view.ctstate or INVALID) in states)
    return Match(
        ("ctstate", "aside"),
        lambda view: (view.ctstate or INVALID) in states or bool(view.aside and view.aside.translated & ends),
    )


@lru_cache(1 << 12)
def _aside(field: str, value: object) -> Match:
    """``-m physdev``, ``-m esp``, ``-m policy``: what the rule set gathers only if a rule asks."""
    return Match(("aside",), lambda view: getattr(view.aside, field) == value)


def _is_bridged(view: View) -> bool:
    """``--physdev-is-bridged``: the bridge sends it out of a port, which it does not know in INPUT (``physdev_mt``)."""
    return view.aside is not None and view.aside.physout is not None


def _icmp(values: tuple[str, ...]) -> Match:
    """``--icmp-type``: a type, perhaps with its code."""
    if values[0] == "any":
        return Match(("aside",), lambda view: view.aside is not None and view.aside.icmp != (-1, -1))
    kind, slash, code = values[0].partition("/")
    wanted = (int(kind), int(code)) if slash else (int(kind),)
    return Match(("aside",), lambda view: view.aside is not None and view.aside.icmp[: len(wanted)] == wanted)


def _flags(values: tuple[str, ...]) -> Match:
    """``--tcp-flags MASK WANTED``; a flag's letter is its first, but ACK's is a dot in tcpdump only."""
    mask, wanted = ({name[0] for name in value.split(",") if name != "NONE"} for value in values)
    return Match(("aside",), lambda view: view.aside is not None and set(view.aside.flags) & mask == wanted)


def _set(values: tuple[str, ...], state: MachineTables) -> Match:
    """``-m set``: whether a set holds the packet's ends, or its ends and a port."""
    name, ends = values
    return Match(*holds(name, tuple(ends.split(",")), state.sets))


def _address_type(values: tuple[str, ...], flags: set[str], state: MachineTables, side: str) -> Match:
    """``-m addrtype``, of which only LOCAL: an address of this machine (of the outgoing device)."""
    if values != ("LOCAL",):
        raise ValueError(f"address type {values[0]} is not known")
    if "--limit-iface-out" in flags:
        return Match((side, "outdev"), lambda view: state.local.get(getattr(view, side)) == view.outdev)

    def is_local(view: View) -> bool:
        address = getattr(view, side)
        return address in state.local or address.startswith("127.") or address == "::1"

    return Match((side,), is_local)


@lru_cache(1 << 12)
def _chance(values: tuple[str, ...]) -> Match:
    """``-m statistic --mode random``: the kernel draws anew each time, here the connection's ends say."""
    share = float(values[0])

    def drawn(view: View) -> bool:
        ends = f"{view.protocol} {view.src} {view.sport} {view.dst} {view.dport} {values[0]}"
        return zlib.crc32(ends.encode()) < share * 2**32

    return Match(("protocol", "src", "sport", "dst", "dport"), drawn)


def _random(values: tuple[str, ...]) -> Match | None:
    if values != ("random",):
        raise ValueError(f"mode {values[0]} of statistic is not known")
    return None


def _reverse_path(flags: set[str], state: MachineTables) -> Match:
    """``-m rpfilter`` (``rpfilter_lookup_reverse``): does the way back leave by the way it came?"""

    def passes(view: View) -> bool:
        route = state.fib.lookup(view.src, view.mark if "--validmark" in flags else 0, view.dst)
        return route is not None and route.type == "unicast" and route.dev == view.indev

    reads = ("src", "mark", "indev", *(("dst",) if state.fib.sourced else ()))
    return Match(reads, (lambda view: not passes(view)) if "--invert" in flags else passes)


def _recent(values: tuple[str, ...], flags: set[str], state: MachineTables) -> Match | None:
    """``-m recent``: what ``--rcheck`` asks its list; ``--set`` fits all, and a walk writes nothing down."""
    if "--rcheck" not in flags:
        return None
    return Match(("src",), lambda view: (values[0], view.src) in state.recent)


def _module(values: tuple[str, ...], flags: set[str], state: MachineTables) -> Match | None:
    return _reverse_path(flags, state) if values == ("rpfilter",) else None


MATCHES: dict[str, Callable[[tuple[str, ...], set[str], MachineTables], Match | None]] = {
    "-m": _module,
    "-s": lambda values, flags, state: _net(values, "src"),
    "-d": lambda values, flags, state: _net(values, "dst"),
    "-i": lambda values, flags, state: _device(values, "indev"),
    "-o": lambda values, flags, state: _device(values, "outdev"),
    "-p": lambda values, flags, state: _protocol(values),
    "--dport": lambda values, flags, state: _ports(values, "dport"),
    "--sport": lambda values, flags, state: _ports(values, "sport"),
    "--dports": lambda values, flags, state: _ports(values, "dport"),
    "--sports": lambda values, flags, state: _ports(values, "sport"),
    "--ports": lambda values, flags, state: _ports(values, "ports"),
    "--icmp-type": lambda values, flags, state: _icmp(values),
    "--tcp-flags": lambda values, flags, state: _flags(values),
    "--mark": lambda values, flags, state: _mark(values),
    "--ctstate": lambda values, flags, state: _states(values),
    "--state": lambda values, flags, state: _states(values),
    "--physdev-in": lambda values, flags, state: _aside("physin", values[0]),
    "--physdev-out": lambda values, flags, state: _aside("physout", values[0]),
    "--physdev-is-bridged": lambda values, flags, state: Match(("aside",), _is_bridged),
    "--espspi": lambda values, flags, state: _aside("spi", int(values[0], 0)),
    "--pol": lambda values, flags, state: _aside("encrypted", values[0] == "ipsec"),
    "--mode": lambda values, flags, state: _random(values),
    "--probability": lambda values, flags, state: _chance(values),
    "--name": _recent,
    "--match-set": lambda values, flags, state: _set(values, state),
    "--src-type": lambda values, flags, state: _address_type(values, flags, state, "src"),
    "--dst-type": lambda values, flags, state: _address_type(values, flags, state, "dst"),
}
