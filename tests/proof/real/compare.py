"""Compare a recording with its cluster by the plan, table by table; what is known to differ is taken out first."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import ndiff
from typing import NamedTuple

from packetwalk.capture.recording import Place
from packetwalk.tables import IptablesRule, every_table
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.nftables import RULESET
from packetwalk.tables.table import Contents
from tests.proof.real import known, weaver
from tests.proof.real.recording import RealRecording


class Compared(NamedTuple):
    """One table of one namespace: the lines that only one side has, or that stand elsewhere.

    ``known`` are the names of differences that were taken out before.
    """

    netns: str
    table: str
    differences: list[str]
    known: set[str]


def compare(recording: RealRecording) -> Iterator[Compared]:
    """Yield every table of every namespace."""
    for place in recording.places:
        model = recording.network.fabric.netns(place.netns)
        for name, mine, theirs in _tables(model, place):
            sides, found = known.apply(recording.name, place.netns, name, known.Sides(mine, theirs))
            yield Compared(place.netns, name, _differences(*sides), found)


def _tables(model: Contents, place: Place) -> Iterator[tuple[str, list[str], list[str]]]:
    for table in every_table():
        if table is IPTABLES:
            yield from _rules(model, place)
        elif table is RULESET:
            sides = table.sides(model, place)
            if sides and any(sides):
                yield table.name, *(sorted(lines, key=_in_chain) for lines in sides)
        elif table is SETS:
            if "ipset.txt" in place.files or model.entries(SETS):
                mine, theirs = (list(map(_set, each.entries(SETS))) for each in (model, place))
                yield table.name, mine, theirs
        elif table is ADDRESSES and "addr.json" in place.files:  # with broadcast addresses
            yield table.name, *(sorted(map(str, each.entries(ADDRESSES))) for each in (model, place))
        elif table.files.keys().isdisjoint(place.files):
            continue
        elif table.compared and (sides := table.sides(model, place)):
            yield table.name, sorted(sides.model), sorted(sides.recorded)
    yield from weaver.tables(model, place)


def _in_chain(line: str) -> tuple:
    """Return where a line of nftables stands: a rule behind those before it in its chain, all else by its words."""
    return RULESET.chain(line) or (line,)


def _set(each) -> str:
    return f"{each.name} {each.type} {each.options}: {' '.join(sorted(each.members))}"


def _rules(model: Contents, place: Place) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each of netfilter's tables: its own chains by name, then the rules of each chain in their order."""
    text = place.files.get("iptables.txt")
    if text is None:
        return
    every = list(model.entries(IPTABLES))
    recorded: dict[str, list[str]] = {}
    table = ""
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:]
        elif line.startswith((":", "-A ")) and not (line.startswith(":") and " - " not in line):
            recorded.setdefault(table, []).append(line.partition(" [")[0] if line[0] == ":" else line)
    for name in ("raw", "mangle", "nat", "filter"):
        chains = [f":{chain} -" for chain in IPTABLES.made(every, name)]
        rules = [each for each in every if isinstance(each, IptablesRule) and each.chain_table == name]
        mine = [*chains, *_by_chain(map(str, rules))]
        theirs = recorded.get(name, [])
        theirs = [
            *sorted(line for line in theirs if line[0] == ":"),
            *_by_chain(line for line in theirs if line[0] != ":"),
        ]
        if mine or theirs:
            yield f"iptables/{name}", mine, theirs


def _by_chain(rules) -> list[str]:
    return sorted(rules, key=lambda line: line.split(" ", 2)[1])


def _differences(mine: list[str], theirs: list[str]) -> list[str]:
    if mine == theirs:
        return []
    return [line for line in ndiff(mine, theirs) if line[0] in "+-"]
