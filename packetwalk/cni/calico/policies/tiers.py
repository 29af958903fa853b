"""Which policies an endpoint has, tier by tier; and those that stand together in a chain of their own.

Sources: felix/calc/policy_resolver.go, felix/calc/policy_sorter.go, felix/dataplane/linux/endpoint_mgr.go
(``groupPolicies``) and felix/rules/endpoints.go (``PolicyGroupToIptablesChains``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from packetwalk.cni.calico.endpoints import TierChains
from packetwalk.cni.calico.felix import ACCEPT, PASS, marked, note
from packetwalk.cni.calico.policies import names
from packetwalk.cni.calico.policies.conversion import pods
from packetwalk.policy.endpoints import HostPoint, Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.manifests.calico_rules import of_namespaces, selector
from packetwalk.policy.rules import DENY, NAMESPACE, OF_ACCOUNT, OF_NAMESPACE, NetworkRules, PolicyTier
from packetwalk.policy.selector import ALL, Selector

STRIDE = 5
"""After so many policies of a group the packet goes back if one has decided."""
Takes = Callable[[NetworkRules], bool]


def tracked(policy: NetworkRules) -> bool:
    """Say whether a policy is an ordinary one."""
    return not policy.before_dnat and not policy.untracked


class Group(NamedTuple):
    """Policies that stand one after another in a tier and select the same endpoints."""

    selector: Selector
    policies: tuple[NetworkRules, ...]

    @property
    def enforced(self) -> tuple[NetworkRules, ...]:
        """Those that are not staged."""
        return tuple(each for each in self.policies if not each.staged)

    def chains(self, direction: str) -> tuple[str, ...]:
        """Return the chain that an endpoint asks: the policy's own, or, of several, the group's."""
        if len(self.enforced) > 1:
            return (names.group_chain(self.selector, direction, self.policies),)
        return tuple(names.policy_chain(each, direction) for each in self.enforced)

    def specs(self, direction: str) -> Iterator[str]:
        """Yield the rules of the group's chain."""
        decided = marked(ACCEPT | PASS, 0)
        for number, policy in enumerate(self.enforced):
            first = number % STRIDE == 0
            if number and first:
                yield f"{note('Return on verdict')} {decided.replace('--mark', '! --mark')} -j RETURN"
            jump = f"-j {names.policy_chain(policy, direction)}"
            yield jump if first else f"{decided} {jump}"


class TierGroups(NamedTuple):
    """A tier with what an endpoint has of it in one direction."""

    tier: PolicyTier
    groups: tuple[Group, ...]

    def chains(self, direction: str) -> TierChains:
        """Return the tier as the endpoint's chain has it; staged policies alone drop nothing."""
        chains = tuple(name for group in self.groups for name in group.chains(direction))
        return TierChains(self.tier.name, chains, bool(chains) and self.tier.default == DENY)


class Tiers:
    """The tiers of a cluster with their policies in order, staged ones too."""

    def __init__(self, estate: Estate) -> None:
        """``estate`` is the cluster's."""
        self._estate = estate
        staged = [policy for policy, _ in estate.found.policies.values() if policy.staged]
        self._tiers = [
            (tier, sorted([*known, *(p for p in staged if p.tier == tier.name)], key=lambda each: each.place))
            for tier, known in estate.tiers
        ]

    def of(
        self, endpoint: Workload | HostPoint, direction: str, takes: Takes = tracked
    ) -> tuple[TierGroups, ...]:
        """Return what an endpoint has in a direction, of the policies that ``takes`` takes."""
        found = []
        for tier, policies in self._tiers:
            mine = [p for p in policies if takes(p) and not self._estate.passes_over(p, endpoint, direction)]
            if mine:
                found.append(TierGroups(tier, tuple(self._grouped(mine))))
        return tuple(found)

    def of_any(self, mine: list[Workload | HostPoint]) -> Iterator[NetworkRules]:
        """Yield the policies that select any of some endpoints, staged ones too."""
        for _, policies in self._tiers:
            for policy in policies:
                way = policy.directions[0] if policy.directions else ""
                if any(not self._estate.passes_over(policy, each, way) for each in mine):
                    yield policy

    def _grouped(self, policies: list[NetworkRules]) -> Iterator[Group]:
        group: Group | None = None
        for policy in policies:
            subject = self.subject(policy)
            if group and group.selector == subject:
                group = group._replace(policies=(*group.policies, policy))
                continue
            if group:
                yield group
            group = Group(subject, (policy,))
        if group:
            yield group

    def subject(self, policy: NetworkRules) -> Selector:
        """Return whom a policy selects, in the form that Felix has it in (``updateprocessors``)."""
        home = Selector("==", NAMESPACE, (policy.namespace,))
        if policy.subject.pods is not None:
            own = pods(policy.subject.pods)
            spaces = policy.subject.namespaces
            if policy.namespace:
                return Selector("&&", parts=(own, home))
            return Selector("&&", parts=(own, spaces.prefixed(OF_NAMESPACE))) if spaces else own
        _, at = self._estate.found.policies[policy.kind, policy.namespace, policy.name]
        spec = at / "spec"
        accounts = selector(spec / "serviceAccountSelector")
        parts = [
            selector(spec / "selector"),
            home if policy.namespace else of_namespaces(spec / "namespaceSelector"),
            accounts.prefixed(OF_ACCOUNT) if accounts else None,
        ]
        found: Selector | None = None
        for part in parts:
            found = Selector("&&", parts=(found, part)) if found and part else found or part
        return found or ALL
