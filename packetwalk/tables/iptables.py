"""Netfilter's rules and chain policies, as ``iptables-save`` prints them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from packetwalk.tables.table import Contents, Part, Table

BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
}
"""The chains that each table has from the start."""


class IptablesRule(NamedTuple):
    """A netfilter rule, in the words of ``iptables-save``; ``spec`` is all after the chain.

    ``inserted`` rules stand before those that were there already (``iptables -I``); ``policy`` says that
    the rule is part of a network policy, so that what it drops is denied and what it marks is allowed.
    """

    chain_table: str
    chain: str
    spec: str
    inserted: bool = False
    policy: bool = False

    def __str__(self) -> str:
        return f"-A {self.chain} {self.spec}"

    def argv(self) -> list[list[str]]:
        """Return the line for ``iptables-restore --noflush`` (table, then the rule)."""
        words = str(self).split(" ")
        return [["iptables", "-t", self.chain_table, "-I" if self.inserted else "-A", *words[1:]]]


class ChainPolicy(NamedTuple):
    """What happens to a packet that no rule of a built-in chain decided (``iptables -P``)."""

    chain_table: str
    chain: str
    target: str

    def __str__(self) -> str:
        return f":{self.chain} {self.target} [0:0]"

    def argv(self) -> list[list[str]]:
        """Return ``iptables -P``."""
        return [["iptables", "-t", self.chain_table, "-P", self.chain, self.target]]


Entry = IptablesRule | ChainPolicy


class Iptables(Table[Entry]):
    """The rules and chain policies of all of netfilter's tables."""

    def key(self, entry: Entry) -> tuple[str, str] | None:
        """Return a policy's chain; rules are not replaced."""
        return (entry.chain_table, entry.chain) if isinstance(entry, ChainPolicy) else None

    def hold(self, written: Iterable[Entry]) -> list[Entry]:
        """Return inserted rules, the last one first, before those that were appended."""
        inserted: list[Entry] = []
        appended: list[Entry] = []
        for entry in super().hold(written):
            first = isinstance(entry, IptablesRule) and entry.inserted
            (inserted if first else appended).append(entry)
        return [*reversed(inserted), *appended]

    def part(self, entry: Entry) -> Part:
        """Return one of netfilter's tables."""
        table = entry.chain_table
        return Part(
            f"iptables/{table}", f"iptables-save -t {table}", lambda other: other.chain_table == table
        )

    def lines(self, entries: Iterable[Entry]) -> list[str]:
        """Return what ``iptables-save`` prints, without counters: built-in chains, then the others by name."""
        return self._saved(entries, policies)

    def _saved(
        self, entries: Iterable[Entry], built_in_of: Callable[[list[Entry], str], list[ChainPolicy]]
    ) -> list[str]:
        every, out = list(entries), []
        for table in sorted({entry.chain_table for entry in every}):
            mine = [entry for entry in every if entry.chain_table == table]
            rules = [entry for entry in mine if isinstance(entry, IptablesRule)]
            built_in = built_in_of(mine, table)
            first = [policy.chain for policy in built_in]
            made = sorted({rule.chain for rule in rules} - set(first))
            out += [f"*{table}", *map(str, built_in), *(f":{chain} - [0:0]" for chain in made)]
            out += [str(rule) for chain in (*first, *made) for rule in rules if rule.chain == chain]
            out.append("COMMIT")
        return out

    def json(self, contents: Contents) -> str:
        """Return the text, for the tool has no JSON; of built-in chains only those whose policy was set."""
        lines = self._saved(
            contents.entries(self),
            lambda mine, table: [each for each in mine if isinstance(each, ChainPolicy)],
        )
        return "".join(f"{line}\n" for line in lines)


IPTABLES = Iptables("iptables", "iptables-save", (IptablesRule, ChainPolicy), rank=90, always=True)


def policies(entries: Iterable[Entry], table: str) -> list[ChainPolicy]:
    """Return the built-in chains of one of netfilter's tables with their policies, ACCEPT unless set."""
    known = {
        each.chain: each for each in entries if isinstance(each, ChainPolicy) and each.chain_table == table
    }
    return [known.get(chain, ChainPolicy(table, chain, "ACCEPT")) for chain in BUILT_IN.get(table, ())]
