"""The ports at which policies change their mind: one of each stretch in between stands for all of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from packetwalk.policy.endpoints import NamedPort
from packetwalk.policy.estate import Estate
from packetwalk.policy.rules import (
    EGRESS,
    ICMP,
    INGRESS,
    PROTOCOLS,
    SCTP,
    TCP,
    UDP,
    WITH_PORTS,
    protocol_name,
)

LAST_PORT = 65535


class Stretch(NamedTuple):
    """Ports of a protocol about which all policies say the same; one without ports is 0 to 0."""

    protocol: int
    first: int
    last: int

    def __str__(self) -> str:
        if self.protocol not in WITH_PORTS:
            return protocol_name(self.protocol)
        return f"{protocol_name(self.protocol)} {self.first}" + (
            f"-{self.last}" if self.last > self.first else ""
        )


def stretches(*estates: Estate) -> list[Stretch]:
    """Return every stretch of ports, of all protocols that somebody names and of TCP, UDP, SCTP and ICMP."""
    edges: dict[int, set[int]] = {protocol: {1} for protocol in (TCP, UDP, SCTP, ICMP)}
    for estate in estates:
        named = {port for pod in estate.workloads for port in pod.ports}
        for policy in estate.policies:
            for direction in (INGRESS, EGRESS):
                for rule in policy.rules(direction):
                    for protocol in (rule.protocol, rule.not_protocol):
                        if protocol is not None:
                            edges.setdefault(protocol, {1})
                    for ports in (*rule.destination.ports, *rule.destination.not_ports):
                        _cut(edges, rule.protocol, ports.first, ports.last, _of(named, ports.name))
        for service in estate.services:
            for _, protocol, port in estate.service_endpoints(service):
                edges[protocol] |= {port, port + 1}
    found = []
    for protocol, starts in sorted(edges.items()):
        if protocol not in WITH_PORTS:
            found.append(Stretch(protocol, 0, 0))
            continue
        begins = sorted(start for start in starts if start <= LAST_PORT)
        ends = [begin - 1 for begin in begins[1:]] + [LAST_PORT]
        found += [Stretch(protocol, first, last) for first, last in zip(begins, ends, strict=True)]
    return found


def _of(named: Iterable[NamedPort], name: str) -> list[NamedPort]:
    return [each for each in named if name and each.name == name]


def _cut(
    edges: dict[int, set[int]], protocol: int | None, first: int, last: int, named: list[NamedPort]
) -> None:
    """Begin a stretch where ports begin, and where they end."""
    for each in named:
        if protocol in (None, each.protocol):
            edges.setdefault(each.protocol, {1}).update((each.port, each.port + 1))
    if not named and last:
        for known in [protocol] if protocol is not None else list(PROTOCOLS.values()):
            edges.setdefault(known, {1}).update((max(first, 1), last + 1))
