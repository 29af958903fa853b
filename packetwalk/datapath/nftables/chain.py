"""The way of a packet through a base chain of nftables and the chains that it leads to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from packetwalk.datapath.chain import BaseChain, Met
from packetwalk.datapath.matches import UNTRACKED, MachineTables, View
from packetwalk.datapath.nftables.compiled import NftCompiled
from packetwalk.datapath.nftables.words import WordReader
from packetwalk.tables import NftChain, NftRule, NftSet
from packetwalk.tables.nftables import NftEntry
from packetwalk.trace.step import Decide

HOOK = re.compile(r"type (filter|nat|route) hook (\w+) priority ([\w-]+)(?: ([+-]) (\d+))?;")
NAMES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
"""The priorities that have names (``std_prios``)."""
FAMILIES = ("ip ", "inet ")
"""Of the other families (arp, ip6) no packet here is asked."""


class NftBaseChain(BaseChain):
    """A base chain; ``priority`` is its place at its hook, ``kind`` is ``filter``, ``nat`` or ``route``."""

    rules: Mapping[str, Sequence[NftCompiled]]

    def __init__(
        self, entry: NftChain, chains: Mapping[str, Sequence[NftCompiled]], decide: Decide, number: int
    ) -> None:
        """``chains`` are those of the table, ``number`` is the chain's place among all that were registered."""
        found = HOOK.match(entry.hook)
        if found is None:
            raise ValueError(f"nft chain {entry.chain}: {entry.hook!r} is not known")
        self.kind, hook, name, sign, more = found.groups()
        self.hook, self.number = hook.upper(), number
        self.priority = NAMES[name] if name in NAMES else int(name)
        self.priority += int(f"{sign}{more}") if sign else 0
        self.rules = chains
        self.idle = entry.chain not in chains and entry.target == "ACCEPT"
        super().__init__(entry.chain_table, self.hook, {}, entry, decide)

    def _reads(self, chain: str, met: set[str]) -> Iterator[str]:
        met.add(chain)
        for rule in self.rules.get(chain, ()):
            for each in rule.expressions:
                yield from each.reads
            for other in rule.leads:
                if other not in met:
                    yield from self._reads(other, met)

    def _run(
        self, chain: str, view: View, path: str, allowed: list[Met], counts: list
    ) -> tuple[Met | None, Met | None, View]:
        """Walk one chain: (what decided or None, the last return met or None, the view now)."""
        returned = None
        for rule in self.rules.get(chain, ()):
            outcome = rule.ask(view)
            if outcome.counted:
                counts.append(rule)
            if outcome.mark != view.mark and rule.entry.policy:
                allowed.append(Met("MARK", rule.entry, path, outcome.mark))
            view = view._replace(mark=outcome.mark)
            how, _, what = outcome.verdict.partition(" ")
            if how in ("jump", "goto"):
                found, inner, view = self._run(what, view, f"{path} > {what}", allowed, counts)
                if found or how == "goto":
                    return found, inner or returned, view
                returned = inner or returned
            elif how == "notrack":
                view = view._replace(ctstate=view.ctstate or UNTRACKED)
            elif how:
                met = Met(how.upper(), rule.entry, path, view.mark, outcome.verdict if what else None)
                return (None, met, view) if how == "return" else (met, None, view)
        return None, returned, view


def base_chains(
    entries: Iterable[NftEntry], state: MachineTables, decide: Decide, made: Mapping[object, int]
) -> tuple[list[NftBaseChain], bool]:
    """Return the base chains of families ``ip`` and ``inet``, and whether connections are tracked for a rule.

    ``made`` says of a base chain how many lines of the namespace's tables were written before it.
    """
    every = [entry for entry in entries if entry.chain_table.startswith(FAMILIES)]
    chains: list[NftBaseChain] = []
    tracks = False
    for table in dict.fromkeys(entry.chain_table for entry in every):
        mine = [entry for entry in every if entry.chain_table == table]
        reader = WordReader({each.name: each for each in mine if isinstance(each, NftSet)}, state)
        rules: dict[str, list[NftCompiled]] = {}
        for entry in mine:
            if isinstance(entry, NftRule):
                before = rules.setdefault(entry.chain, [])
                same = sum(each.entry == entry for each in before)
                before.append(reader.rule(entry)._replace(same=same))
        tracks = tracks or any(rule.tracks for each in rules.values() for rule in each)
        for entry in mine:
            if isinstance(entry, NftChain) and entry.hook:
                chain = NftBaseChain(entry, rules, decide, made[entry])
                chains.append(chain)
    return chains, tracks
