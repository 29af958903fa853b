"""Addresses of nobody in the cluster: one stands for all of a range about which policies say the same."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, summarize_address_range
from typing import NamedTuple

from packetwalk.policy.estate import Estate
from packetwalk.policy.rules import EGRESS, INGRESS, AddressRange, HostAddress

LAST = {4: (1 << 32) - 1, 6: (1 << 128) - 1}


class Outside(NamedTuple):
    """A range of addresses, and one of them that no pod, node or Service has."""

    version: int
    first: int
    last: int
    address: HostAddress

    def __str__(self) -> str:
        if (self.first, self.last) == (0, LAST[self.version]):
            return "outside" if self.version == 4 else "outside ::/0"
        first, last = HostAddress(self.version, self.first), HostAddress(self.version, self.last)
        nets = list(summarize_address_range(ip_address(str(first)), ip_address(str(last))))
        return f"outside {nets[0]}" if len(nets) == 1 else f"outside {first} to {last}"


def outside(*estates: Estate) -> tuple[Outside, ...]:
    """Return the ranges that policies tell apart, in order; one in which the cluster has every address is left out."""
    edges: dict[int, set[int]] = {4: {0}}
    taken: set[HostAddress] = set()
    for estate in estates:
        taken.update(_own(estate))
        for version, first, last in _named(estate):
            edges.setdefault(version, {0}).update((first, last + 1))
    return tuple(_ranges(edges, taken))


def _ranges(edges: dict[int, set[int]], taken: set[HostAddress]) -> Iterator[Outside]:
    for version, starts in sorted(edges.items()):
        begins = sorted(start for start in starts if start <= LAST[version])
        for first, after in zip(begins, [*begins[1:], LAST[version] + 1], strict=True):
            address = _free(HostAddress(version, first), after, taken)
            if address is not None:
                yield Outside(version, first, after - 1, address)


def _free(address: HostAddress, after: int, taken: set[HostAddress]) -> HostAddress | None:
    """Return the first address from here that neither the cluster has nor everybody has of himself."""
    while address.value < after:
        if address.loopback:
            address = address._replace(value=0x7FFFFFFF if address.version == 4 else 2)
        elif address in taken:
            address = address._replace(value=address.value + 1)
        else:
            return address
    return None


def _own(estate: Estate) -> Iterator[HostAddress]:
    for workload in estate.workloads:
        yield from workload.addresses
    for machine in estate.machines.values():
        yield from (*machine.addresses, *machine.tunnels)
    for host in estate.hosts:
        yield from host.addresses
    for service in estate.services.values():
        yield from service.addresses


def _named(estate: Estate) -> Iterator[tuple[int, int, int]]:
    """Yield every range that policies name, or sets and Services that they name."""
    nets: list[AddressRange] = [net for each in estate.sets for net in each.nets]
    services = set()
    for policy in estate.policies:
        for direction in (INGRESS, EGRESS):
            for rule in policy.rules(direction):
                for peer in (*rule.source.peers, *rule.destination.peers):
                    nets += (*peer.nets, *peer.not_nets)
                    services.add(peer.service)
    yield from {(net.version, net.first, net.last) for net in nets}
    for name in services - {None}:
        for address, _, _ in estate.service_endpoints(name):  # type: ignore[arg-type]
            yield address.version, address.value, address.value
