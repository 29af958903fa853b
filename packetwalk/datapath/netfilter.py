"""Netfilter: the hooks, and which tables wait there.

Source for the order of tables at a hook: the priorities in ``include/uapi/linux/netfilter_ipv4.h``
(raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from packetwalk.datapath.chain import BaseChain
from packetwalk.datapath.matches import MachineTables
from packetwalk.datapath.rule import Rule, compile_rule
from packetwalk.tables import ChainPolicy, IptablesRule
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


class Hook(NamedTuple):
    """What waits for packets at a hook: base chains, connection tracking, NAT.

    ``raw`` comes before connection tracking, ``before`` after it; then NAT changes the end ``manip``, for a
    new connection as the chain ``nat`` says; then come ``after``, and new connections are confirmed.
    """

    raw: BaseChain | None
    before: tuple[BaseChain, ...]
    nat: BaseChain | None
    after: tuple[BaseChain, ...]
    manip: str | None
    tracks: bool
    confirms: bool


class Ruleset:
    """All chains of one network namespace; ``at`` has the hooks, None where nothing waits."""

    def __init__(
        self, rules: list[IptablesRule], policies: list[ChainPolicy], state: MachineTables, decide: Decide
    ) -> None:
        """``decide`` makes what a step says in this namespace."""
        self._decide = decide
        self._chains: dict[str, dict[str, list[Rule]]] = {}  # by table, then by name
        before: Counter[IptablesRule] = Counter()
        for entry in rules:
            chains = self._chains.setdefault(entry.chain_table, {})
            rule = compile_rule(entry, state)
            chains.setdefault(entry.chain, []).append(rule._replace(same=before[entry]))
            before[entry] += 1
        self._policies = {(p.chain_table, p.chain): p for p in policies}
        self.tracks = any(
            each.tracks for chains in self._chains.values() for c in chains.values() for each in c
        )
        self.at = {name: self._hook(name) for name in TABLES_AT}

    def _hook(self, name: str) -> Hook | None:
        """Return what waits at a hook."""
        found = [chain for table in TABLES_AT[name] if (chain := self._base_chain(table, name))]
        if not found and not self.tracks:
            return None
        at = {chain.table: chain for chain in found}
        order = TABLES_AT[name]
        place = order.index("nat") if "nat" in order else len(order)
        before = tuple(at[table] for table in order[:place] if table in at and table != "raw")
        after = tuple(at[table] for table in order[place + 1 :] if table in at)
        manip = MANIP.get(name) if "nat" in self._chains else None
        tracks = self.tracks and name in TRACKS_AT
        return Hook(at.get("raw"), before, at.get("nat"), after, manip, tracks, name in CONFIRMS_AT)

    def _base_chain(self, table: str, hook: str) -> BaseChain | None:
        """Return the base chain of a table at a hook, if it does anything there."""
        chains = self._chains.get(table, {})
        policy = self._policies.get((table, hook)) or ChainPolicy(table, hook, "ACCEPT")
        if hook not in chains and policy.target == "ACCEPT":
            return None
        return BaseChain(table, hook, chains, policy, self._decide)
