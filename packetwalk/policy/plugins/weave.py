"""weave-npc 2.9.0 (the fork rajch/weave): NetworkPolicy only, without endPort; a named port refuses the whole policy.

Its rules count in both directions, whatever policyTypes says: one of a direction that the policy does not govern lets
through where another policy governs it (npc/analyser.go).  What a pod sends to its own node is free; another node's
host comes with its bridge's address, which no selector takes (recorded step by step: tests/policy/cases/README.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile

from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import label_selector, spelt
from packetwalk.policy.plugins.enforcement import Changed, Enforcement, Taken
from packetwalk.policy.rules import EGRESS, INGRESS, NetworkRules, Peer, PolicyRule, Ports, RuleEnd

Rules = tuple[PolicyRule, ...]


def _takes(policy: NetworkRules) -> tuple[NetworkRules | None, str]:
    if policy.kind != "KubernetesNetworkPolicy":
        return None, f"{policy}: weave-npc knows NetworkPolicy of networking.k8s.io alone"
    if policy.names_ports:
        return None, f"{policy}: weave-npc refuses a policy with a named port as a whole"
    ingress = policy.ingress if INGRESS in policy.directions else policy.beside
    egress = policy.egress if EGRESS in policy.directions else policy.beside
    rules = (*ingress, *egress)
    ranged = any(ports.first != ports.last for rule in rules for ports in rule.destination.ports)
    said = ["weave-npc ignores endPort, only port is meant"] if ranged else []
    ingress, egress = (tuple(_first(rule) for rule in each) for each in (ingress, egress))
    if any(_sixth(peer) for rule in rules for peer in (*rule.source.peers, *rule.destination.peers)):
        said.append("weave-npc writes no IPv6, and nothing of a policy behind it")
        ingress, egress = _before_ipv6(ingress, egress)
    return policy._replace(ingress=ingress, egress=egress), "; ".join(f"{policy}: {each}" for each in said)


def _first(rule: PolicyRule) -> PolicyRule:
    """Return a rule with the first port of each of its ranges alone."""
    end: RuleEnd = rule.destination
    ports = tuple(Ports(each.first, each.first) for each in end.ports)
    return rule._replace(destination=end._replace(ports=ports))


def _sixth(peer: Peer) -> bool:
    return any(net.version == 6 for net in peer.nets)


def _before_ipv6(ingress: Rules, egress: Rules) -> tuple[Rules, Rules]:
    """Return the rules that iptables has taken before it fails; none where ipset has failed before them.

    Go draws in which order it writes them; here it is the manifest's, as in the tables that are made of it.
    """
    ends = [rule.source for rule in ingress] + [rule.destination for rule in egress]
    if any(_sixth(peer) and peer.not_nets for end in ends for peer in end.peers):
        return (), ()
    kept: tuple[list[PolicyRule], list[PolicyRule]] = [], []
    ended = None
    for way, rules in enumerate((ingress, egress)):
        for rule in rules:
            if ended not in (None, (way, rule.number)):
                return tuple(kept[0]), tuple(kept[1])
            end = rule.destination if way else rule.source
            left = tuple(takewhile(lambda peer: not _sixth(peer), end.peers))
            if left != end.peers:
                ended = way, rule.number
            if left or not end.peers:
                cut = end._replace(peers=left)
                kept[way].append(rule._replace(destination=cut) if way else rule._replace(source=cut))
    return tuple(kept[0]), tuple(kept[1])


def _together(policies: Sequence[Taken]) -> Iterator[Changed]:
    """Yield the policies for which ``ipset create`` fails, for a set of another type has the name already.

    The set of the namespaces ``S`` and that of pods ``P`` in namespaces ``S`` are named after the text of ``S`` and of
    both, one behind the other (npc/selector.go); the first is made before a policy isolates, the second afterwards.
    """
    made: dict[str, bool] = {}
    for policy, at in sorted(policies, key=lambda each: (each[0].namespace, each[0].name)):
        for text, of_pods in sorted(_named(at / "spec"), key=lambda each: each[1]):
            if made.setdefault(text, of_pods) != of_pods:
                left = policy._replace(ingress=(), egress=()) if of_pods else None
                yield policy, left, f"{policy}: weave-npc has a set of another type with the name for {text!r}"
                break


def _named(spec: Given) -> Iterator[tuple[str, bool]]:
    """Yield the texts of a policy's selectors of namespaces, and whether they are of pods there."""
    for direction, side in ((INGRESS, "from"), (EGRESS, "to")):
        for rule in (spec / direction).each():
            for peer in (rule / side).each():
                spaces, pods = peer / "namespaceSelector", peer / "podSelector"
                if spaces.there:
                    more = spelt(label_selector(pods)) if pods.there else ""
                    yield spelt(label_selector(spaces)) + more, pods.there


PLUGIN = Enforcement("weave", _takes, frees_own_node=True, together=_together)
