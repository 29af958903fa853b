"""Rules that refuse packets and have counted some, of iptables and of nft, and for whom each is.

What is not understood of a rule may not fit: only where every word of it fits is it for a packet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from packetwalk.tables import IptablesRule, NftChain, NftRule
from packetwalk.tables.nftables import RULESET, hits

TARGET = re.compile(r"-j (DROP|REJECT)\b")
VERDICT = re.compile(r"(?:counter packets \d+ bytes \d+ )?(drop|reject)\b.*")
WORDS = re.compile(
    r'(?P<no>! )?(?:(?:-m (?:comment|tcp|udp|icmp))|(?P<flag>--comment|--dports?|--sports?|-[sdpi]) (?P<value>"[^"]*"|\S+))\s*'
)
NFT_WORDS = re.compile(
    r"(?P<flag>iifname|ip saddr|ip daddr|ip protocol|meta l4proto|(?:tcp|udp) [sd]port) (?P<no>!= )?"
    r'(?P<value>"[^"]*"|[\w./-]+)\s*|comment "[^"]*"\s*'
)
FLAGS = {
    "iifname": "-i",
    "ip saddr": "-s",
    "ip daddr": "-d",
    "ip protocol": "-p",
    "meta l4proto": "-p",
    "dport": "--dport",
    "sport": "--sport",
}
"""Words of nft, and those of iptables that ask the same."""


class Word(NamedTuple):
    """A question that a rule asks, perhaps turned round, in the words of iptables."""

    flag: str
    value: str
    turned: bool = False


class Refusing(NamedTuple):
    """A rule that refuses and has counted; ``hook`` is that of its chain, empty where other chains lead to it.

    ``words`` are all that it asks, None where one is not understood.
    """

    rule: IptablesRule | NftRule
    hook: str
    words: tuple[Word, ...] | None

    def is_for(self, proto: str, ends: tuple, dev: str) -> bool:
        """Whether every word fits a packet that came by ``dev``."""
        return self.words is not None and all(_fits(word, proto, ends, dev) for word in self.words)


def of_iptables(counted: Iterable[tuple[IptablesRule, int]]) -> Iterator[Refusing]:
    """Yield the rules with DROP or REJECT, of rules with how many packets each has seen."""
    for rule, seen in counted:
        target = TARGET.search(rule.spec)
        if seen and target:
            hook = rule.chain.lower() if rule.chain.isupper() else ""
            yield Refusing(rule, hook, _asked(WORDS, rule.spec[: target.start()]))


def of_nft(ruleset: str) -> Iterator[Refusing]:
    """Yield the rules with drop or reject of what ``nft list ruleset`` prints."""
    hooks = {
        (each.chain_table, each.chain): each.hook.partition(" hook ")[2].partition(" ")[0]
        for each in RULESET.parse(ruleset)
        if isinstance(each, NftChain)
    }
    for rule, seen, _ in hits(ruleset):
        verdict = VERDICT.search(rule.spec)
        if seen and verdict and rule.chain_table.startswith(("ip ", "inet ")):
            hook = hooks.get((rule.chain_table, rule.chain), "")
            yield Refusing(rule, hook, _asked(NFT_WORDS, rule.spec[: verdict.start()]))


def _asked(pattern: re.Pattern[str], spec: str) -> tuple[Word, ...] | None:
    at, out = 0, []
    while at < len(spec):
        found = pattern.match(spec, at)
        if found is None:
            return None
        flag = found["flag"] or "--comment"
        proto, _, port = flag.partition(" ")
        if port in FLAGS:  # ``tcp dport`` asks for the protocol too
            out.append(Word("-p", proto))
            flag = port
        out.append(Word(FLAGS.get(flag, flag), (found["value"] or "").strip('"'), bool(found["no"])))
        at = found.end()
    return tuple(out)


def _fits(word: Word, proto: str, ends: tuple, dev: str) -> bool:
    src, sport, dst, dport = ends
    value = word.value
    match word.flag:
        case "--comment":
            return True
        case "-s" | "-d":
            fits = IPv4Address(src if word.flag == "-s" else dst) in IPv4Network(value, strict=False)
        case "-p":
            fits = value == proto
        case "-i":
            fits = dev.startswith(value[:-1]) if value[-1:] in ("+", "*") else dev == value
        case _:
            low, _, high = value.replace("-", ":").partition(":")
            port = dport if word.flag.startswith("--d") else sport
            fits = low.isdecimal() and int(low) <= port <= int(high or low)
    return fits != word.turned
