"""Netfilter: the hooks, and which chains wait there, those of iptables and those of nftables.

Source for the order of tables at a hook: the priorities in ``include/uapi/linux/netfilter_ipv4.h``
(raw -300, connection tracking -200, mangle -150, dstnat -100, filter 0, srcnat 100).  Of two with the same the
one that was registered last is asked first (``nf_hook_entries_grow``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from packetwalk.datapath.chain import BaseChain
from packetwalk.datapath.matches import MachineTables
from packetwalk.datapath.nftables import base_chains
from packetwalk.datapath.rule import Rule, compile_rule
from packetwalk.tables import ChainPolicy, IptablesRule
from packetwalk.tables.nftables import NftEntry
from packetwalk.trace.step import Decide

TABLES_AT = {
    "PREROUTING": ("raw", "mangle", "nat"),
    "INPUT": ("mangle", "filter", "nat"),
    "FORWARD": ("mangle", "filter"),
    "OUTPUT": ("raw", "mangle", "nat", "filter"),
    "POSTROUTING": ("mangle", "nat"),
}
TRACKS_AT, CONFIRMS_AT = {"PREROUTING", "OUTPUT"}, {"POSTROUTING", "INPUT"}
MANIP = {"PREROUTING": "dst", "OUTPUT": "dst", "POSTROUTING": "src", "INPUT": "src"}
"""Which end of a packet NAT changes at a hook (``HOOK2MANIP``)."""


CONNTRACK = -200
PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0}
NAT = {"PREROUTING": -100, "OUTPUT": -100, "INPUT": 100, "POSTROUTING": 100}


class Waiting(NamedTuple):
    """A chain at a hook: its priority, and of those with the same the newest first; whether it is one of NAT's."""

    place: tuple[int, int]
    translates: bool
    chain: BaseChain


class Hook(NamedTuple):
    """What waits for packets at a hook: base chains, connection tracking, NAT.

    ``raw`` come before connection tracking, ``before`` after it; then NAT changes the end ``manip``, for a
    new connection as the first of the chains ``nat`` says that says anything; then come ``after``, and new connections are confirmed.
    """

    raw: tuple[BaseChain, ...]
    before: tuple[BaseChain, ...]
    nat: tuple[BaseChain, ...]
    after: tuple[BaseChain, ...]
    manip: str | None
    tracks: bool
    confirms: bool


class Ruleset:
    """All chains of one network namespace; ``at`` has the hooks, None where nothing waits."""

    def __init__(
        self,
        rules: list[IptablesRule],
        policies: list[ChainPolicy],
        state: MachineTables,
        decide: Decide,
        native: Iterable[NftEntry] = (),
        registered: Callable[[], Mapping[object, int]] = dict,
    ) -> None:
        """``decide`` makes what a step says in this namespace.

        ``native`` are the lines of nftables; then ``registered`` says after how many others each base chain came,
        by its line, of iptables by table and chain.
        """
        self._decide = decide
        self._registered: Mapping[object, int] = registered() if native else {}
        self._native, tracks = base_chains(native, state, decide, self._registered)
        self._chains: dict[str, dict[str, list[Rule]]] = {}  # by table, then by name
        before: Counter[IptablesRule] = Counter()
        for entry in rules:
            chains = self._chains.setdefault(entry.chain_table, {})
            rule = compile_rule(entry, state)
            chains.setdefault(entry.chain, []).append(rule._replace(same=before[entry]))
            before[entry] += 1
        self._policies = {(p.chain_table, p.chain): p for p in policies}
        self.tracks = tracks or any(
            each.tracks for chains in self._chains.values() for c in chains.values() for each in c
        )
        self.at = {name: self._hook(name) for name in TABLES_AT}

    def _hook(self, name: str) -> Hook | None:
        """Return what waits at a hook."""
        waiting = sorted(self._waiting(name), key=lambda each: each.place)
        if not waiting and not self.tracks:
            return None
        turn = NAT.get(name, CONNTRACK)  # where there is no NAT all come after it
        others = [each for each in waiting if not each.translates]
        translates = "nat" in self._chains or any(chain.kind == "nat" for chain in self._native)
        return Hook(
            tuple(each.chain for each in others if each.place[0] < CONNTRACK),
            tuple(each.chain for each in others if CONNTRACK <= each.place[0] < turn),
            tuple(each.chain for each in waiting if each.translates),
            tuple(each.chain for each in others if each.place[0] >= turn),
            MANIP.get(name) if translates else None,
            self.tracks and name in TRACKS_AT,
            name in CONFIRMS_AT,
        )

    def _waiting(self, name: str) -> Iterable[Waiting]:
        """Yield the chains at a hook."""
        for table in TABLES_AT[name]:
            chain = self._base_chain(table, name)
            if chain:
                priority = NAT[name] if table == "nat" else PRIORITIES[table]
                yield Waiting((priority, -self._registered.get((table, name), 0)), table == "nat", chain)
        for native in self._native:
            if native.hook == name and not native.idle:
                yield Waiting((native.priority, -native.number), native.kind == "nat", native)

    def _base_chain(self, table: str, hook: str) -> BaseChain | None:
        """Return the base chain of a table at a hook, if it does anything there."""
        chains = self._chains.get(table, {})
        policy = self._policies.get((table, hook)) or ChainPolicy(table, hook, "ACCEPT")
        if hook not in chains and policy.target == "ACCEPT":
            return None
        return BaseChain(table, hook, chains, policy, self._decide)
