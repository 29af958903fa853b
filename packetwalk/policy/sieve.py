"""Pods sifted by what rules ask: each end of a rule, at one protocol and port, as the set of pods that it means.

Addresses outside may stand behind the pods: policies govern none of them, and a rule may mean them by their address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy

from packetwalk.policy.attempt import ANY_PORT, ECHO
from packetwalk.policy.endpoints import Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.index import AddressIndex, Index, bits
from packetwalk.policy.rules import (
    EGRESS,
    ICMP,
    INGRESS,
    WITH_PORTS,
    HostAddress,
    NetworkRules,
    Peer,
    PolicyRule,
    Ports,
    RuleEnd,
)
from packetwalk.policy.selector import Selector


class Sieve:
    """Some pods, and addresses outside, and one protocol and port between each two of them."""

    def __init__(
        self,
        estate: Estate,
        pods: tuple[Workload, ...],
        protocol: int,
        port: int,
        beyond: tuple[HostAddress, ...] = (),
    ) -> None:
        self.estate, self.pods, self.protocol, self.port = estate, pods, protocol, port
        self.beyond = beyond
        self.size = len(pods) + len(beyond)
        self.everybody, self.inside = (1 << self.size) - 1, (1 << len(pods)) - 1
        self.labels = Index([each.all_labels for each in pods])
        self.own_labels = Index([each.labels for each in pods])
        self.namespaces = Index([each.of_namespace for each in pods])
        self.homes = Index([{"": each.namespace} for each in pods]).label("")
        self.addresses = AddressIndex(
            (*(each.addresses[:1] for each in pods), *((one,) for one in beyond)), self.size
        )
        self.finished = bits((place for place, each in enumerate(pods) if each.finished), self.size)
        self.governing: dict[str, list[int]] = {}
        """By direction, the policies that govern each place, as ``Direction`` finds them: the same at every port."""
        self._peers: dict[tuple[Peer, bool, int, int], int] = {}
        self._subjects: dict[Peer, int] = {}
        self._ends: dict[tuple[RuleEnd, bool], int] = {}
        self._names: dict[str, int] = {}
        self.sixth = self._sixth()

    def at(self, protocol: int, port: int) -> Sieve:
        """Return the same pods at another protocol and port; what has nothing to do with these is not asked again."""
        other = copy(self)
        other.protocol, other.port = protocol, port
        other._ends, other._names = {}, {}
        return other

    def some(self, places: Sequence[int]) -> Sieve:
        """Return the sieve of those at some places, in order."""
        pods = tuple(self.pods[place] for place in places if place < len(self.pods))
        beyond = tuple(self.beyond[place - len(self.pods)] for place in places if place >= len(self.pods))
        return Sieve(self.estate, pods, self.protocol, self.port, beyond)

    def _sixth(self) -> int:
        """Return those whose packets are IPv6: those that have such an address alone."""
        first = [*(each.addresses[:1] for each in self.pods), *((one,) for one in self.beyond)]
        return bits((place for place, own in enumerate(first) if own and own[0].version == 6), self.size)

    def conditions(self) -> Iterator[int]:
        """Yield every set that policies ask of pods; pods alike in all of them are alike."""
        seen = {self.finished, self.sixth}
        for policy in self.estate.policies:
            seen.add(self.subject(policy))
            for direction in (INGRESS, EGRESS):
                for rule in policy.rules(direction):
                    if self.applies(rule):
                        seen |= {self.end(rule.source, True), self.end(rule.destination, False)}
        yield from sorted(seen)

    def subject(self, policy: NetworkRules) -> int:
        """Return the pods that a policy governs: by their labels, whatever set their addresses are of."""
        if policy.before_dnat or policy.untracked:
            return 0
        if policy.subject not in self._subjects:
            self._subjects[policy.subject] = self._peer(policy.subject, False, by_sets=False) & self.inside
        return self._subjects[policy.subject]

    def applies(self, rule: PolicyRule) -> bool:
        """Say whether a rule is about this protocol at all."""
        if rule.protocol not in (None, self.protocol) or rule.not_protocol == self.protocol:
            return False
        asked = ECHO if self.protocol == ICMP else None
        return not (rule.icmp and not rule.icmp.is_kind(asked)) and not (
            rule.not_icmp and rule.not_icmp.is_kind(asked)
        )

    def end(self, end: RuleEnd, source: bool) -> int:
        """Return the pods that an end of a rule means."""
        if (end, source) not in self._ends:
            self._ends[end, source] = self._end(end, source)
        return self._ends[end, source]

    def _end(self, end: RuleEnd, source: bool) -> int:
        found = 0 if end.peers else self.everybody
        for peer in end.peers:
            found |= self.peer(peer, source)
        port = ANY_PORT if source else self.port
        if end.ports:
            allowed = 0
            for each in end.ports:
                allowed |= self.having(each, port)
            found &= allowed
        for each in end.not_ports:
            found &= ~self.having(each, port)
        return found

    def having(self, ports: Ports, port: int) -> int:
        """Return the pods at which a port is one of these."""
        if not ports.name:
            return self.everybody if self.protocol in WITH_PORTS and ports.first <= port <= ports.last else 0
        key = f"{ports.name} {port}"
        if key not in self._names:
            wanted = (ports.name, self.protocol, port)
            self._names[key] = bits((i for i, pod in enumerate(self.pods) if wanted in pod.ports), self.size)
        return self._names[key]

    def peer(self, peer: Peer, source: bool) -> int:
        """Return the pods that a peer means."""
        here = (self.protocol, self.port) if peer.service and not source else (0, 0)
        key = (peer, source, *here)
        if key not in self._peers:
            self._peers[key] = self._peer(peer, source)
        return self._peers[key]

    def _peer(self, peer: Peer, source: bool, by_sets: bool = True) -> int:
        if peer.service is not None:
            return self._service(peer.service, source)
        if peer.domains or peer.nodes is not None:
            return 0
        found = self.everybody & ~self.inside if peer.outside else self.everybody
        if peer.pods is not None:
            found &= peer.pods.mask(self.own_labels)
            if peer.namespaces is not None:
                found &= peer.namespaces.mask(self.namespaces)
            if peer.namespace is not None:
                found &= self.homes.get(peer.namespace, 0)
        if peer.selector is not None:
            found &= peer.selector.mask(self.labels) | (self._in_sets(peer.selector) if by_sets else 0)
        if peer.without is not None:
            found &= ~(peer.without.mask(self.labels) | self._in_sets(peer.without))
        if peer.nets:
            inside = 0
            for net in peer.nets:
                inside |= self.addresses.within(net.version, net.first, net.last)
            found &= inside
        for net in peer.not_nets:
            found &= ~self.addresses.within(net.version, net.first, net.last)
        return found

    def _in_sets(self, selector: Selector) -> int:
        found = 0
        for each in self.estate.sets:
            if selector.matches(each.all_labels):
                for net in each.nets:
                    found |= self.addresses.within(net.version, net.first, net.last)
        return found

    def _service(self, name: tuple[str, str], source: bool) -> int:
        found = 0
        for address, protocol, port in self.estate.service_endpoints(name):
            if source or (protocol, port) == (self.protocol, self.port):
                found |= self.addresses.within(address.version, address.value, address.value)
        return found
