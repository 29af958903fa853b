"""What a machine's like has: the lines of other nodes, or of other pods, told as they would be here.

A node's own addresses, subnets and MACs stand in its lines; with them exchanged, what is right on one node is right
on another.  What all others have and one has not is likely to be missing there; what it alone has, to be too much.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from ipaddress import IPv4Interface
from typing import Any, NamedTuple

from packetwalk.datapath.netns import Netns
from packetwalk.tables import Entry, IptablesRule, Table, every_table
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.conntrack import CONNECTIONS
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.iptables import BUILT_IN, IPTABLES
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.socket import SOCKETS
from packetwalk.tables.sysctl import SETTINGS
from packetwalk.why.loading import Loaded

WORD = re.compile(r"[0-9A-Za-z.:]+(?:/\d+)?")
OWN = "\0"
LEFT_OUT = (LINKS, CONNECTIONS, SOCKETS, ADDRESSES)
BLOCK = 26  # the prefix length of a Calico block


class Deviation(NamedTuple):
    """One line that a machine and its like have not both: ``there`` says how many of ``others`` have it as ``entry``.

    ``entry`` is told as it would stand here; a rule belongs behind the first ``place`` rules of its chain, None where
    the chain is missing too.
    """

    netns: str
    table: Table
    entry: Entry
    there: int
    others: int
    place: int | None = None

    @property
    def missing(self) -> bool:
        """Whether it is missing here, not too much."""
        return self.there > 0


class Identity:
    """What a machine calls its own: a name for each of its addresses, subnets and MACs, and back."""

    def __init__(self, ns: Netns) -> None:
        self._name: dict[str, str] = {}
        for addr in ns.addrs:
            if addr.dev == "lo":
                continue
            net = IPv4Interface(f"{addr.local}/{addr.prefixlen}").network
            self._add(f"address {addr.dev}", addr.local)
            if ns.links.get(addr.dev) and ns.links[addr.dev].kind != "eth":
                self._add(f"subnet {addr.dev}", str(net))
                self._add(f"network {addr.dev}", str(net.network_address))
                self._add(f"broadcast {addr.dev}", str(net.broadcast_address))
        for link in ns.links.values():
            if link.address and link.kind not in ("veth", "lo"):
                self._add(f"mac {link.ifname}", link.address)
        for route in ns.entries(ROUTES):
            if route.type == "blackhole" and route.dst.endswith(f"/{BLOCK}"):
                self._add("block", route.dst)
                self._add("network of the block", route.dst.partition("/")[0])
        if ns.kind == "pod":
            for route in ns.entries(ROUTES):
                if route.dst == "default" and route.gateway:
                    self._add("gateway", route.gateway)
                elif route.table == "main" and "/" in route.dst:
                    self._add("pods of the node", route.dst)
        self._value = {name: value for value, name in self._name.items()}

    def _add(self, name: str, value: str) -> None:
        self._name.setdefault(value, OWN + name + OWN)

    def told(self, entry: Any) -> Any:
        """Return a line with names in the place of what is the machine's own."""
        return mapped(entry, self._own)

    def _own(self, text: str) -> str:
        return WORD.sub(lambda hit: self._word(hit[0]), text)

    def _word(self, word: str) -> str:
        if word in self._name:
            return self._name[word]
        base, slash, length = word.partition("/")
        if slash and base in self._name and length == "32":
            return f"{self._name[base]}/{length}"
        return word

    def here(self, entry: Any) -> Any | None:
        """Return a line with what is this machine's own in the place of names; None where it has no such thing."""
        lost = False

        def back(text: str) -> str:
            nonlocal lost
            for name in set(re.findall(f"{OWN}[^{OWN}]*{OWN}", text)):
                lost |= name not in self._value
                text = text.replace(name, self._value.get(name, ""))
            return text

        made = mapped(entry, back)
        return None if lost else made


def mapped(value: Any, change: Any) -> Any:
    """Return a value with each of its texts changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        parts = [mapped(each, change) for each in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value


def siblings(loaded: Loaded, netns: str) -> list[str]:
    """Return the machines that should be like one: the other nodes, or the other pods, those on its node first."""
    me = loaded.plans[netns]
    like = [name for name, plan in loaded.plans.items() if plan.kind == me.kind and name != netns]
    return sorted(like, key=lambda name: loaded.plans[name].node != me.node)


def deviations(loaded: Loaded, netns: str) -> Iterator[Deviation]:
    """Yield what a machine has not and others of its kind have, then what it alone has."""
    others = [loaded.fabric.netns(name) for name in siblings(loaded, netns)]
    if not others:
        return
    ns = loaded.fabric.netns(netns)
    for table in every_table():
        if table not in LEFT_OUT and (not table.hidden or table is SETTINGS):
            yield from _of_table(ns, others, table)


def _of_table(ns: Netns, others: list[Netns], table: Table) -> Iterator[Deviation]:
    me = identity(ns)
    own = [each for each in ns.entries(table) if _lasting(table, each)]
    mine = {me.told(each) for each in own}
    found: dict[Entry, Deviation] = {}
    everybody: set[Any] = set()
    for there in others:
        them, chains = identity(there), _Chains(own)
        for entry in dict.fromkeys(there.entries(table)):
            if not _lasting(table, entry):
                continue
            told = them.told(entry)
            everybody |= {told, entry}
            made = me.here(told) or (entry if ns.kind == "pod" else None)  # a pod's gateway may be anybody's
            if made is None or me.told(entry) not in (
                entry,
                told,
            ):  # it cannot be said here, or is about this machine
                continue
            if told in mine or made in own:
                chains.passed(made)
                continue
            was = found.get(made)
            place = was.place if was else chains.place(made)
            found[made] = Deviation(ns.name, table, made, (was.there if was else 0) + 1, len(others), place)
    yield from sorted(found.values(), key=lambda each: -each.there)
    for entry in own:
        if me.told(entry) not in everybody and entry not in everybody:
            yield Deviation(ns.name, table, entry, 0, len(others))


class _Chains:
    """How far the rules of each chain have been passed that stand here as there."""

    def __init__(self, own: list[Any]) -> None:
        self._number: dict[tuple, int] = {}
        self._passed: dict[tuple, int] = {}
        counted: Counter[tuple] = Counter()
        for entry in own:
            if isinstance(entry, IptablesRule):
                chain = entry.chain_table, entry.chain
                self._passed.setdefault(chain, 0)
                counted[chain] += 1
                self._number[entry] = counted[chain]
            elif hasattr(entry, "chain"):
                self._passed.setdefault((entry.chain_table, entry.chain), 0)
        for table, names in BUILT_IN.items():
            for name in names:
                self._passed.setdefault((table, name), 0)

    def passed(self, entry: Any) -> None:
        if entry in self._number:
            self._passed[entry[:2]] = self._number[entry]

    def place(self, entry: Any) -> int | None:
        return self._passed.get(entry[:2]) if isinstance(entry, IptablesRule) else None


def identity(ns: Netns) -> Identity:
    """Return what a machine calls its own, found once."""
    found = ns.memo.get(OWN)
    if not isinstance(found, Identity):
        found = ns.memo[OWN] = Identity(ns)
    return found


def _lasting(table: Table, entry: Any) -> bool:
    """Say whether a line was written to stay; what was learnt differs as it likes."""
    if table is NEIGHBOURS:
        return entry.state in ("PERMANENT", "NOARP")
    if table is FORWARDING:
        return bool(entry.dst) and not entry.master
    if table is ROUTES:
        return entry.table != "local" and entry.protocol != "kernel"
    if table is IPTABLES:
        return not getattr(entry, "spec", "").startswith('-m comment --comment "cali:-')
    return True
