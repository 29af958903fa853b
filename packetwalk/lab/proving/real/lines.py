"""What kube-proxy wrote, and what the plan says, as lines that can be compared.

Of iptables the rules of kube-proxy's chains and those that lead there, with the chains themselves; of nftables its
table.  Left out is only what kube-proxy itself draws: the order in which the ports of Services follow each other in a
chain (it walks through a hash table), and chains of nftables that it has emptied and deletes a second later.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Set

from packetwalk.plan.rules import IPTABLES as BY_IPTABLES
from packetwalk.tables import IptablesRule, NftChain, NftRule, NftSet, UserChain
from packetwalk.tables.entry import Entry
from packetwalk.tables.iptables import IPTABLES, jump
from packetwalk.tables.nftables import RULESET

TABLE = "ip kube-proxy"
NAMED = re.compile(r' comment "([^"]+)"(?= : )')
OF_ALL_PORTS = ("KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-FIREWALL")
TITLE = re.compile(r'--comment "?([^" ]+/[^" ]+)')
LISTING: Mapping[str, list[str]] = {BY_IPTABLES: ["iptables-save"], "nftables": ["nft", "list", "ruleset"]}
Lines = dict[str, list[str]]
"""The lines of each chain and set, in their order where order counts."""


def written(mode: str, text: str) -> list[Entry]:
    """Return kube-proxy's lines of a listing in its mode."""
    if mode == BY_IPTABLES:
        return [each for each in IPTABLES.parse(text) if _of_kube_proxy(each)]
    return [each for each in RULESET.parse(text) if each.chain_table == TABLE]


def _of_kube_proxy(entry: Entry) -> bool:
    if isinstance(entry, UserChain):
        return entry.chain.startswith("KUBE-")
    return isinstance(entry, IptablesRule) and (
        entry.chain.startswith("KUBE-") or jump(entry.spec).startswith("KUBE-")
    )


def lines(entries: Iterable[Entry]) -> Lines:
    """Return entries as lines by chain or set."""
    every = _as_they_stand(entries)
    out: Lines = {}
    for entry in every:
        if isinstance(entry, UserChain):
            out.setdefault(f"{entry.chain_table} {entry.chain}", [])
        elif isinstance(entry, IptablesRule):
            out.setdefault(f"{entry.chain_table} {entry.chain}", []).append(entry.spec)
            goal = jump(entry.spec)
            if goal.startswith("KUBE-"):
                out.setdefault(f"{entry.chain_table} {goal}", [])
        elif isinstance(entry, NftSet):
            out[f"{entry.kind} {entry.name}"] = [*entry.properties, *sorted(entry.elements)]
        elif isinstance(entry, NftChain):
            out.setdefault(f"chain {entry.chain}", [])[:0] = [
                each for each in (entry.hook, entry.comment) if each
            ]
        elif isinstance(entry, NftRule):
            out.setdefault(f"chain {entry.chain}", []).append(entry.spec)
    for place, some in out.items():
        if place.partition(" ")[2] in OF_ALL_PORTS:
            some.sort(key=_title)
    empty = stale(every)
    return {place: some for place, some in out.items() if place not in empty}


def _as_they_stand(entries: Iterable[Entry]) -> list[Entry]:
    """Return entries with the rules of iptables where they come to stand: what was inserted last is first."""
    every = list(entries)
    rules: list[Entry] = [
        *IPTABLES.hold(each for each in every if isinstance(each, IptablesRule | UserChain))
    ]
    return rules + [each for each in every if not isinstance(each, IptablesRule | UserChain)]


def _title(line: str) -> str:
    """Return whose port a rule is about; what is about none stays at the end."""
    found = TITLE.search(line)
    return found[1] if found else "~"


def stale(entries: Iterable[Entry]) -> list[str]:
    """Return the chains of nftables for a Service's port that are empty and to which nothing leads."""
    every = list(entries)
    text = "\n".join(
        each.spec if isinstance(each, NftRule) else " ".join(each.elements)
        for each in every
        if isinstance(each, NftRule | NftSet)
    )
    filled = {each.chain for each in every if isinstance(each, NftRule)}
    return [
        f"chain {each.chain}"
        for each in every
        if isinstance(each, NftChain)
        and "/" in each.chain
        and each.chain not in filled
        and each.chain not in text
    ]


def titles(found: Lines) -> set[str]:
    """Return the ports of Services that elements name in their comments."""
    return {said[1] for some in found.values() for each in some if (said := NAMED.search(each))}


def with_own_comments(real: Lines, plan: Lines, known: Set[str]) -> Lines:
    """Return what kube-proxy wrote, with the plan's comment where an element kept that of a port that was there before.

    kube-proxy compares an element's key and value (``nftElementStorage.ensureElem``): where a port that takes a
    key over, renamed, leads to the same, the comment stays as it was.  What was is no part of a plan.
    """
    out = dict(real)
    for place in set(real) & set(plan):
        now = titles({place: plan[place]})
        told = {NAMED.sub("", each): each for each in plan[place] if NAMED.search(each)}
        out[place] = [
            told.get(NAMED.sub("", each), each)
            if (said := NAMED.search(each)) and said[1] in known - now
            else each
            for each in real[place]
        ]
    return out


def differences(plan: Lines, real: Lines) -> Iterator[str]:
    """Yield how they differ, place by place: a line that only one has, or another order."""
    for place in sorted({*plan, *real}):
        ours, theirs = plan.get(place), real.get(place)
        if ours is None or theirs is None:
            yield f"{place}: only {'kube-proxy' if ours is None else 'the plan'} has it"
            continue
        only_plan = [each for each in ours if each not in theirs]
        only_real = [each for each in theirs if each not in ours]
        if only_plan or only_real:
            yield f"{place}: plan {' | '.join(only_plan) or '-'}; kube-proxy {' | '.join(only_real) or '-'}"
        elif ours != theirs:
            yield f"{place}: another order: plan {' | '.join(ours)}; kube-proxy {' | '.join(theirs)}"
