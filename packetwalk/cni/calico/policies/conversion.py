"""Rules as Felix gets them: one protocol, one peer for each end, and selectors of Calico.

Sources: libcalico-go/lib/backend/k8s/conversion (NetworkPolicy and ClusterNetworkPolicy become rules of Calico) and
felix/calc/rule_scanner.go (``combineMatchesIfPossible``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from packetwalk.policy.manifests.calico_rules import IN_A_NAMESPACE
from packetwalk.policy.rules import (
    NAMESPACE,
    OF_NAMESPACE,
    AddressRange,
    IcmpKind,
    Peer,
    PolicyRule,
    Ports,
    RuleEnd,
    protocol_name,
)
from packetwalk.policy.selector import ALL, Selector, both

ORCHESTRATED = Selector("==", "projectcalico.org/orchestrator", ("k8s",))
CALICO = ("NetworkPolicy", "GlobalNetworkPolicy", "StagedNetworkPolicy", "StagedGlobalNetworkPolicy")
"""Kinds whose rules are Calico's already."""


class RuleSide(NamedTuple):
    """One end that a rule asks for."""

    nets: tuple[AddressRange, ...] = ()
    not_nets: tuple[AddressRange, ...] = ()
    selector: Selector | None = None
    without: Selector | None = None
    service: tuple[str, str] | None = None
    ports: tuple[Ports, ...] = ()
    not_ports: tuple[Ports, ...] = ()

    @property
    def numbers(self) -> tuple[Ports, ...]:
        """Its ports by number."""
        return tuple(each for each in self.ports if not each.name)

    @property
    def names(self) -> tuple[str, ...]:
        """Its ports by name."""
        return tuple(each.name for each in self.ports if each.name)


class FelixRule(NamedTuple):
    """A rule as Felix gets it."""

    action: str
    protocol: int | None
    not_protocol: int | None
    source: RuleSide
    destination: RuleSide
    icmp: IcmpKind | None
    not_icmp: IcmpKind | None
    name: str = ""


def converted(rules: tuple[PolicyRule, ...], kind: str) -> Iterator[FelixRule]:
    """Yield a policy's rules for IPv4, of a policy of this kind: each protocol by name, for each all peers."""
    for _, together in groupby(rules, key=lambda rule: rule.number):
        for rule in sorted(together, key=_protocol):
            if rule.version in (None, 4):
                yield from _peers(rule, kind)


def _protocol(rule: PolicyRule) -> str:
    return "" if rule.protocol is None else protocol_name(rule.protocol)


def _peers(rule: PolicyRule, kind: str) -> Iterator[FelixRule]:
    for source in rule.source.peers or (Peer(),):
        for destination in rule.destination.peers or (Peer(),):
            first, second = (
                _side(peer, end, kind)
                for peer, end in ((source, rule.source), (destination, rule.destination))
            )
            if first is not None and second is not None:
                asks = rule.protocol, rule.not_protocol, first, second, rule.icmp, rule.not_icmp, rule.name
                yield FelixRule(rule.action, *asks)


def _side(peer: Peer, end: RuleEnd, kind: str) -> RuleSide | None:
    """Return one end of a rule; None where it means no address of IPv4 (``FilterRuleToIPVersion``)."""
    nets = tuple(each for each in peer.nets if each.version == 4)
    not_nets = tuple(each for each in peer.not_nets if each.version == 4)
    if bool(nets) != bool(peer.nets) or bool(not_nets) != bool(peer.not_nets):
        return None
    if any(each.text == "0.0.0.0/0" for each in not_nets):
        return None
    selector, without = selected(peer, kind), peer.without
    if selector and without:
        selector, without = Selector("&&", parts=(selector, Selector("!", parts=(without,)))), None
    ports = end.ports if kind in CALICO else simplified(end.ports)
    return RuleSide(nets, not_nets, selector, without, peer.service, ports, end.not_ports)


def selected(peer: Peer, kind: str) -> Selector | None:
    """Return a peer's selectors as one of Calico; None where any address is meant."""
    if peer.selector is not None or peer.pods is None:
        return peer.selector
    spaces = None
    if peer.namespaces is not None:
        spaces = IN_A_NAMESPACE if peer.namespaces == ALL else ordered(peer.namespaces).prefixed(OF_NAMESPACE)
    elif peer.namespace is not None:
        spaces = Selector("==", NAMESPACE, (peer.namespace,))
    if kind == "ClusterNetworkPolicy" and peer.pods == ALL:
        return spaces
    return both(spaces, pods(peer.pods))


def pods(selector: Selector) -> Selector:
    """Return a label selector of pods as Calico says it: only those that Kubernetes runs."""
    found = ordered(selector)
    parts = () if selector == ALL else found.parts if found.word == "&&" else (found,)
    return both(ORCHESTRATED, *parts) or ORCHESTRATED


def ordered(selector: Selector) -> Selector:
    """Return a label selector with its ``matchLabels`` by name, before its expressions."""
    if selector.word != "&&":
        return selector
    labels = sorted((part for part in selector.parts if part.word == "=="), key=lambda part: part.key)
    return selector._replace(parts=(*labels, *(part for part in selector.parts if part.word != "==")))


def simplified(ports: tuple[Ports, ...]) -> tuple[Ports, ...]:
    """Return the fewest ranges for a list of ports, after those with names (``SimplifyPorts``)."""
    numbers = sorted(n for each in ports if not each.name for n in range(each.first, each.last + 1))
    if len(ports) <= 1 or len(numbers) <= 1:
        return ports
    ranges: list[Ports] = []
    for number in numbers:
        if ranges and number <= ranges[-1].last + 1:
            ranges[-1] = ranges[-1]._replace(last=number)
        else:
            ranges.append(Ports(number, number))
    return (*(each for each in ports if each.name), *ranges)
