"""A node's operations under policies: in the place of what Felix writes for pods without any."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Address

from packetwalk.cni.calico import blocks, endpoints, felix
from packetwalk.cni.calico.names import PROFILE, profile_chain
from packetwalk.cni.calico.plan import FELIX_RULES, FELIX_SETS, interface, tunnel_addresses
from packetwalk.cni.calico.policies import hosts, matching, names, sets
from packetwalk.cni.calico.policies.conversion import converted
from packetwalk.cni.calico.policies.tiers import TierGroups, Tiers
from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.policy.endpoints import HostPoint, Workload, combined
from packetwalk.policy.estate import Estate
from packetwalk.policy.judging import DEFAULT_ALLOW
from packetwalk.policy.rules import (
    ALLOW,
    DENY,
    EGRESS,
    INGRESS,
    SERVICE_ACCOUNT,
    HostAddress,
    NetworkRules,
    PolicyRule,
)
from packetwalk.tables import AddrEntry, IpSet, IptablesRule

WAYS = (INGRESS, EGRESS)
PODS = (
    *(endpoints.FROM_POD, endpoints.TO_POD, *PROFILE.values()),
    *(*names.POLICY.values(), *names.GROUPS.values()),
)
"""How the names of the chains begin that Felix writes for pods and their policies."""
SETS = ("cali40s:", "cali40n:", "cali40svc")
"""And the names of the sets that their rules ask."""
DEFAULT = {DEFAULT_ALLOW: ALLOW}
"""The profile that is there in every cluster."""
TO_HOST, ACCEPTS = "Configured DefaultEndpointToHostAction", "Accept"


def policed(estate: Estate) -> Change:
    """Return the edit that makes of a node's operations those that Felix writes under policies, in the form of iptables.

    The cluster's pods are found among the estate's by namespace and name; one that the estate does not know has no
    labels, and one without an address there has the cluster's.
    """
    tiers = Tiers(estate)

    @lru_cache(maxsize=4)
    def pods(cluster: Cluster, taken: int) -> dict[tuple[str, str], Workload]:
        return {
            **{(each.namespace, each.name): each for each in estate.workloads if _is_endpoint(each)},
            **{(pod.namespace, pod.own_name): _workload(estate, cluster, pod, taken) for pod in cluster.pods},
        }

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        every = pods(cluster, len(tunnel_addresses(plan)))
        known = {pod: every[pod.namespace, pod.own_name] for pod in cluster.pods_of(node)}
        mine = {pod: who for pod, who in known.items() if _is_endpoint(who)}
        written = NodeTables(estate, tiers, every)
        here = hosts.on_interfaces(estate.hosts, node.name, _devices(node, plan))
        made = [
            *(Operation(node.name, rule, *FELIX_RULES, pod) for rule, pod in written.rules(mine, here)),
            *(Operation(node.name, each, *FELIX_SETS) for each in written.sets([*mine.values(), *here.values()])),
        ]
        gone = {pod.name for pod in known} - {pod.name for pod in mine}  # Felix forgets a pod that is done, its route too
        plan = [each for each in plan if not (each.by == FELIX_RULES[0] and each.peer in gone)]
        first = next((place for place, each in enumerate(plan) if _for_pods(each)), len(plan))
        return [
            *(_to_host(each, estate.endpoint_to_host) for each in plan[:first]),
            *made,
            *(each for each in plan[first:] if not _for_pods(each)),
        ]

    return change


def _devices(node: Node, plan: list[Operation]) -> dict[str, str]:
    """Return the interfaces of a node by their addresses."""
    own = [op.entry for op in plan if op.netns == node.name and isinstance(op.entry, AddrEntry)]
    return {node.address: "eth0", **{each.local: each.dev for each in own}}


def _is_endpoint(pod: Workload) -> bool:
    return not pod.host_network and not pod.finished


def _workload(estate: Estate, cluster: Cluster, pod: Pod, taken: int) -> Workload:
    """Return a pod of the cluster with what the estate knows of it."""
    known = estate.pods.get((pod.namespace, pod.own_name))
    if known and known.addresses:
        return known
    node = cluster.nodes[pod.node_index]
    address = pod.address or blocks.address(cluster, node, taken + pod.ordinal, taken)
    own = HostAddress(4, int(IPv4Address(address)))
    if known:
        return known._replace(addresses=(own,))
    space = estate.found.namespaces.get(pod.namespace) or {"kubernetes.io/metadata.name": pod.namespace}
    labels = combined({"projectcalico.org/orchestrator": "k8s"}, pod.namespace, space)
    return Workload(pod.namespace, pod.own_name, {}, space, labels, (own,), node.name)


def _for_pods(operation: Operation) -> bool:
    """Say whether an operation makes a rule or a set of Felix's for pods."""
    entry = operation.entry
    if isinstance(entry, IpSet):
        return entry.name.startswith(SETS)
    return isinstance(entry, IptablesRule) and (entry.chain.startswith(PODS) or bool(endpoints.chooses(entry.chain)))


def _to_host(operation: Operation, action: str) -> Operation:
    """Return an operation as DefaultEndpointToHostAction has it; the plan's is that of the manifests, Accept."""
    entry = operation.entry
    if action == ACCEPTS or not isinstance(entry, IptablesRule) or TO_HOST not in entry.spec:
        return operation
    spec = f"{felix.note(TO_HOST)} -j {action.upper()}"
    return operation._replace(entry=entry._replace(spec=spec))


class NodeTables:
    """The rules and sets of one node: what its endpoints have, and all that leads to."""

    def __init__(self, estate: Estate, tiers: Tiers, pods: dict[tuple[str, str], Workload]) -> None:
        """``pods`` are all of the cluster."""
        self._estate, self._tiers = estate, tiers
        self._pods = [each for each in pods.values() if _is_endpoint(each)]
        self._written: set[tuple[str, str]] = set()

    def rules(
        self, mine: dict[Pod, Workload], hosts_here: dict[str, HostPoint]
    ) -> Iterator[tuple[IptablesRule, str]]:
        """Yield the rules for a node's pods and interfaces, each with the pod that it is about."""
        own = [(interface(pod), pod, who) for pod, who in mine.items()]
        yield from endpoints.dispatch({name: pod.name for name, pod, _ in own})
        profiles: dict[str, None] = {}
        leads: list[tuple[str, str, TierGroups]] = []
        for name, pod, who in own:
            named = endpoints.profiles_of(who.namespace, who.all_labels.get(SERVICE_ACCOUNT, ""))
            profiles |= dict.fromkeys(named)
            tiers = {way: self._tiers.of(who, way) for way in WAYS}
            leads += (("filter", way, tier) for way in WAYS for tier in tiers[way])
            chains = {way: tuple(tier.chains(way) for tier in tiers[way]) for way in WAYS}
            for rule in endpoints.endpoint(name, named, chains[INGRESS], chains[EGRESS]):
                yield rule, pod.name
        for table, way, tier in leads:
            for rule in self.led_to(table, way, tier):
                yield rule, ""
        for rule in self._hosts(hosts_here):
            yield rule, ""
        for each in profiles:
            for rule in endpoints.profile(each):
                yield rule, ""

    def _hosts(self, here: dict[str, HostPoint]) -> Iterator[IptablesRule]:
        """Yield the chains of host endpoints, by interface, with all that they lead to."""
        for device, host in here.items():
            found = list(hosts.chains(host, self._tiers))
            governed = any(self._tiers.of(host, way, hosts.forwarded) for way in WAYS)
            for chain in found:
                yield from hosts.dispatched(device, chain)
                specs = list(hosts.specs(chain, host, governed))
                yield from endpoints.in_chain(chain.name(device), specs, chain.table)
                for tier in chain.tiers:
                    yield from self.led_to(chain.table, chain.direction, tier)
                if chain.safe and (chain.table, chain.safe) not in self._written:
                    self._written.add((chain.table, chain.safe))
                    yield from hosts.failsafe(chain.table, chain.safe)
                for name in host.profiles if chain.final else ():
                    yield from self._profile(chain.table, chain.direction, name)

    def _profile(self, table: str, direction: str, name: str) -> Iterator[IptablesRule]:
        """Yield the chain of a host endpoint's profile: one that nobody knows allows nothing."""
        known = self._estate.profiles.get(name)
        rules = (getattr(known, direction)) if known else (PolicyRule(0, DEFAULT.get(name, DENY)),)
        specs = matching.chain(converted(rules, "Profile"), f"Profile {name} {direction}")
        yield from self._once(table, profile_chain(name, direction), specs)

    def led_to(self, table: str, direction: str, tier: TierGroups) -> Iterator[IptablesRule]:
        """Yield the chains that a tier leads to in one of netfilter's tables, where they are not there yet."""
        for group in tier.groups:
            if len(group.enforced) > 1:
                yield from self._once(table, group.chains(direction)[0], list(group.specs(direction)))
            for policy in group.enforced:
                yield from self._policy(table, direction, policy)

    def _policy(self, table: str, direction: str, policy: NetworkRules) -> Iterator[IptablesRule]:
        where = f"{policy.namespace}/" if policy.namespace else ""
        comment = f"{names.kind(policy)} {where}{policy.name} {direction}"
        specs = matching.chain(converted(policy.rules(direction), policy.kind), comment)
        yield from self._once(table, names.policy_chain(policy, direction), specs)

    def _once(self, table: str, chain: str, specs: list[str]) -> Iterator[IptablesRule]:
        if (table, chain) not in self._written:
            self._written.add((table, chain))
            allows = felix.mark(felix.ACCEPT, felix.ACCEPT)
            for spec in specs:
                yield IptablesRule(table, chain, spec, policy=spec.endswith((allows, "-j DROP")))

    def sets(self, mine: list[Workload | HostPoint]) -> Iterator[IpSet]:
        """Yield the sets that the policies of this node's endpoints ask."""
        found: dict[str, sets.Wanted] = {}
        for policy in self._tiers.of_any(mine):
            for way in WAYS:
                for rule in converted(policy.rules(way), policy.kind):
                    found |= {each.name: each for each in sets.every(rule)}
        for each in found.values():
            yield each.of(self._estate, self._pods)
