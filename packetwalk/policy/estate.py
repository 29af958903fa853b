"""All that manifests hold, together: endpoints with their labels, services with their endpoints, tiers with their policies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.endpoints import AddressSet, HostPoint, Machine, Profile, Workload, combined
from packetwalk.policy.leaving import Leaving, Routes, bare, by_pools, nodeless, unknown
from packetwalk.policy.manifests.collected import Collected, PodRecord, ServiceRecord, SliceRecord
from packetwalk.policy.plugins import CALICO, enforcement
from packetwalk.policy.plugins.enforcement import Taken
from packetwalk.policy.rules import (
    BUILT_IN,
    HostAddress,
    NetworkRules,
    Peer,
    PolicyTier,
)


class Party(NamedTuple):
    """One end of a packet: who has its address, as far as anybody is known to."""

    address: HostAddress | None = None
    workload: Workload | None = None
    hosts: tuple[HostPoint, ...] = ()
    sets: tuple[AddressSet, ...] = ()
    machine: Machine | None = None
    said: str = ""

    def __str__(self) -> str:
        return self.said


class Backend(NamedTuple):
    """Where a service's packet goes: an address, a port, and the endpoint's name for the port."""

    address: HostAddress
    port: int


class Estate:
    """A cluster as its manifests have it, and the policies that govern it."""

    def __init__(self, found: Collected, plugin: str = CALICO, routes: Routes | None = None) -> None:
        """``routes`` are what is known of the nodes' tables; without, the manifests' pools say how packets leave."""
        self._routes = routes
        self.found, self.plugin = found, enforcement(plugin)
        self._changed: list[str] = []
        self.workloads = tuple(self._workload(each) for _, each in sorted(found.pods.items()))
        self.machines = {each.name: each for each in (*bare(self.workloads), *found.machines)}
        self.pods = {(each.namespace, each.name): each for each in self.workloads}
        self.hosts = tuple(sorted(found.hosts)) if self.plugin.knows_hosts else ()
        self.sets = tuple(self._set(each) for each in found.sets)
        self.profiles = {each.name: each for each in found.profiles}
        self.services = found.services
        self.tiers = self._tiers()

    @property
    def endpoint_to_host(self) -> str:
        """What Felix does with a pod's packet to its own node that policy allows (DefaultEndpointToHostAction)."""
        return self.found.endpoint_to_host

    def _workload(self, record: PodRecord) -> Workload:
        said = record.meta
        return Workload(
            said.namespace,
            said.name,
            said.labels,
            self.found.namespaces.get(said.namespace) or {"kubernetes.io/metadata.name": said.namespace},
            combined(
                {**said.labels, "projectcalico.org/orchestrator": "k8s"},
                said.namespace,
                self.found.namespaces.get(said.namespace),
                record.account,
                self.found.accounts.get((said.namespace, record.account)),
            ),
            record.addresses,
            record.node,
            record.ports,
            record.host_network,
            record.finished,
        )

    def _set(self, each: AddressSet) -> AddressSet:
        labels = combined(each.all_labels, each.namespace, self.found.namespaces.get(each.namespace))
        return each._replace(all_labels=labels)

    def _tiers(self) -> tuple[tuple[PolicyTier, tuple[NetworkRules, ...]], ...]:
        """Return the tiers in order, each with its policies in theirs; BadInput for a policy whose tier is not there."""
        tiers = {each.name: each for each in BUILT_IN} | self.found.tiers
        policies: dict[str, dict[NetworkRules, NetworkRules | None]] = {name: {} for name in tiers}
        every: list[Taken] = []
        for policy, at in self.found.policies.values():
            if policy.tier not in policies:
                (at / "spec" / "tier").wrong(policy.tier, *sorted(tiers))
            if policy.staged:
                continue
            taken, said = self.plugin.takes(policy)
            self._changed += [said] if said else []
            if taken is not None:
                policies[policy.tier][taken] = taken
                every.append((taken, at))
        for policy, left, said in self.plugin.together(every):
            self._changed.append(said)
            policies[policy.tier][policy] = left
        return tuple(
            (tier, tuple(sorted(filter(None, policies[tier.name].values()), key=lambda each: each.place)))
            for tier in sorted(tiers.values(), key=lambda each: each.place)
        )

    @cached_property
    def policies(self) -> tuple[NetworkRules, ...]:
        """All policies that are enforced, in the order in which they are asked."""
        return tuple(policy for _, policies in self.tiers for policy in policies)

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of verdicts should know: objects that are not used, names that are not looked up."""
        counted = ", ".join(f"{number} {kind}" for kind, number in sorted(self.found.unused.items()))
        nowhere = unknown(self.found.pools, self.found.machines) if self.plugin.knows_hosts else ()
        routes = () if self._routes else (*nodeless(self.workloads, self.found.machines), *nowhere)
        return (*self._changed, *routes, *([f"not used: {counted}"] if counted else []))

    def where(self, policy: NetworkRules) -> str:
        """Return the file and the line at which a policy begins."""
        _, at = self.found.policies[policy.kind, policy.namespace, policy.name]
        return at.document.at((*at.way, "kind"))

    @cached_property
    def _holders(self) -> dict[HostAddress, Workload]:
        found: dict[HostAddress, Workload] = {}
        for each in self.workloads:
            if not each.finished and not each.host_network:
                found |= dict.fromkeys(each.addresses, each)
        return found

    def pod(self, namespace: str, name: str) -> Workload:
        """Return a pod by its name; BadInput names those that are near."""
        if (namespace, name) not in self.pods:
            names = [str(each) for each in self.workloads if each.namespace == namespace] or [
                str(each) for each in self.workloads
            ]
            raise BadInput("pod", f"{namespace}/{name}", [*names[:8], *(["..."] if len(names) > 8 else [])])
        return self.pods[namespace, name]

    def machine(self, name: str) -> Machine:
        """Return a node by its name."""
        if name not in self.machines:
            raise BadInput("node", name, sorted(self.machines))
        return self.machines[name]

    def party(self, each: Workload) -> Party:
        """Return a pod as the end of a packet; one on its node's network is its node."""
        if each.host_network and each.node in self.machines:
            return self.node_party(self.machines[each.node])._replace(
                said=f"{each}, on {each.node}'s network"
            )
        address = each.addresses[0] if each.addresses else None
        workload = None if each.host_network else each
        return Party(address, workload, (), self._sets_of(address), said=str(each))

    def node_party(self, machine: Machine, address: HostAddress | None = None) -> Party:
        """Return a node as the end of a packet."""
        own = address or (machine.addresses[0] if machine.addresses else None)
        hosts = tuple(each for each in self.hosts if own in each.addresses)
        return Party(own, None, hosts, self._sets_of(own), machine, str(machine))

    def leaving(self, machine: Machine, to: Party) -> Leaving:
        """Return how a node's packets leave for a pod of another node."""
        if self._routes and to.address:
            return self._routes(machine, to.address)
        there = self.machines.get(to.workload.node) if to.workload else None
        return by_pools(self.found.pools, machine, to.address, there)

    def at(self, address: HostAddress, said: str) -> Party:
        """Return whoever has an address: a pod, a node, or nobody of this cluster."""
        if address in self._holders:
            return self.party(self._holders[address])._replace(address=address)
        for machine in self.machines.values():
            if address in machine.addresses or address in machine.tunnels:
                return self.node_party(machine, address)
        hosts = tuple(each for each in self.hosts if address in each.addresses)
        return Party(address, None, hosts, self._sets_of(address), said=said)

    def _sets_of(self, address: HostAddress | None) -> tuple[AddressSet, ...]:
        if address is None:
            return ()
        return tuple(each for each in self.sets if any(address in net for net in each.nets))

    def backends(
        self, service: ServiceRecord, port: int, protocol: int, by_node_port: bool = False
    ) -> Iterator[Backend]:
        """Yield where packets to a port of a service go."""
        for known in service.ports:
            if known.protocol != protocol or (known.node_port if by_node_port else known.port) != port:
                continue
            slices = self._slices(service)
            for each in slices:
                for name, of, number in each.ports:
                    if (name, of) == (known.name, protocol):
                        yield from (Backend(address, number) for address in each.addresses)
            for one in () if slices else self._selected(service):
                named = [own.port for own in one.ports if (own.name, own.protocol) == (known.target, protocol)]
                numbers = [known.target] if isinstance(known.target, int) else named
                yield from (Backend(one.addresses[0], number) for number in numbers)

    def behind(self, service: ServiceRecord) -> tuple[HostAddress, ...]:
        """Return the addresses of a service's endpoints: those that the name of a headless one has."""
        slices = self._slices(service)
        found = (address for each in slices for address in each.addresses)
        return tuple(
            dict.fromkeys(found if slices else (each.addresses[0] for each in self._selected(service)))
        )

    def _slices(self, service: ServiceRecord) -> list[SliceRecord]:
        name = service.meta.namespace, service.meta.name
        return [each for each in self.found.slices if (each.namespace, each.service) == name]

    def _selected(self, service: ServiceRecord) -> Iterator[Workload]:
        """Yield the pods with an address that a service selects, where no EndpointSlice says who they are."""
        for each in self.workloads:
            if (
                service.selector
                and each.addresses
                and each.namespace == service.meta.namespace
                and service.selector.items() <= each.labels.items()
                and not each.finished
            ):
                yield each

    def service_endpoints(self, name: tuple[str, str]) -> frozenset[tuple[HostAddress, int, int]]:
        """Return (address, protocol, port) of a service's endpoints, as Calico's sets of services hold them."""
        service = self.services.get(name)
        if service is None:
            return frozenset()
        return frozenset(
            (each.address, port.protocol, each.port)
            for port in service.ports
            for each in self.backends(service, port.port, port.protocol)
        )

    def means(self, peer: Peer, party: Party) -> bool:
        """Say whether a peer of a rule means this end of a packet; what it says of services is asked elsewhere."""
        who = party.workload
        if peer.pods is not None and not (
            who is not None
            and (peer.namespace is None or who.namespace == peer.namespace)
            and (peer.namespaces is None or peer.namespaces.matches(who.of_namespace))
            and peer.pods.matches(who.labels)
        ):
            return False
        if peer.nodes is not None and not (party.machine and peer.nodes.matches(party.machine.labels)):
            return False
        if peer.domains or (peer.outside and who is not None):
            return False
        labels = [each.all_labels for each in (who, *party.hosts, *party.sets) if each is not None]
        if peer.selector is not None and not any(map(peer.selector.matches, labels)):
            return False
        if peer.without is not None and any(map(peer.without.matches, labels)):
            return False
        return (not peer.nets or any(party.address in net for net in peer.nets)) and not any(
            party.address in net for net in peer.not_nets
        )

    def passes_over(self, policy: NetworkRules, endpoint: Workload | HostPoint, direction: str) -> str:
        """Say why a policy has nothing to say of an endpoint in a direction; empty where it has."""
        party = Party(workload=endpoint) if isinstance(endpoint, Workload) else Party(hosts=(endpoint,))
        if not self.means(policy.subject, party):
            return f"does not select {endpoint}: {self._unlike(policy.subject, endpoint)}"
        return "" if policy.speaks_of(direction) else f"does not govern {direction}"

    @staticmethod
    def _unlike(peer: Peer, endpoint: Workload | HostPoint) -> str:
        if isinstance(endpoint, Workload):
            if peer.namespace not in (None, endpoint.namespace):
                return f"it is in namespace {endpoint.namespace}, not {peer.namespace}"
            for selector, labels in ((peer.namespaces, endpoint.of_namespace), (peer.pods, endpoint.labels)):
                if selector is not None and selector.refusal(labels):
                    return selector.refusal(labels)
        elif peer.pods is not None:
            return "it selects pods only"
        return peer.selector.refusal(endpoint.all_labels) if peer.selector else ""

    def profile(self, endpoint: Workload | HostPoint) -> tuple[Profile, ...]:
        """Return the profiles of an endpoint that manifests say something of."""
        names = endpoint.profiles if isinstance(endpoint, HostPoint) else ()
        return tuple(self.profiles[name] for name in names if name in self.profiles)
