"""``nft`` commands that change a ruleset (1.0.6): ``add``, ``insert``, ``flush``, ``delete``."""

from __future__ import annotations

import re

from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.tables import NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.nftables import RULESET, NftEntry
from packetwalk.tables.nftables.entries import UNCOUNTED

KNOWN = (
    "add table, add chain (of no hook, or { policy accept|drop ; } of one that is there), add rule, insert rule, "
    "flush chain, delete table, delete chain"
)
FAMILIES = ("ip", "ip6", "inet", "arp", "bridge", "netdev")
VERBS = ("add", "insert", "flush", "delete")
POLICY = re.compile(r"\{ ?policy (accept|drop) ?; ?\}")


def run(terminal: Terminal, words: list[str]) -> str:
    """Change the ruleset of a namespace; nothing is printed."""
    verb, what, *named = words if len(words) > 2 else [*words, "", ""]
    family = named.pop(0) if named[0] in FAMILIES else "ip"
    least = 1 if what == "table" else 2
    if (verb, what) not in CHANGES or len(named) < least:
        raise Unknown("nft", " ".join(words), KNOWN)
    owner = f"{family} {named[0]}"
    change = _Change(terminal, words, owner, named[1] if least == 2 else "", " ".join(named[least:]))
    was = terminal.state.snapshot()
    CHANGES[verb, what](change)
    try:
        _ = terminal.ns.ruleset
    except ValueError:
        terminal.state.restore(was)
        raise Unknown("nft", " ".join(words), "rules in the words that its plugins write") from None
    return ""


class _Change:
    """One command: its words, the table and the chain that it is about, and the rest."""

    def __init__(self, terminal: Terminal, words: list[str], owner: str, chain: str, rest: str) -> None:
        self._terminal, self._line = terminal, " ".join(words)
        self._owner, self._chain, self._rest = owner, chain, rest
        self._inside = [each for each in terminal.entries(RULESET) if each.chain_table == owner]

    def add_table(self) -> None:
        """Make a table; one that is there stays as it is."""
        self._nothing_more()
        if not self._inside:
            self._add(NftTable(self._owner))

    def delete_table(self) -> None:
        """Take a table away, with all that is in it."""
        self._nothing_more()
        self._table()
        self._remove(self._inside)

    def add_chain(self) -> None:
        """Make a chain, or give one of a hook another policy."""
        self._table()
        head = self._head()
        policy = POLICY.fullmatch(self._rest)
        if self._rest and not policy:
            raise Unknown("nft", self._line, KNOWN)
        if policy and (head is None or not head.hook):
            raise self._failed("Operation not supported", f"policy {policy[1]}")
        if policy and head:
            turned = re.sub(r"policy \w+;", f"policy {policy[1]};", head.hook)
            self._terminal.state.replace(self._terminal.name, head, head._replace(hook=turned))
        elif head is None:
            self._add(NftChain(self._owner, self._chain))

    def flush_chain(self) -> None:
        """Take the rules of a chain away."""
        self._nothing_more()
        self._needed()
        self._remove(self._rules())

    def delete_chain(self) -> None:
        """Take a chain away with its rules, unless something leads there."""
        self._nothing_more()
        head = self._needed()
        leads = re.compile(rf"(jump|goto) {re.escape(self._chain)}\b")
        others = [each for each in self._inside if isinstance(each, NftRule | NftSet)]
        if any(leads.search(text) for each in others for text in _texts(each)):
            raise self._failed("Device or resource busy", self._chain)
        self._remove([*self._rules(), head])

    def add_rule(self) -> None:
        """Put a rule behind all others of a chain."""
        self._needed()
        self._add(self._rule())

    def insert_rule(self) -> None:
        """Put a rule before all others of a chain."""
        self._needed()
        rules = self._rules()
        if rules:
            self._terminal.state.insert(self._terminal.name, rules[0], self._rule())
        else:
            self._add(self._rule())

    def _rule(self) -> NftRule:
        if not self._rest:
            raise Unknown("nft", self._line, KNOWN)
        spec = re.sub(r"\bcounter\b(?! packets)", UNCOUNTED, self._rest)
        return NftRule(self._owner, self._chain, spec)

    def _rules(self) -> list[NftEntry]:
        return [each for each in self._inside if isinstance(each, NftRule) and each.chain == self._chain]

    def _head(self) -> NftChain | None:
        heads = (each for each in self._inside if isinstance(each, NftChain))
        return next((each for each in heads if each.chain == self._chain), None)

    def _needed(self) -> NftChain:
        self._table()
        head = self._head()
        if head is None:
            raise self._failed("No such file or directory", self._chain)
        return head

    def _table(self) -> None:
        if not self._inside:
            raise self._failed("No such file or directory", self._owner.split(" ")[1])

    def _nothing_more(self) -> None:
        if self._rest:
            raise Unknown("nft", self._line, KNOWN)

    def _failed(self, why: str, about: str) -> Failure:
        place = self._line.index(f" {about}") + 1
        return Failure(f"Error: Could not process rule: {why}\n{self._line}\n{' ' * place}{'^' * len(about)}")

    def _add(self, entry: NftEntry) -> None:
        self._terminal.state.add(self._terminal.name, entry)

    def _remove(self, entries: list[NftEntry]) -> None:
        for each in dict.fromkeys(entries):
            self._terminal.state.remove(self._terminal.name, each)


def _texts(entry: NftRule | NftSet) -> tuple[str, ...]:
    return (entry.spec,) if isinstance(entry, NftRule) else entry.elements


CHANGES = {
    ("add", "table"): _Change.add_table,
    ("add", "chain"): _Change.add_chain,
    ("add", "rule"): _Change.add_rule,
    ("insert", "rule"): _Change.insert_rule,
    ("flush", "chain"): _Change.flush_chain,
    ("delete", "table"): _Change.delete_table,
    ("delete", "chain"): _Change.delete_chain,
}
