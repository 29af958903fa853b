"""What a NetworkPolicy asks of weave-npc: sets, rules in the words of ``iptables-save``, and whom it isolates.

Sources: npc/analyser.go, npc/selector.go, npc/ipblock.go, npc/rule.go of github.com/rajch/weave.  Where Go draws an
order (of a policy's sets, of its rules) it is the manifest's here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.cni.weave.npc import set_name
from packetwalk.policy.manifests.kinds.network_policy import types
from packetwalk.policy.manifests.peers import label_selector, spelt
from packetwalk.policy.rules import EGRESS, INGRESS, AddressRange
from packetwalk.policy.selector import Selector

if TYPE_CHECKING:
    from packetwalk.policy.manifests.fields import Given

LONGEST_COMMENT = 255
"""Bytes; iptables cuts off what is longer (XT_MAX_COMMENT_LEN)."""
OF_NAMESPACES, OF_PODS, OF_BOTH, OF_BLOCKS = range(4)
"""The kinds of sets, in the order in which they are made for a policy."""


class SetSpec(NamedTuple):
    """A set that rules ask: pods of ``namespace`` (of all, where it is empty), sets of namespaces, or networks.

    ``text`` is what weave-npc knows it by among those of its kind and namespace.
    """

    kind: int
    namespace: str
    text: str
    pods: Selector | None = None
    namespaces: Selector | None = None
    nets: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name: of a set of namespaces it can be that of a set of pods, where their texts are the same."""
        return set_name(f"{self.namespace}:{'ipblock-except:' if self.kind == OF_BLOCKS else ''}{self.text}")


class RuleHost(NamedTuple):
    """One end of a rule (``ruleHost``): who is in a set, or who has an address of ``cidr`` and is in none."""

    said: str = "anywhere"
    wanted: SetSpec | None = None
    cidr: str = ""

    def asks(self, side: str) -> str:
        """Return the words that ask for the set."""
        return f"-m set {'! ' if self.cidr else ''}--match-set {self.wanted.name} {side}" if self.wanted else ""


class RuleSpec(NamedTuple):
    """A rule without its target; ``writable`` says that iptables takes it, which knows no IPv6."""

    direction: str
    spec: str
    writable: bool = True


class Analysed(NamedTuple):
    """What a policy needs: ``target`` are the pods that it isolates, in the directions ``isolates``."""

    target: SetSpec
    isolates: tuple[str, ...]
    sets: tuple[SetSpec, ...]
    rules: tuple[RuleSpec, ...]


def analysed(namespace: str, spec: Given) -> Analysed | None:
    """Return what a policy needs; None for one with a named port, which weave-npc refuses.

    Its rules count in both directions, whatever policyTypes says.
    """
    target = _pods(namespace, spec / "podSelector")
    wanted: dict[SetSpec, None] = {target: None}
    rules: dict[RuleSpec, None] = {}
    for direction, side in ((INGRESS, "from"), (EGRESS, "to")):
        for each in (spec / direction).each():
            peers = [_end(namespace, peer) for peer in (each / side).each()] or [RuleHost()]
            ports = list((each / "ports").each())
            if any(isinstance((port / "port").value, str) for port in ports):
                return None
            for peer in peers:
                wanted |= {peer.wanted: None} if peer.wanted else {}
                ends = (peer, _named(target)) if direction == INGRESS else (_named(target), peer)
                for port in ports or (None,):
                    rules[_rule(direction, *ends, port)] = None
    sets = tuple(sorted(wanted, key=lambda each: each.kind))
    return Analysed(target, types(spec / "policyTypes", (spec / EGRESS).value), sets, tuple(rules))


def closes(spec: Given) -> bool:
    """Say whether a policy brings the DROP at the end of WEAVE-NPC-EGRESS (``isEgressNetworkPolicy``)."""
    return bool((spec / EGRESS).value) or EGRESS in types(spec / "policyTypes", False)


def _pods(namespace: str, at: Given) -> SetSpec:
    selector = label_selector(at)
    return SetSpec(OF_PODS, namespace, spelt(selector), selector)


def _named(wanted: SetSpec) -> RuleHost:
    """Return the end that a selector is, as comments call it."""
    if wanted.kind == OF_PODS:
        return RuleHost(f"pods: namespace: {wanted.namespace}, selector: {wanted.text}", wanted)
    return RuleHost(f"namespaces: selector: {wanted.text}", wanted)


def _end(namespace: str, at: Given) -> RuleHost:
    pods, namespaces, block = (at / name for name in ("podSelector", "namespaceSelector", "ipBlock"))
    if block.there:
        return _block(namespace, (block / "cidr").text(), [each.text() for each in (block / "except").each()])
    if not namespaces.there:
        return _named(_pods(namespace, pods))
    of, who = label_selector(namespaces), label_selector(pods) if pods.there else None
    if who is None:
        return _named(SetSpec(OF_NAMESPACES, "", spelt(of), None, of))
    return _named(SetSpec(OF_BOTH, "", spelt(of) + spelt(who), who, of))


def _block(namespace: str, cidr: str, without: list[str]) -> RuleHost:
    if not without:
        return RuleHost(f"cidr: {cidr}", None, cidr)
    nets = tuple(sorted(without))
    text = " ".join(nets)
    return RuleHost(f"cidr: {cidr} except [{text}]", SetSpec(OF_BLOCKS, namespace, text, nets=nets), cidr)


def _rule(direction: str, src: RuleHost, dst: RuleHost, port: Given | None) -> RuleSpec:
    """Return a rule (``newRuleSpec``); without a number all ports of the protocol are meant."""
    note = f"{src.said} -> {dst.said} ({direction})"[:LONGEST_COMMENT]
    protocol = (port / "protocol").text("TCP").lower() if port else ""
    words = [_range("-s", src.cidr), _range("-d", dst.cidr), protocol and f"-p {protocol}"]
    words += [src.asks("src"), dst.asks("dst"), *(_ports(protocol, port) if port else ())]
    spec = " ".join(word for word in (*words, f'-m comment --comment "{note}"') if word)
    return RuleSpec(direction, spec, ":" not in src.cidr + dst.cidr)


def _ports(protocol: str, port: Given) -> Iterator[str]:
    yield f"-m {protocol}"
    if (port / "port").there:
        yield f"--dport {(port / 'port').value}"
    elif protocol == "sctp":  # of tcp and udp iptables prints no ports where it means all
        yield "--dport 0:65535"


def _range(word: str, cidr: str) -> str:
    """Return the words for a range, as iptables prints it: none for all addresses."""
    return f"{word} {AddressRange.read(cidr)}" if cidr and not cidr.endswith("/0") else ""
