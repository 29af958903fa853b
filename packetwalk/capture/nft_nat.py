"""Which rule of nftables rewrote an address: those that a packet may come to by chains, sets and maps, and that make what was seen.

Words that are not read here (marks, states, ``fib``) may hold or not; so a rule is told only where it is the only one
left.  Nothing of the model is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from packetwalk.tables import NftChain, NftRule, NftSet
from packetwalk.tables.nftables import RULESET, hits

KEY = r"(?:ip [sd]addr|ip protocol|meta l4proto|(?:th|tcp|udp|sctp) [sd]port|iifname|oifname)"
VALUE = r'@[\w.-]+|\{[^}]*\}|"[^"]*"|[^\s{}"]+'
ASKED = re.compile(
    rf"(?P<keys>{KEY}(?: \. {KEY})*) (?:(?P<no>!=) |== )?(?!vmap\b|map\b|\.)(?P<value>{VALUE})"
)
LEADS = re.compile(rf"(?:(?P<keys>{KEY}(?: \. {KEY})*) |numgen [\w ]+ )?vmap (?P<value>{VALUE})")
GIVES = re.compile(rf"(?:(?P<keys>{KEY}(?: \. {KEY})*) |numgen [\w ]+ )?map (?P<value>{VALUE})")
STATED = re.compile(r"(?P<what>dnat|snat)(?: ip6?)? to (?P<goal>.*)")
JUMP = re.compile(r"\b(?:jump|goto) (\S+)$")
ENDS = re.compile(r"\b(?:goto \S+|return|accept|drop)$")
UNSAID = re.compile(rf"{ASKED.pattern}|counter packets \d+ bytes \d+|\b(?:jump|goto) \S+|return|accept|drop")
HOOKS = {"dnat": ("prerouting", "output"), "snat": ("postrouting", "input")}


class BeforeNat(NamedTuple):
    """A packet as it comes to a hook: its protocol by name, its ends and the devices, empty where not known."""

    proto: str
    ends: tuple[str, int, str, int]
    iif: str = ""
    oif: str = ""

    def field(self, key: str) -> str:
        """Return what a key stands for; empty where it is not known."""
        src, sport, dst, dport = self.ends
        if key.endswith("port"):
            return str(sport if key.endswith("sport") else dport)
        known = {"ip saddr": src, "ip daddr": dst, "iifname": self.iif, "oifname": self.oif}
        return known.get(key, self.proto)


class NftNat:
    """The rules of nftables in one namespace that may rewrite addresses."""

    def __init__(self, ruleset: str) -> None:
        """``ruleset`` is what ``nft list ruleset`` printed."""
        entries = [*RULESET.parse(ruleset)]
        self._sets = {(each.chain_table, each.name): each for each in entries if isinstance(each, NftSet)}
        self._chains: dict[tuple[str, str], list[NftRule]] = {}
        for each in entries:
            if isinstance(each, NftRule):
                self._chains.setdefault((each.chain_table, each.chain), []).append(each)
        self._bases = [
            each for each in entries if isinstance(each, NftChain) and "type nat hook" in each.hook
        ]
        self._unused = {rule for rule, packets, _ in hits(ruleset) if not packets}

    def to(self, asking: BeforeNat, new: str, port: int) -> list[NftRule]:
        """Return the rules that may have made a destination."""
        goals = {new, f"{new}:{port}", f"{new} . {port}", f":{port}"}
        return [rule for rule in self._reached(asking, "dnat") if self._makes(rule, goals)]

    def source(self, asking: BeforeNat, new: str) -> list[NftRule]:
        """Return the rules that may have made a source; masquerading takes one of the machine's own."""
        found = self._reached(asking, "snat")
        return [rule for rule in found if "masquerade" in rule.words.split() or self._makes(rule, {new})]

    def _reached(self, asking: BeforeNat, what: str) -> Iterator[NftRule]:
        """Yield the rules that a packet may come to, by the chains at the hooks where such is done."""
        hooks = HOOKS[what]
        found: dict[NftRule, None] = {}
        for base in self._bases:
            if base.hook.partition(" hook ")[2].split(" ")[0] in hooks and base.chain_table.startswith(
                ("ip ", "inet ")
            ):
                self._walk(base.chain_table, base.chain, asking, found, set())
        yield from (rule for rule in found if rule not in self._unused)

    def _walk(
        self, table: str, chain: str, asking: BeforeNat, found: dict[NftRule, None], met: set[str]
    ) -> None:
        if chain in met:
            return
        met.add(chain)
        for rule in self._chains.get((table, chain), ()):
            if not all(self._holds(table, hit, asking) for hit in ASKED.finditer(rule.words)):
                continue
            found[rule] = None
            jump = JUMP.search(rule.words)
            for target in [*([jump[1]] if jump else []), *self._led(table, rule, asking)]:
                self._walk(table, target, asking, found, met)
            if ENDS.search(rule.words) and not UNSAID.sub("", rule.words).strip():
                return

    def _led(self, table: str, rule: NftRule, asking: BeforeNat) -> Iterator[str]:
        """Yield the chains that a verdict map leads to."""
        hit = LEADS.search(rule.words)
        for verdict in self._answers(table, hit, asking) if hit else ():
            if jump := JUMP.search(verdict):
                yield jump[1]

    def _makes(self, rule: NftRule, goals: set[str]) -> bool:
        """Say whether a rule names one of some results, itself or by a map."""
        stated = STATED.search(rule.words)
        if stated is None:
            return "redirect to " in rule.words and f":{rule.words.rpartition(':')[2].split(' ')[0]}" in goals
        hit = GIVES.search(stated["goal"])
        if hit is None:
            return stated["goal"].split(" ")[0] in goals
        values = _elements(self._text(rule.chain_table, hit["value"]))
        return any(value.partition(" comment ")[0].strip() in goals for _, value in values)

    def _answers(self, table: str, hit: re.Match[str], asking: BeforeNat) -> Iterator[str]:
        """Yield what a map may answer: of one that draws, all."""
        keys = hit["keys"].split(" . ") if hit["keys"] else []
        for element, value in _elements(self._text(table, hit["value"])):
            if all(
                _is(part, asking.field(key)) for part, key in zip(element.split(" . "), keys, strict=False)
            ):
                yield value.partition(" comment ")[0].strip()

    def _holds(self, table: str, hit: re.Match[str], asking: BeforeNat) -> bool:
        """Say whether what a rule asks may hold."""
        keys = hit["keys"].split(" . ")
        fields = [asking.field(key) for key in keys]
        for key in keys:
            proto = key.split(" ")[0]
            if proto in ("tcp", "udp", "sctp") and asking.proto != proto:
                return False
        if "" in fields:
            return True
        text = self._text(table, hit["value"])
        inside = any(
            all(_is(part, field) for part, field in zip(element.split(" . "), fields, strict=False))
            for element, _ in _elements(text)
        )
        return inside != bool(hit["no"])

    def _text(self, table: str, value: str) -> str:
        """Return the elements of a set or map that is named, or stands in the rule."""
        named = self._sets.get((table, value[1:])) if value.startswith("@") else None
        return ", ".join(named.elements) if named else value.strip("{} ")


def _elements(text: str) -> Iterable[tuple[str, str]]:
    """Return keys and what each is mapped to, if it is."""
    return [(each.partition(" : ")[0].strip(), each.partition(" : ")[2]) for each in text.split(", ") if each]


def _is(part: str, field: str) -> bool:
    """Say whether a value, a range or a network has a field; of what is not understood it may."""
    part = part.partition(" comment ")[0].strip().strip('"')
    try:
        if "/" in part:
            return IPv4Address(field) in IPv4Network(part, strict=False)
        low, dash, high = part.partition("-")
        if dash and part[:1].isdigit():
            as_number: Mapping[bool, type] = {True: IPv4Address, False: int}
            kind = as_number["." in low]
            return bool(kind(low) <= kind(field) <= kind(high))
    except ValueError:
        return part == field
    return field.startswith(part[:-1]) if part.endswith("*") else part == field
