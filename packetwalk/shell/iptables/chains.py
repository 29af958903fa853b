"""The chains of a table and their rules, as a namespace has them, and how they are changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from packetwalk.plan.operation import Operation
from packetwalk.shell.state import BY_HAND
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import ChainPolicy, IptablesRule, UserChain
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import BUILT_IN, IPTABLES, jump, policies


class Chains(NamedTuple):
    """The chains of one of netfilter's tables in a namespace."""

    terminal: Terminal
    table: str

    @property
    def policies(self) -> list[ChainPolicy]:
        """The built-in chains with their policies."""
        return policies(self._entries, self.table)

    @property
    def _entries(self) -> list:
        every = self.terminal.ns.entries(IPTABLES)
        return [entry for entry in every if entry.chain_table == self.table]

    @property
    def made(self) -> list[str]:
        """The chains that somebody has made, by name."""
        return IPTABLES.made(self._entries, self.table)

    @property
    def names(self) -> list[str]:
        """All chains, the built-in ones first."""
        return [*BUILT_IN[self.table], *self.made]

    @property
    def used(self) -> bool:
        """Whether anything was ever written here."""
        return bool(self._entries)

    def rules(self, chain: str) -> list[IptablesRule]:
        """Return the rules of a chain in their order."""
        return [entry for entry in self._entries if isinstance(entry, IptablesRule) and entry.chain == chain]

    def references(self, chain: str) -> int:
        """Return how many rules jump to a chain."""
        return sum(
            1 for entry in self._entries if isinstance(entry, IptablesRule) and jump(entry.spec) == chain
        )

    def edit(self, chain: str, change: Callable[[list[IptablesRule]], list[IptablesRule]]) -> None:
        """Change the rules of a chain; those that stay keep their author."""

        def edit(plan: list[Operation]) -> list[Operation]:
            mine = [op for op in plan if _in(op, self.table, chain)]
            by = {_bare(op.entry): op for op in mine if isinstance(op.entry, IptablesRule)}
            made = [
                by[rule]._replace(entry=rule) if rule in by else Operation(self.terminal.name, rule, BY_HAND)
                for rule in map(_bare, change(_held(mine)))
            ]
            kept = [Operation(self.terminal.name, UserChain(self.table, name), BY_HAND) for name in names]
            return [*(op for op in plan if not _in(op, self.table, chain)), *kept, *made]

        names = self.made  # each stays, also with no rule in it or to it
        self.terminal.state.edit(self.terminal.name, edit)

    def unmake(self, chain: str) -> None:
        """Take away a chain without rules."""
        self.terminal.state.edit(
            self.terminal.name,
            lambda plan: [op for op in plan if op.entry != UserChain(self.table, chain)],
        )

    @property
    def sets(self) -> list[str]:
        """The names of the namespace's sets."""
        return [entry.name for entry in self.terminal.ns.entries(SETS)]

    def counted(self, rule: IptablesRule, same: int) -> tuple[int, int]:
        """Return packets and bytes of a rule; ``same`` equal ones stand before it."""
        return self.terminal.state.counters.rule(self.terminal.name, rule, same)

    def counted_policy(self, chain: str) -> tuple[int, int]:
        """Return packets and bytes of a policy."""
        return self.terminal.state.counters.policy(self.terminal.name, self.table, chain)

    def forget(self, rule: IptablesRule, same: int | None) -> None:
        """Let a rule begin to count at 0; without ``same`` all that are equal."""
        self.terminal.state.counters.forget(self.terminal.name, rule, same)

    def start_counting(self, chain: str, *, anew: bool = True) -> None:
        """Let a policy begin to count at 0; unless ``anew``, only one that counts already."""
        self.terminal.state.counters.start(self.terminal.name, self.table, chain, anew=anew)

    def add(self, entry: ChainPolicy | UserChain) -> None:
        """Set a policy, or make a chain."""
        self.terminal.state.add(self.terminal.name, entry)

    def reached(self, chain: str) -> list[IptablesRule]:
        """Return the rules of a chain and of those to which they lead."""
        met, todo = set[str](), [chain]
        while todo:
            met.add(todo[-1])
            todo += {jump(rule.spec) for rule in self.rules(todo.pop())} & set(self.made) - met
        return [rule for each in met for rule in self.rules(each)]

    def loops(self) -> bool:
        """Say whether a built-in chain leads to a chain that leads back to itself."""

        def visit(chain: str, above: tuple[str, ...]) -> bool:
            if chain in above:
                return True
            jumps = {jump(rule.spec) for rule in self.rules(chain)} & set(self.made)
            return any(visit(each, (*above, chain)) for each in jumps)

        return any(visit(chain, ()) for chain in BUILT_IN[self.table])


def _bare(rule: IptablesRule) -> IptablesRule:
    """Return a rule without how it was put in: a chain that was changed by hand is written in its order."""
    return rule._replace(inserted=False)


def _in(operation: Operation, table: str, chain: str) -> bool:
    entry = operation.entry
    return isinstance(entry, IptablesRule) and (entry.chain_table, entry.chain) == (table, chain)


def _held(operations: list[Operation]) -> list[IptablesRule]:
    rules = IPTABLES.hold(op.entry for op in operations if isinstance(op.entry, IptablesRule))
    return [rule for rule in rules if isinstance(rule, IptablesRule)]
