"""ClusterNetworkPolicy (policy.networking.k8s.io): v1alpha2, as Calico 3.33 takes it, and v1beta1 of network-policy-api v0.3.0."""

from __future__ import annotations

from packetwalk.policy.manifests.collected import Collected, meta
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import cidr, label_selector, ports_by_protocol
from packetwalk.policy.rules import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    PASS,
    PROTOCOLS,
    NetworkRules,
    Peer,
    PolicyRule,
    Ports,
    RuleEnd,
)
from packetwalk.policy.selector import ALL

TIERS = {"Admin": "kube-admin", "Baseline": "kube-baseline"}
ACTIONS = {"Accept": ALLOW, "Deny": DENY, "Pass": PASS}
MOST = 25
"""Rules, peers, protocols or networks of one list."""


def _one(at: Given, *names: str) -> str:
    """Return the one field that is written, of those that may be."""
    at = at.only(*names)
    written = [name for name in names if (at / name).there]
    if len(written) != 1:
        at.wrong(" and ".join(written) or "nothing", f"exactly one of {', '.join(names)}")
    return written[0]


def _bounded(at: Given, least: int = 0) -> list[Given]:
    each = list(at.each())
    if not least <= len(each) <= MOST:
        at.wrong(f"{len(each)} of them", f"{least} to {MOST}")
    return each


def _pods(at: Given) -> Peer:
    at = at.only("namespaceSelector", "podSelector")
    for name in ("namespaceSelector", "podSelector"):
        if not (at / name).there:
            (at / name).wrong(None, "a label selector; {} takes all")
    return Peer(pods=label_selector(at / "podSelector"), namespaces=label_selector(at / "namespaceSelector"))


def _subject(at: Given) -> Peer:
    if _one(at, "namespaces", "pods") == "pods":
        return _pods(at / "pods")
    return Peer(pods=ALL, namespaces=label_selector(at / "namespaces"))


def _peer(at: Given, direction: str, action: str) -> Peer:
    more = ("nodes", "networks", "domainNames") if direction == EGRESS else ()
    kind = _one(at, "namespaces", "pods", *more)
    if kind == "nodes":
        return Peer(nodes=label_selector(at / kind))
    if kind == "networks":
        return Peer(nets=tuple(cidr(each) for each in _bounded(at / kind, 1)))
    if kind == "domainNames":
        if action != "Accept":
            (at / kind).wrong("domainNames", f"only with Accept, not with {action}")
        return Peer(domains=tuple(each.text() for each in _bounded(at / kind, 1)))
    return _subject(at)


def _protocol(at: Given) -> tuple[int | None, Ports | None]:
    kind = _one(at, "tcp", "udp", "sctp", "destinationNamedPort")
    if kind == "destinationNamedPort":
        return None, Ports(0, 0, (at / kind).text())
    port = (at / kind).only("destinationPort") / "destinationPort"
    if not port.there:
        return PROTOCOLS[kind.upper()], None
    if _one(port, "number", "range") == "number":
        number = (port / "number").whole(1, 65535)
        return PROTOCOLS[kind.upper()], Ports(number, number)
    span = (port / "range").only("start", "end")
    start = (span / "start").whole(1, 65535)
    return PROTOCOLS[kind.upper()], Ports(start, (span / "end").whole(start + 1, 65535))


def _rules(at: Given, direction: str) -> tuple[PolicyRule, ...]:
    side, rules = "from" if direction == INGRESS else "to", []
    for number, each in enumerate(_bounded(at)):
        each.only("name", "action", side, "protocols")
        action = (each / "action").one_of(tuple(ACTIONS))
        peers = tuple(_peer(peer, direction, action) for peer in _bounded(each / side, 1))
        ports = [_protocol(one) for one in _bounded(each / "protocols")]
        if any(peer.nets or peer.nodes for peer in peers) and any(one and one.name for _, one in ports):
            (each / "protocols").wrong("destinationNamedPort", "numbers, beside networks and nodes")
        for protocol, numbers in ports_by_protocol(ports).items():
            ends = (RuleEnd(peers), RuleEnd((), numbers))
            if direction == EGRESS:
                ends = (RuleEnd(), RuleEnd(peers, numbers))
            rules.append(PolicyRule(number, ACTIONS[action], protocol, *ends, name=(each / "name").text("")))
    return tuple(rules)


def _read(at: Given, found: Collected) -> None:
    at.only("apiVersion", "kind", "metadata", "spec", "status")
    said, spec = meta(at, namespaced=False), at / "spec"
    spec.only("tier", "priority", "subject", "ingress", "egress")
    rules = {each: _rules(spec / each, each) for each in (INGRESS, EGRESS)}
    found.policy(
        NetworkRules(
            "ClusterNetworkPolicy",
            said.name,
            "",
            TIERS[(spec / "tier").one_of(tuple(TIERS))],
            (spec / "priority").whole(0, 1000),
            _subject(spec / "subject"),
            tuple(each for each in (INGRESS, EGRESS) if rules[each]),
            rules[INGRESS],
            rules[EGRESS],
        ),
        at,
    )


KINDS = {
    (f"policy.networking.k8s.io/{version}", "ClusterNetworkPolicy"): _read
    for version in ("v1alpha2", "v1beta1")
}
