"""Rules of a policy as rules of iptables: what one can ask at once, and marks that join what it takes several to ask.

Source: felix/rules/policy.go (``ProtoRuleToIptablesRules``, ``matchBlockBuilder``, ``CalculateRuleMatch``), in the
words and the order in which ``iptables-save`` prints them.  One rule of iptables has room for one range of addresses
of each end and 15 ports: for more of them Felix sets a mark bit where one of several rules fits, and asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from packetwalk.cni.calico.felix import ACCEPT, DROPPED, PASS, SCRATCH, WORKLOAD, mark, marked, note
from packetwalk.cni.calico.policies import sets
from packetwalk.cni.calico.policies.conversion import FelixRule, RuleSide
from packetwalk.policy.rules import ALLOW, DENY, LOG, AddressRange, IcmpKind, Ports
from packetwalk.policy.rules import PASS as PASSES

UNSAFE, COMMENT = re.compile(r"[^\w @%+=:,./-]", re.ASCII), 256
"""What a comment cannot have, and its longest (felix/iptables/renderer.go)."""
SLOTS = 15
"""Ports of one ``multiport``; a range takes two of them."""
EVERY_BLOCK, THIS_BLOCK = WORKLOAD, SCRATCH
"""The scratch bits: whether all blocks of rules fitted so far, and whether the one at work does."""
PROTOCOLS = {1: "icmp", 2: "igmp", 4: "ipencap", 6: "tcp", 17: "udp", 41: "ipv6", 47: "gre", 50: "esp", 51: "ah"}
PROTOCOLS |= {58: "ipv6-icmp", 89: "ospf", 103: "pim", 112: "vrrp", 132: "sctp", 136: "udplite"}
"""Protocols that ``iptables-save`` prints by name (``/etc/protocols``)."""
FLAGS = {"src": ("-s", "--sports"), "dst": ("-d", "--dports")}
LOGGED = '-j LOG --log-prefix "calico-packet: " --log-level 5'
VERDICTS = {ALLOW: (ACCEPT, "-j RETURN"), PASSES: (PASS, "-j RETURN"), DENY: (DROPPED, "-j DROP")}


class RuleWords(NamedTuple):
    """A rule of iptables in parts: ``head`` (addresses, protocol) stands before the comment, ``asked`` behind it."""

    head: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    target: str = ""
    said: tuple[str, ...] = ()

    def spec(self, comment: str = "") -> str:
        """Return its words; ``comment`` comes after what the rule itself says."""
        said = [note(UNSAFE.sub("_", each)[:COMMENT]) for each in (*self.said, comment) if each]
        return " ".join(word for word in (*self.head, *said, *self.asked, self.target) if word)


def chain(rules: Iterable[FelixRule], comment: str) -> list[str]:
    """Return the rules of a policy's chain; the first has the comment, and a RETURN at the end is left out."""
    lines = [
        line._replace(said=(f"name={rule.name}",) if rule.name else ()) for rule in rules for line in rendered(rule)
    ]
    while lines and lines[-1].target == "-j RETURN":
        lines.pop()
    first, *others = lines or [RuleWords()]
    return [first.spec(comment), *(line.spec() for line in others)]


def rendered(rule: FelixRule) -> Iterator[RuleWords]:
    """Yield what one rule of a policy becomes."""
    blocks, rest = _blocks(rule)
    yield from blocks
    fits = _match(rest, rule)
    if blocks:
        fits = fits._replace(asked=(*fits.asked, marked(EVERY_BLOCK)))
    if rule.action == LOG:
        yield fits._replace(target=LOGGED)
        return
    bit, verdict = VERDICTS[rule.action]
    yield fits._replace(target=mark(bit, bit))
    yield RuleWords((), (marked(bit),), verdict)


def _blocks(rule: FelixRule) -> tuple[list[RuleWords], FelixRule]:
    """Return the blocks of rules that ask for one of several, and the rule without what they ask."""
    lines: list[RuleWords] = []
    ends = {"src": rule.source, "dst": rule.destination}
    positive: list[list[RuleWords]] = []
    for way, side in ends.items():
        splits, named = slots(side.numbers), sets.named_ports(rule, side)
        if len(splits) + len(named) > 1:
            numbers = (RuleWords(_protocol(rule), (_ports(way, split),)) for split in splits)
            positive.append([*numbers, *(RuleWords((), (_in_set(each, way, True),)) for each in named)])
            ends[way] = side._replace(ports=())
    for way, side in ends.items():
        if len(side.nets) > 1:
            positive.append([RuleWords((_net(way, each),)) for each in side.nets])
            ends[way] = side._replace(nets=())
    for number, block in enumerate(positive):
        bit = THIS_BLOCK if number else EVERY_BLOCK
        lines += () if number else (_begun(0),)
        lines += (each._replace(target=mark(bit, bit)) for each in block)
        lines += (RuleWords((), (marked(bit, 0),), mark(EVERY_BLOCK)),) if number else ()
    for way, side in ends.items():
        if side.not_nets and len(side.nets) + len(side.not_nets) > 1:
            lines += () if lines else (_begun(EVERY_BLOCK),)
            lines += (RuleWords((_net(way, each),), (), mark(EVERY_BLOCK)) for each in side.not_nets)
            ends[way] = side._replace(not_nets=())
    return lines, rule._replace(source=ends["src"], destination=ends["dst"])


def _begun(bits: int) -> RuleWords:
    return RuleWords((), (), mark(EVERY_BLOCK | THIS_BLOCK, bits))


def _match(rule: FelixRule, whole: FelixRule) -> RuleWords:
    """Return all that one rule of iptables asks, of a ``whole`` of which blocks may ask a part."""
    head = [_net(way, each) for way, side in _ends(rule) for each in side.nets]
    head += [f"! {_net(way, each)}" for way, side in _ends(rule) for each in side.not_nets]
    head.sort(key=lambda word: "-d " in word)
    asked: list[str] = []
    for (way, side), (_, entire) in zip(_ends(rule), _ends(whole), strict=True):
        asked += (_in_set(each, way) for each in sets.selected(entire, way == "src"))
        if side.service and way == "dst":
            asked.append(_in_set(sets.Wanted(service=side.service, with_ports=True), way, True))
        asked += (_ports(way, split) for split in slots(side.numbers))
        asked += (_in_set(each, way, True) for each in sets.named_ports(rule, side))
    asked += [_icmp(rule.icmp)] if rule.icmp else []
    for way, side in _ends(rule):
        asked += [_in_set(sets.Wanted(side.without), way, no="! ")] if side.without else []
        numbers = tuple(each for each in side.not_ports if not each.name)
        asked += (_ports(way, split, "! ") for split in slots(numbers))
        asked += (_in_set(each, way, True, "! ") for each in sets.named_ports(rule, side, without=True))
    asked += [_icmp(rule.not_icmp, "! ")] if rule.not_icmp else []
    return RuleWords((*head, *_protocol(rule)), tuple(asked))


def _ends(rule: FelixRule) -> tuple[tuple[str, RuleSide], ...]:
    return ("src", rule.source), ("dst", rule.destination)


def _protocol(rule: FelixRule) -> tuple[str, ...]:
    if rule.protocol is not None:
        return (f"-p {PROTOCOLS.get(rule.protocol, rule.protocol)}",)
    if rule.not_protocol is not None:
        return (f"! -p {PROTOCOLS.get(rule.not_protocol, rule.not_protocol)}",)
    return ()


def _net(way: str, net: AddressRange) -> str:
    """Return the question for a range of addresses; all of them is no question."""
    return "" if net.text == "0.0.0.0/0" else f"{FLAGS[way][0]} {net.text}"


def _in_set(wanted: sets.Wanted, way: str, both: bool = False, no: str = "") -> str:
    return f"-m set {no}--match-set {wanted.name} {f'{way},{way}' if both else way}"


def _ports(way: str, ports: tuple[Ports, ...], no: str = "") -> str:
    return f"-m multiport {no}{FLAGS[way][1]} {','.join(map(str, ports))}"


def _icmp(kind: IcmpKind, no: str = "") -> str:
    code = "" if kind.code is None else f"/{kind.code}"
    return f"-m icmp {no}--icmp-type {kind.type}{code}"


def slots(ports: tuple[Ports, ...]) -> list[tuple[Ports, ...]]:
    """Return ports in lists that ``multiport`` has room for (``SplitPortList``)."""
    found: list[tuple[Ports, ...]] = []
    left = 0
    for each in ports:
        needed = 1 if each.first == each.last else 2
        if needed > left:
            found.append(())
            left = SLOTS
        found[-1] += (each,)
        left -= needed
    return found
