"""Calico (seen with the branch release-v3.33): policies as its Felix judges them; pods cannot wrap packets themselves.

Of a ClusterNetworkPolicy it converts no ``nodes`` and no ``domainNames`` (libcalico-go/lib/backend/k8s/conversion/
clusternetworkpolicy.go): a rule with such a peer fails as a whole.  Accept is then lost, Deny and Pass refuse all
(``k8sClusterNetPolHandleFailedRules``), and a direction without a rule is not governed (``clusterNetPolicyTypes``).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from packetwalk.policy.plugins.enforcement import Enforcement
from packetwalk.policy.rules import ALLOW, DENY, EGRESS, INGRESS, NetworkRules, PolicyRule


def _takes(policy: NetworkRules) -> tuple[NetworkRules | None, str]:
    said: list[str] = []
    rules = {each: tuple(_converted(policy, each, said)) for each in (INGRESS, EGRESS)}
    if not said:
        return policy, ""
    left = tuple(each for each in policy.directions if rules[each])
    taken = policy._replace(directions=left, ingress=rules[INGRESS], egress=rules[EGRESS])
    return taken, "; ".join(f"{policy}: {each}" for each in said)


def _converted(policy: NetworkRules, direction: str, said: list[str]) -> Iterator[PolicyRule]:
    """Yield a direction's rules, those that fail as what Calico puts in their place; ``said`` tells of them."""
    for number, together in groupby(policy.rules(direction), key=lambda rule: rule.number):
        rules = tuple(together)
        peers = [peer for end in (rules[0].source, rules[0].destination) for peer in end.peers]
        fields = {"nodes": any(each.nodes is not None for each in peers)}
        fields["domainNames"] = any(each.domains for each in peers)
        if not any(fields.values()):
            yield from rules
            continue
        cause = " and ".join(name for name, there in fields.items() if there)
        lost = rules[0].action == ALLOW
        what = "the whole rule is lost" if lost else "the rule denies everything"
        said.append(f"{direction} rule {number}: Calico converts no {cause}, {what}")
        if not lost:
            yield PolicyRule(number, DENY)


PLUGIN = Enforcement("calico", _takes, closes_tunnels=True, knows_hosts=True)
