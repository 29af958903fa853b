"""Netfilter: the hooks, and which tables wait there.

Source for the order of tables at a hook: the priorities in ``include/uapi/linux/netfilter_ipv4.h``
(raw -300, mangle -150, dstnat -100, filter 0, srcnat 100).
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.chain import BaseChain, Rule, compile_rule
from packetwalk.datapath.matches import MachineTables
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


class Hook(NamedTuple):
    """What waits for packets at a hook: base chains, and connection tracking.

    ``raw`` comes before connection tracking; the others after it, and for packets of a connection that is
    known already only the ``later`` ones, which are all but nat.
    """

    raw: BaseChain | None
    chains: tuple[BaseChain, ...]
    later: tuple[BaseChain, ...]
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
        for entry in rules:
            chains = self._chains.setdefault(entry.chain_table, {})
            chains.setdefault(entry.chain, []).append(compile_rule(entry, state))
        self._policies = {(p.chain_table, p.chain): p for p in policies}
        self.tracks = any(rule.chain_table == "nat" or "state " in rule.spec for rule in rules)
        self.at = {name: self._hook(name) for name in TABLES_AT}

    def _hook(self, name: str) -> Hook | None:
        """Return what waits at a hook."""
        found = [chain for table in TABLES_AT[name] if (chain := self._base_chain(table, name))]
        if not found and not self.tracks:
            return None
        raw = next((chain for chain in found if chain.table == "raw"), None)
        chains = tuple(chain for chain in found if chain is not raw)
        later = tuple(chain for chain in chains if chain.table != "nat")
        return Hook(raw, chains, later, self.tracks and name in TRACKS_AT, name in CONFIRMS_AT)

    def _base_chain(self, table: str, hook: str) -> BaseChain | None:
        """Return the base chain of a table at a hook, if it does anything there."""
        chains = self._chains.get(table, {})
        policy = self._policies.get((table, hook)) or ChainPolicy(table, hook, "ACCEPT")
        if hook not in chains and policy.target == "ACCEPT":
            return None
        return BaseChain(table, hook, chains, policy, self._decide)
