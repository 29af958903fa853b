"""Entries of every table, drawn at random: of each member by its name, else by its type.

A table whose members depend on each other, or whose listing does not show them all, stands in ``DRAWN`` or
``SEEN``; a new table needs neither unless it is such a one.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from ipaddress import IPv6Network
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from packetwalk.tables import (
    ChainPolicy,
    ConntrackEntry,
    Entry,
    IpRule,
    IptablesRule,
    LinkEntry,
    NftChain,
    NftRule,
    NftSet,
    NftTable,
    SocketEntry,
    SysctlEntry,
    Table,
    UserChain,
)
from packetwalk.tables.ip_rule import ACTIONS
from packetwalk.tables.iptables import BUILT_IN, IPTABLES, policies
from packetwalk.tables.ipv6 import Addr6Entry, Ip6tablesRule, Route6Entry
from packetwalk.tables.sysctl import DEFAULTS
from packetwalk.wire.address import ipv4_from_int, ipv4_to_int, ipv6_from_int, mac_from_int

words = st.text("abcxyz019.-", min_size=1, max_size=6).map("w{}".format)
numbers = st.integers(0, 2**32 - 1)
ports = st.integers(1, 2**16 - 1)
ipv4s = numbers.map(ipv4_from_int)
ipv6s = st.integers(0, 2**128 - 1).map(ipv6_from_int)
macs = st.integers(0, 2**47 - 1).map(lambda number: mac_from_int(number >> 40 << 41 | number & 2**40 - 1))
networks = st.one_of(
    st.just("default"), ipv4s, st.tuples(ipv4s, st.integers(0, 31)).map("{0[0]}/{0[1]}".format)
)
NAMED = {
    "mac": macs,
    "address": macs,
    "lladdr": st.none() | macs,
    "local": ipv4s,
    "src": ipv4s,
    "dst": networks,
    "gateway": st.none() | ipv4s,
    "prefsrc": st.none() | ipv4s,
    "prefixlen": st.integers(0, 32),
    "port": ports,
    "mtu": st.none() | ports,
}


def member(name: str, hint: Any) -> st.SearchStrategy:
    """Values of a member of an entry."""
    return NAMED[name] if name in NAMED else of_type(hint)


def of_type(hint: Any) -> st.SearchStrategy:
    """Values of a type; texts are single words."""
    plain = {str: words, int: numbers, bool: st.booleans(), type(None): st.none()}
    if hint in plain:
        return plain[hint]
    if hasattr(hint, "_fields"):
        return entry(hint)
    inner = [of_type(each) for each in get_args(hint) if each is not Ellipsis]
    if get_origin(hint) in (Union, types.UnionType):
        return st.one_of(inner)
    if get_args(hint)[-1] is Ellipsis:
        return st.lists(inner[0], unique=True, max_size=3).map(tuple)
    return st.tuples(*inner)


def entry(kind: type, **members: st.SearchStrategy) -> st.SearchStrategy:
    """Entries of a class, some members of which are drawn in another way."""
    drawn = {name: member(name, hint) for name, hint in get_type_hints(kind).items()}
    return st.fixed_dictionaries(drawn | members).map(lambda values: kind(**values))


def device(kind: str, **members: st.SearchStrategy) -> st.SearchStrategy:
    """Devices of a kind, as their listing shows them: without what only the plan knows."""
    drawn = {
        "ifname": st.just("lo") if kind == "lo" else words,
        "kind": st.just(kind),
        "mtu": ports,
        "master": st.none() if kind in ("lo", "eth") else st.none() | words,
    }
    return st.fixed_dictionaries(drawn | members).map(lambda values: LinkEntry(**values))


def connection(protocol: str, port: st.SearchStrategy, reply: st.SearchStrategy) -> st.SearchStrategy:
    """Connections; an echo has one identifier in the place of both ports."""

    def made(ends: tuple[str, ...], there: tuple[int, int], back: tuple[int, int]) -> ConntrackEntry:
        return ConntrackEntry(protocol, *ends[:2], *there, *ends[2:], *back)

    return st.builds(made, st.tuples(ipv4s, ipv4s, ipv4s, ipv4s), port, reply)


pairs = st.tuples(ports, ports)
owners = st.sampled_from(("ip w1", "ip w2", "arp w1"))
HOOK = "type filter hook input priority filter; policy accept;"


def in_nft(addresses: set[str]) -> tuple[str, ...]:
    """Addresses in the order in which nft prints them."""
    return tuple(sorted(addresses, key=ipv4_to_int))


def network6(of: tuple[str, int]) -> str:
    """The network in which an address lies."""
    return str(IPv6Network(f"{of[0]}/{of[1]}", strict=False))


same = ports.map(lambda number: (number, number))
DRAWN: dict[str, st.SearchStrategy] = {
    "link": st.one_of(
        *(
            device(kind, address=macs, hairpin=st.booleans())
            for kind in ("eth", "lo", "veth", "bridge", "openvswitch")
        ),
        device("vxlan", address=macs, vni=numbers, local=ipv4s, link=words, port=ports),
        device("vxlan", address=macs, port=ports),
        device("ipip", address=st.just(""), local=st.none() | ipv4s),
        device("wireguard", address=st.just("")),
        device("tun", address=st.just("")),
    ),
    "iptables": st.sampled_from(sorted(BUILT_IN)).flatmap(
        lambda table: st.one_of(
            entry(IptablesRule, chain_table=st.just(table), chain=words | st.sampled_from(BUILT_IN[table])),
            st.builds(ChainPolicy, st.just(table), st.sampled_from(BUILT_IN[table]), st.just("DROP")),
        )
    ),
    "ip6tables": entry(
        Ip6tablesRule, chain_table=st.sampled_from(sorted(BUILT_IN)), inserted=st.just(False), policy=st.just(False)
    ),
    "addr6": entry(Addr6Entry, local=ipv6s, prefixlen=st.integers(0, 128), scope=st.sampled_from(("global", "link"))),
    "route6": entry(
        Route6Entry,
        dst=st.one_of(st.just("default"), ipv6s, st.tuples(ipv6s, st.integers(112, 127)).map(network6)),
        gateway=st.none() | ipv6s,
        prefsrc=st.none() | ipv6s,
        scope=st.none(),
        lock=st.just(False),
        hops=st.just(()),
    ),
    "nft": st.one_of(
        entry(NftTable, chain_table=owners),
        entry(NftSet, chain_table=owners, type=st.just("ipv4_addr"), elements=st.sets(ipv4s).map(in_nft)),
        entry(
            NftSet,
            chain_table=owners,
            type=st.just("ipv4_addr . inet_proto . inet_service : verdict"),
            elements=st.just(('10.0.0.1 . tcp . 80 comment "w" : drop', "10.0.0.1 . udp . 80 : goto w1")),
        ),
        entry(NftChain, chain_table=owners, hook=st.sampled_from(("", HOOK)), comment=words),
        entry(NftRule, chain_table=owners, spec=words.map("counter packets 0 bytes 0 {}".format)),
    ),
    "rule": st.one_of(
        entry(IpRule, action=st.just("")),
        entry(IpRule, action=st.sampled_from(sorted(ACTIONS)), lookup=st.just(""), suppress=st.none()),
    ),
    "socket": entry(SocketEntry, protocol=st.sampled_from(("tcp", "udp")), port=ports, local=ipv4s),
    "sysctl": st.builds(SysctlEntry, st.sampled_from(sorted(DEFAULTS)), st.integers(-1, 9).map(str)),
    "conntrack": st.one_of(
        connection("tcp", pairs, pairs), connection("udp", pairs, pairs), connection("icmp", same, same)
    ),
}


def _rules(entries: Sequence[Entry]) -> list[Entry]:
    """Rules chain by chain, the policies of all built-in chains, and all others that are there or jumped to."""
    tables = {each.chain_table for each in entries}
    kept = [each._replace(inserted=False, policy=False) for each in entries if isinstance(each, IptablesRule)]
    made = [UserChain(table, chain) for table in tables for chain in IPTABLES.made(entries, table)]
    return [*kept, *made, *(policy for table in tables for policy in policies(entries, table))]


def _sockets(entries: Sequence[Entry]) -> list[Entry]:
    """Those of TCP and UDP, without the program behind them; one that listens on every address last."""
    return [each._replace(process="a program") for each in entries]


def _ruleset(entries: Sequence[Entry]) -> list[Entry]:
    """All of it, with the tables and chains that are there because something stands in them."""
    kept = [each._replace(policy=False) if isinstance(each, NftRule) else each for each in entries]
    tables = {each.chain_table for each in kept if isinstance(each, NftTable)}
    chains = {(each.chain_table, each.chain) for each in kept if isinstance(each, NftChain)}
    meant = {(each.chain_table, each.chain) for each in kept if isinstance(each, NftRule)}
    owners = {each.chain_table for each in kept}  # type: ignore[attr-defined]
    return [*kept, *map(NftTable, owners - tables), *(NftChain(*each) for each in meant - chains)]


def _settings(entries: Sequence[Entry]) -> list[Entry]:
    """Every setting that is asked for."""
    return [SysctlEntry(key, value) for key, value in (DEFAULTS | dict(entries)).items()]


def _without(**members: Any) -> Callable[[Sequence[Any]], list[Entry]]:
    """Entries with these members as they are in an entry that is read: the listing does not show them."""
    return lambda entries: [each._replace(**members) for each in entries]


def _routes(held: Sequence[Any]) -> list[Entry]:
    """Return routes without the lock of an MTU, or whose a gateway was; of several next hops the first stands for the route's own."""
    return [
        each._replace(
            lock=False, own_gateway=False, dev=(each.hops or [each])[0].dev, gateway=(each.hops or [each])[0].gateway
        )
        for each in held
    ]


SEEN: dict[str, Callable[[Sequence[Any]], list[Entry]]] = {
    "route": _routes,
    "route6": _without(own_gateway=False),
    "addr": _without(connected=True),
    "iptables": _rules,
    "nft": _ruleset,
    "socket": _sockets,
    "sysctl": _settings,
    "wg": _without(endpoint=""),
}
"""What a listing shows of what a table holds, where it is not just that."""


def entries(table: Table) -> st.SearchStrategy[list[Entry]]:
    """Lists of entries that a table can hold."""
    one = DRAWN[table.name] if table.name in DRAWN else st.one_of(*(entry(kind) for kind in table.holds))
    return st.lists(one, max_size=4, unique_by=lambda each: table.key(each) or each).map(table.hold)
