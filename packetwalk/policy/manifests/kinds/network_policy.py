"""Kubernetes' NetworkPolicy (networking.k8s.io/v1), with what its API server fills in and refuses."""

from __future__ import annotations

from packetwalk.policy.manifests import wording
from packetwalk.policy.manifests.collected import Collected, meta
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import cidr, label_selector, ports_by_protocol
from packetwalk.policy.rules import (
    ALLOW,
    EGRESS,
    INGRESS,
    KUBERNETES_ORDER,
    PROTOCOLS,
    NetworkRules,
    Peer,
    PolicyRule,
    Ports,
    RuleEnd,
)
from packetwalk.policy.selector import ALL

TYPES = ("Ingress", "Egress")


def _port(at: Given) -> tuple[int, Ports | None]:
    at.only("protocol", "port", "endPort")
    protocol = PROTOCOLS[(at / "protocol").one_of(("TCP", "UDP", "SCTP"), "TCP")]
    port, last = at / "port", at / "endPort"
    if isinstance(port.value, str):
        name = port.worded(wording.port_name)
        if last.there:
            last.wrong(last.value, "no endPort beside a port with a name")
        return protocol, Ports(0, 0, name)
    if not port.there:
        if last.there:
            last.wrong(last.value, "endPort with a port")
        return protocol, None
    first = port.whole(1, 65535)
    return protocol, Ports(first, last.whole(first, 65535) if last.there else first)


def _peer(at: Given, namespace: str, found: Collected) -> Peer:
    at = at.only("podSelector", "namespaceSelector", "ipBlock")
    pods, namespaces, block = (at / name for name in ("podSelector", "namespaceSelector", "ipBlock"))
    if block.there:
        if pods.there or namespaces.there:
            at.wrong("ipBlock and another peer", "either alone")
        block.only("cidr", "except")
        net = cidr(block / "cidr")
        without = tuple(cidr(each) for each in (block / "except").each())
        for each, place in zip(without, (block / "except").each(), strict=True):
            inside = each.version == net.version and net.first <= each.first and each.last <= net.last
            if not inside or (each.first, each.last) == (net.first, net.last):
                place.wrong(each.text, f"a part of {net}")
        return Peer(nets=(net,), not_nets=without, outside=not found.blocks_match_pods)
    if not (pods.there or namespaces.there):
        at.wrong({}, "podSelector", "namespaceSelector", "ipBlock")
    return Peer(
        pods=label_selector(pods) if pods.there else ALL,
        namespaces=label_selector(namespaces) if namespaces.there else None,
        namespace=None if namespaces.there else namespace,
    )


def _rules(at: Given, direction: str, namespace: str, found: Collected) -> tuple[PolicyRule, ...]:
    side, rules = "from" if direction == INGRESS else "to", []
    for number, each in enumerate(one.only(side, "ports") for one in at.each()):
        peers = tuple(_peer(peer, namespace, found) for peer in (each / side).each())
        ports = [_port(port) for port in (each / "ports").each()]
        for protocol, numbers in ports_by_protocol([*ports]).items():
            source, destination = RuleEnd(peers), RuleEnd((), numbers)
            if direction == EGRESS:
                source, destination = RuleEnd(), RuleEnd(peers, numbers)
            rules.append(PolicyRule(number, ALLOW, protocol, source, destination))
    return tuple(rules)


def types(at: Given, egress: bool) -> tuple[str, ...]:
    """Read policyTypes; where none is written: ingress, and egress with a rule for it."""
    written = [each.one_of(TYPES).lower() for each in at.each()]
    return tuple(written) or ((INGRESS, EGRESS) if egress else (INGRESS,))


def network_policy(
    at: Given, found: Collected, kind: str = "KubernetesNetworkPolicy", *more: str
) -> NetworkRules:
    """Read one as a policy of the tier ``default``."""
    at.only("apiVersion", "kind", "metadata", "spec", "status")
    said, spec = meta(at), (at / "spec").only("podSelector", "ingress", "egress", "policyTypes", *more)
    rules = {each: _rules(spec / each, each, said.namespace, found) for each in (INGRESS, EGRESS)}
    directions = types(spec / "policyTypes", bool(rules[EGRESS]))
    return NetworkRules(
        kind,
        said.name,
        said.namespace,
        "default",
        KUBERNETES_ORDER,
        Peer(pods=label_selector(spec / "podSelector"), namespace=said.namespace),
        directions,
        rules[INGRESS] if INGRESS in directions else (),
        rules[EGRESS] if EGRESS in directions else (),
        staged=kind != "KubernetesNetworkPolicy",
        beside=next((rules[each] for each in rules if each not in directions), ()),
        names_ports=any(
            isinstance((port / "port").value, str)
            for each in rules
            for rule in (spec / each).each()
            for port in (rule / "ports").each()
        ),
    )


def _read(at: Given, found: Collected) -> None:
    found.policy(network_policy(at, found), at)


KINDS = {("networking.k8s.io/v1", "NetworkPolicy"): _read}
