"""The reference solution: commands that make of a broken namespace what its plan says, from the difference of both."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule, LinkEntry, NftRule, SysctlEntry
from packetwalk.tables.entry import Entry

NAMED = (LinkEntry, SysctlEntry)
"""Entries that are changed where they are, not taken away and made."""


class Remedy(NamedTuple):
    """One command of a solution, and the machine or pod where it is typed."""

    place: str
    line: str

    def __str__(self) -> str:
        return f"{self.place}$ {self.line}"


def commands(healthy: Sequence[Operation], broken: Sequence[Operation]) -> Iterator[Remedy]:
    """Yield what mends one namespace: what is too much goes, what is missing comes, at its place."""
    missing = [each for each in healthy if each.entry not in {op.entry for op in broken}]
    extra = [each for each in broken if each.entry not in {op.entry for op in healthy}]
    for operation in extra:
        if not isinstance(operation.entry, NAMED):
            yield from _told(operation.netns, _undone(operation.entry))
    for operation in missing:
        entry = operation.entry
        was = next(
            (each.entry for each in extra if isinstance(entry, NAMED) and _same(each.entry, entry)), None
        )
        if isinstance(entry, LinkEntry) and isinstance(was, LinkEntry):
            yield from _told(operation.netns, _set(entry, was))
        elif isinstance(entry, IptablesRule):
            yield from _told(operation.netns, [_placed(entry, healthy)])
        elif isinstance(entry, NftRule):
            yield from _told(
                operation.netns,
                [["nft", *f"add rule {entry.chain_table} {entry.chain} {entry.spec}".split(" ")]],
            )
        else:
            yield from _told(operation.netns, entry.argv())


def _told(place: str, argv: Iterable[Sequence[str]]) -> Iterator[Remedy]:
    for words in argv:
        yield Remedy(place, " ".join(words) if words[0] == "nft" else shlex.join(words))


def _same(one: Entry, other: Entry) -> bool:
    """Say whether two entries are the same thing with other members."""
    first = "key" if isinstance(other, SysctlEntry) else "ifname"
    return type(one) is type(other) and getattr(one, first) == getattr(other, first)


def _undone(entry: Any) -> list[list[str]]:
    """Return the commands that take an entry away."""
    if isinstance(entry, IptablesRule):
        return [["iptables", "-t", entry.chain_table, "-D", entry.chain, *shlex.split(entry.spec)]]
    if isinstance(entry, AddrEntry):
        return [["ip", "addr", "del", f"{entry.local}/{entry.prefixlen}", "dev", entry.dev]]
    turned = {"add": "del", "append": "del", "replace": "del"}
    return [[turned.get(word, word) for word in words] for words in entry.argv()]


def _placed(rule: IptablesRule, healthy: Sequence[Operation]) -> list[str]:
    """Return the command that puts a rule where it stands in its chain."""
    chain: list[IptablesRule] = []
    for each in (op.entry for op in healthy):
        if isinstance(each, IptablesRule) and (each.chain_table, each.chain) == (
            rule.chain_table,
            rule.chain,
        ):
            chain.insert(0, each) if each.inserted else chain.append(each)
    number = str(chain.index(rule) + 1)
    return ["iptables", "-t", rule.chain_table, "-I", rule.chain, number, *shlex.split(rule.spec)]


def _set(link: LinkEntry, was: LinkEntry) -> Iterator[list[str]]:
    """Yield the commands that give a device its members back."""
    if link.master != was.master:
        yield ["ip", "link", "set", link.ifname, "master", str(link.master)]
    for name in ("mtu", "address"):
        if getattr(link, name) != getattr(was, name):
            yield ["ip", "link", "set", link.ifname, name, str(getattr(link, name))]
    if link.hairpin != was.hairpin:
        yield ["bridge", "link", "set", "dev", link.ifname, "hairpin", "on" if link.hairpin else "off"]
