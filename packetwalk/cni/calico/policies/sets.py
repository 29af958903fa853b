"""Sets of addresses that rules ask for: whom a selector finds, who has a named port, where a service leads.

Sources: felix/calc/rule_scanner.go (``IPSetData``), felix/labelindex/named_port_index.go and
felix/calc/service_index.go; recorded with release-v3.33.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from packetwalk.cni.calico import felix
from packetwalk.cni.calico.policies import names
from packetwalk.cni.calico.policies.conversion import FelixRule, RuleSide
from packetwalk.policy.endpoints import HostPoint, Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.rules import SCTP, TCP, UDP, HostAddress
from packetwalk.policy.selector import ALL, Selector
from packetwalk.tables import IpSet

TRANSPORTS = {TCP: "tcp", UDP: "udp", SCTP: "sctp"}


class Wanted(NamedTuple):
    """A set that a rule asks: of endpoints by ``selector``, perhaps of their ``port`` of a protocol, or of a service."""

    selector: Selector = ALL
    port: str = ""
    protocol: int = TCP
    service: tuple[str, str] | None = None
    with_ports: bool = False

    @property
    def name(self) -> str:
        """Its name in the kernel."""
        if self.service:
            return names.set_name(
                names.unique("svc" if self.with_ports else "svcnoport", "/".join(self.service))
            )
        identity = names.unique("s", names.text(self.selector))
        if self.port:
            identity = names.unique("n", f"{identity},{TRANSPORTS[self.protocol]},{self.port}")
        return names.set_name(identity)

    def of(self, estate: Estate, pods: Iterable[Workload]) -> IpSet:
        """Return it with its members; ``pods`` are all of the cluster."""
        both = bool(self.port) or self.with_ports
        members = sorted(dict.fromkeys(self._members(estate, pods)))
        kept = members if both else _uncovered(members)
        return IpSet(self.name, tuple(kept), "hash:ip,port" if both else "hash:net", felix.MAXELEM)

    def _members(self, estate: Estate, pods: Iterable[Workload]) -> Iterator[str]:
        if self.service:
            for address, protocol, port in estate.service_endpoints(self.service):
                yield _member(address, protocol, port) if self.with_ports else said(address)
            return
        everybody: list[Workload | HostPoint] = [*pods, *estate.hosts]
        for each in everybody:
            if self.selector.matches(each.all_labels):
                yield from self._addresses(each)
        for known in estate.sets if not self.port else ():
            if self.selector.matches(known.all_labels):
                yield from (each.text.removesuffix("/32") for each in known.nets if each.version == 4)

    def _addresses(self, each: Workload | HostPoint) -> Iterator[str]:
        for address in each.addresses:
            if address.version == 4 and not self.port:
                yield said(address)
            elif address.version == 4:
                for port in each.ports:
                    if (port.name, port.protocol) == (self.port, self.protocol):
                        yield _member(address, port.protocol, port.port)


def _uncovered(members: list[str]) -> list[str]:
    """Return networks without those that lie in another of them: an interval of nftables takes no part of another.

    So it is in either form, for the form may change while Felix runs (``shouldSuppressIPSetOverlaps``).
    """
    nets = {each: IPv4Network(each) for each in members}
    wide = [net for net in nets.values() if net.prefixlen < 32]
    return [each for each in members if not any(net != nets[each] and nets[each].subnet_of(net) for net in wide)]


def said(address: HostAddress) -> str:
    """Return an address of IPv4 in words."""
    return str(IPv4Address(address.value))


def _member(address: HostAddress, protocol: int, port: int) -> str:
    return f"{said(address)},{TRANSPORTS[protocol]}:{port}"


def named_ports(rule: FelixRule, side: RuleSide, without: bool = False) -> list[Wanted]:
    """Return the sets of an end's named ports: of those endpoints alone that its selector finds, if it has one."""
    protocol = rule.protocol if rule.protocol in TRANSPORTS else TCP
    ports = [each.name for each in side.not_ports if each.name] if without else side.names
    return [Wanted(side.selector or ALL, port, protocol or TCP) for port in ports]


def selected(side: RuleSide, is_source: bool) -> list[Wanted]:
    """Return the sets of endpoints that an end asks for; where named ports stand for its selector, none for that."""
    found = []
    if side.selector and (side.numbers or not side.names):
        found.append(Wanted(side.selector))
    if side.service and is_source:
        found.append(Wanted(service=side.service))
    return found


def every(rule: FelixRule) -> Iterator[Wanted]:
    """Yield all sets that a rule asks."""
    for side, is_source in ((rule.source, True), (rule.destination, False)):
        yield from named_ports(rule, side)
        yield from named_ports(rule, side, without=True)
        yield from selected(side, is_source)
        if side.service and not is_source:
            yield Wanted(service=side.service, with_ports=True)
        if side.without:
            yield Wanted(side.without)
