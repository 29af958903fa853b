"""What weave-npc 2.9.0 makes of NetworkPolicies on a node: the same sets and rules on each.

Sources: npc/controller.go, npc/namespace.go, npc/selector.go of github.com/rajch/weave.  Policies come in the order in
which the API server lists them.  What ``ipset`` or ``iptables`` refuse ends the work on a policy; what was made of it
by then stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.cni.weave import npc
from packetwalk.cni.weave.policies.analyser import (
    OF_BLOCKS,
    OF_NAMESPACES,
    OF_PODS,
    Analysed,
    RuleSpec,
    SetSpec,
    analysed,
    closes,
)
from packetwalk.policy.rules import EGRESS, INGRESS
from packetwalk.tables import Entry, IpSet, IptablesRule
from packetwalk.wire.address import ipv4_from_int

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate

KIND = "KubernetesNetworkPolicy"
CLOSED = (
    f"-m state --state NEW -m mark ! --mark {npc.EGRESS_MARK} -j NFLOG --nflog-group 86",
    f"-m mark ! --mark {npc.EGRESS_MARK} -j DROP",
)
"""The end of WEAVE-NPC-EGRESS from the first policy with egress on; it stays when that goes."""
TARGETS = {
    INGRESS: ("WEAVE-NPC-INGRESS", "ACCEPT"),
    EGRESS: ("WEAVE-NPC-EGRESS-CUSTOM", "WEAVE-NPC-EGRESS-ACCEPT", "RETURN"),
}
"""The chain of a direction's rules, and where each of them jumps to, one line for each."""
SOURCES = ("npc/selector.go", "npc/selector.go", "npc/selector.go", "npc/ipblock.go")


class KnownPod(NamedTuple):
    """A pod with an address of its own."""

    namespace: str
    address: str
    labels: Mapping[str, str]


class Controller:
    """weave-npc, which knows all namespaces and pods and is told of one policy after the other."""

    def __init__(self, estate: Estate) -> None:
        self._pods = [
            KnownPod(each.namespace, ipv4_from_int(each.addresses[0].value), each.labels)
            for each in estate.workloads
            if each.addresses and each.addresses[0].version == 4 and not (each.host_network or each.finished)
        ]
        known, found = estate.found.namespaces, estate.found.policies
        told = sorted((namespace, name) for kind, namespace, name in found if kind == KIND)
        names = {*known, *(pod.namespace for pod in self._pods), *(namespace for namespace, _ in told)}
        self._namespaces = {
            name: known.get(name) or {"kubernetes.io/metadata.name": name} for name in sorted(names)
        }
        self._closed = False
        self._isolating: list[tuple[str, SetSpec]] = []
        self._there = {(OF_PODS, name, "") for name in names}  # the set of all pods of a namespace is there
        self._sets: dict[str, tuple[IpSet, str]] = {}
        self._rules: dict[tuple[str, RuleSpec], None] = {}
        for namespace, name in told:
            spec = found[KIND, namespace, name][1] / "spec"
            self._closed |= closes(spec)
            needs = analysed(namespace, spec)
            if needs:
                self._add(namespace, needs)

    def _add(self, namespace: str, needs: Analysed) -> None:
        """Make what a policy needs (``addNetworkPolicy``)."""
        for wanted in needs.sets:
            if wanted[:3] not in self._there:
                if wanted.name in self._sets:  # "set with the same name already exists"
                    return
                self._there.add(wanted[:3])
                self._sets[wanted.name] = self._set(wanted), SOURCES[wanted.kind]
                if any(":" in net for net in wanted.nets):
                    return
            if wanted == needs.target:
                self._isolating += [(direction, wanted) for direction in needs.isolates]
        for rule in needs.rules:
            if not rule.writable:
                return
            self._rules[namespace, rule] = None

    def _set(self, wanted: SetSpec) -> IpSet:
        """Return a set with its members: networks, sets of namespaces, or pods."""
        if wanted.kind == OF_BLOCKS:
            nets = takewhile(lambda net: ":" not in net, wanted.nets)
            return IpSet(wanted.name, tuple(net.removesuffix("/32") for net in nets), "hash:net", "comment")
        if wanted.kind == OF_NAMESPACES:
            names = tuple(npc.set_name(f"{name}:") for name in self._namespaces if self._in(name, wanted))
            return IpSet(wanted.name, names, "list:set", "size 1024 comment")
        return IpSet(wanted.name, addresses(filter(partial(self._matches, wanted), self._pods)), "hash:ip", "comment")

    def _in(self, namespace: str, wanted: SetSpec) -> bool:
        """Say whether a set is about a namespace."""
        if wanted.namespaces is not None:
            return wanted.namespaces.matches(self._namespaces[namespace])
        return namespace == wanted.namespace

    def _matches(self, wanted: SetSpec, pod: KnownPod) -> bool:
        return self._in(pod.namespace, wanted) and wanted.pods is not None and wanted.pods.matches(pod.labels)

    def tables(self) -> Iterator[tuple[Entry, str]]:
        """Yield sets and rules as they are after the last policy, each with its source."""
        for namespace in self._namespaces:
            every = [pod for pod in self._pods if pod.namespace == namespace]
            inward, outward = (addresses(self._free(direction, every)) for direction in (INGRESS, EGRESS))
            for entry in npc.of_namespace(namespace, inward, outward, addresses(every)):
                yield entry, npc.NAMESPACE
        for spec in CLOSED if self._closed else ():
            drops = spec.endswith("DROP")
            yield IptablesRule("filter", "WEAVE-NPC-EGRESS", spec, policy=drops), "npc/controller.go"
        yield from self._sets.values()
        for _, rule in self._rules:
            chain, *targets = TARGETS[rule.direction]
            for target in targets:
                yield IptablesRule("filter", chain, f"{rule.spec} -j {target}", policy=True), "npc/rule.go"

    def _free(self, direction: str, pods: list[KnownPod]) -> list[KnownPod]:
        """Return those pods that no policy isolates."""
        found = [wanted for way, wanted in self._isolating if way == direction]
        return [pod for pod in pods if not any(self._matches(wanted, pod) for wanted in found)]


def addresses(pods: Iterable[KnownPod]) -> tuple[str, ...]:
    """Return the addresses of pods."""
    return tuple(pod.address for pod in pods)
