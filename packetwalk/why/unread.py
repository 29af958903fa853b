"""Rules of which the model does not know every word: what it does know is asked, and whoever gets so far is not known.

Rates, owners, countries, helpers: whether a packet has what they ask is in no recording.  In such a rule's place stands one
that asks the rest of it, reports, and decides nothing.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.datapath.matches import MachineTables, options
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.nftables.words import TOKEN, TRANSPORTS, WordReader
from packetwalk.datapath.rule import GOES_ON, compile_rule
from packetwalk.tables import IptablesRule, NftRule, NftSet
from packetwalk.tables.ipset import SETS

MARK = "packetwalk-unread"
"""What stands in the reports of rules that are put in the place of others."""
COUNTED = f'counter packets 0 bytes 0 log prefix "{MARK}'
REFUSING, PASSING = ("drop", "reject"), ("accept",)

Rule = IptablesRule | NftRule


def put_aside(entries: Iterable[Any], own: Netns) -> tuple[list[Any], dict[Rule, Rule]]:
    """Return a namespace's lines with others in the place of rules that the model cannot read, and those rules by the others.

    ``own`` is the namespace without rules.
    """
    every = list(entries)
    state = MachineTables(own.fib, own.local, {entry.name: entry for entry in own.entries(SETS)})
    tables: dict[str, dict[str, NftSet]] = {}
    for entry in every:
        if isinstance(entry, NftSet):
            tables.setdefault(entry.chain_table, {})[entry.name] = entry
    out: list[Any] = []
    unread: dict[Rule, Rule] = {}
    for entry in every:
        made = entry
        if isinstance(entry, IptablesRule) and not _reads(entry, state):
            made = entry._replace(spec=_known_part(entry, state, len(unread)))
        elif isinstance(entry, NftRule):
            made = _known_beginning(entry, WordReader(tables.get(entry.chain_table, {}), state), len(unread))
        if made is not entry:
            unread[made] = entry
        out.append(made)
    return out, unread


def verdict_of(rule: Rule) -> str:
    """Return what a rule does with a packet that has all it asks for, in the words of nft; nothing where it is not clear."""
    if isinstance(rule, NftRule):
        last = rule.words.split(" ")[-1]
    else:
        last = next((each.values[0] for each in options(rule.spec) if each.word == "-j"), "").lower()
    return last if last in (*REFUSING, *PASSING) else ""


def _reads(entry: IptablesRule, state: MachineTables) -> bool:
    try:
        compile_rule(entry, state)
    except (KeyError, ValueError, IndexError):
        return False
    return True


def _known_part(entry: IptablesRule, state: MachineTables, number: int) -> str:
    """Return what of a rule is known, each word for itself; one that only reports does so whatever it asks."""
    kept: list[str] = []
    for each in options(entry.spec):
        words = [*(["!"] if each.negated else []), each.word, *map(shlex.quote, each.values)]
        known = each.word not in ("-j", "-g") and not each.word.startswith(("--to-", "--set-", "--reject-"))
        if known and each.word.startswith("-") and _reads(entry._replace(spec=" ".join([*kept, *words])), state):
            kept += words
    target = next((each.values[0] for each in options(entry.spec) if each.word == "-j"), "")
    report = [] if target in GOES_ON else ["--log-prefix", f"{MARK}-{number}"]
    return " ".join([*kept, "-j", "LOG", *report])


def _known_beginning(entry: NftRule, reader: WordReader, number: int) -> NftRule:
    """Return a rule itself where it can be read, else all of it before the first word that cannot: what it asks, it asks in this order."""
    tokens = TOKEN.findall(entry.words)
    for length in range(len(tokens), -1, -1):
        asks_of = ["meta", "l4proto", tokens[length]] if tokens[length : length + 1] and tokens[length] in TRANSPORTS else []
        beginning = " ".join([*tokens[:length], *asks_of])
        made = entry if length == len(tokens) else entry._replace(spec=f'{beginning} {COUNTED}-{number}"'.strip())
        try:
            reader.rule(made)
        except ValueError:
            continue
        return made
    return entry


def met(verdicts: Iterable[tuple[str, Any, int]], unread: Mapping[str, Mapping[Rule, Rule]]) -> list[tuple[str, Rule]]:
    """Return the rules that could not be read and that a packet reached, each with its namespace."""
    found = {
        (netns, unread[netns][rule.entry]): None
        for netns, verdict, _ in verdicts
        if netns in unread
        for rule in verdict.counts
        if rule.entry in unread[netns] and MARK in rule.entry.spec
    }
    return list(found)


def is_about(commands: Iterable[Iterable[str]]) -> bool:
    """Say whether commands would write or take away what stands in another rule's place."""
    return any(re.search(MARK, word) for words in commands for word in words)
