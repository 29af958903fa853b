"""Rules of Calico's policies (projectcalico.org/v3), with what its API refuses."""

from __future__ import annotations

from packetwalk.errors import BadInput
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import cidr
from packetwalk.policy.rules import (
    ALLOW,
    DENY,
    EGRESS,
    ICMP,
    ICMP6,
    INGRESS,
    LOG,
    NAMESPACE,
    OF_ACCOUNT,
    OF_NAMESPACE,
    PASS,
    PROTOCOLS,
    SERVICE_ACCOUNT,
    WITH_PORTS,
    IcmpKind,
    Peer,
    PolicyRule,
    Ports,
    RuleEnd,
)
from packetwalk.policy.selector import Selector, both, parse

IN_A_NAMESPACE = Selector("has", NAMESPACE)
ACTIONS = (ALLOW, DENY, LOG, PASS)
ENTITY = (
    *("nets", "notNets", "selector", "notSelector", "namespaceSelector"),
    *("ports", "notPorts", "serviceAccounts", "services"),
)
RULE = (
    *("action", "ipVersion", "protocol", "notProtocol", "icmp", "notICMP"),
    *("source", "destination", "http", "metadata"),
)


def selector(at: Given) -> Selector | None:
    """Read a selector; None where none is written."""
    if not at.there or not at.text().strip():
        return None
    try:
        return parse(at.text())
    except BadInput as error:
        raise error.within(at.document.at(at.way)) from None


def of_namespaces(at: Given) -> Selector | None:
    """Read a selector of namespaces as one of endpoints: ``all()`` is any namespace, ``global()`` none."""
    found = selector(at)
    if found is None:
        return None
    words = {"all()": IN_A_NAMESPACE, "global()": Selector("!", parts=(IN_A_NAMESPACE,))}
    return found.prefixed(OF_NAMESPACE).replaced(words)


def protocol(at: Given) -> int | None:
    """Read a protocol by its name or number; None where none is written."""
    if not at.there or isinstance(at.value, int):
        return at.whole(1, 255) if at.there else None
    known = {name.lower(): number for name, number in PROTOCOLS.items()}
    if at.text().lower() not in known:
        at.wrong(at.value, *PROTOCOLS, "1 to 255")
    return known[at.text().lower()]


def _ports(at: Given) -> tuple[Ports, ...]:
    found = []
    for each in at.each():
        if isinstance(each.value, int):
            number = each.whole(0, 65535)
            found.append(Ports(number, number))
            continue
        first, colon, last = each.text().partition(":")
        if not first.isdecimal():
            found.append(Ports(0, 0, each.text()))
            continue
        low, high = int(first), int(last) if colon and last.isdecimal() else int(first)
        if (colon and not last.isdecimal()) or not 0 <= low <= high <= 65535:
            each.wrong(each.value, "a port, a range as 80:90, or a name")
        found.append(Ports(low, high))
    return tuple(found)


def _accounts(at: Given) -> Selector | None:
    at = at.only("names", "selector")
    names = tuple(each.text() for each in (at / "names").each())
    wanted = selector(at / "selector")
    return both(
        wanted.prefixed(OF_ACCOUNT) if wanted else None,
        Selector("in", SERVICE_ACCOUNT, names) if names else None,
    )


def _peer(at: Given, namespace: str) -> Peer:
    """Read whom an end means; in a policy of a namespace, any selector is confined to it, unless it names others."""
    wanted, without = selector(at / "selector"), selector(at / "notSelector")
    spaces, accounts = of_namespaces(at / "namespaceSelector"), _accounts(at / "serviceAccounts")
    if namespace and spaces is None and (wanted or without or accounts):
        spaces = Selector("==", NAMESPACE, (namespace,))
    nets = tuple(cidr(each, strict=False) for each in (at / "nets").each())
    not_nets = tuple(cidr(each, strict=False) for each in (at / "notNets").each())
    service = None
    if (at / "services").there:
        chosen = (at / "services").only("name", "namespace")
        service = (chosen / "namespace").text(namespace), (chosen / "name").text()
        for name in ENTITY[:-1]:
            if (at / name).there:
                (at / name).wrong(name, "nothing else beside services")
    chosen_by = both(spaces, both(accounts, wanted))  # nested as Calico does it: Felix hashes the words
    return Peer(chosen_by, without, nets=nets, not_nets=not_nets, service=service)


def _end(at: Given, namespace: str, protocols: int | None) -> RuleEnd:
    at = at.only(*ENTITY)
    ports, not_ports = _ports(at / "ports"), _ports(at / "notPorts")
    numbers = any(not each.name for each in ports + not_ports)
    if (protocols is None and numbers) or (
        protocols is not None and ports + not_ports and protocols not in WITH_PORTS
    ):
        place = at / ("ports" if ports else "notPorts")
        place.wrong([str(each) for each in ports or not_ports], "ports with the protocol TCP, UDP or SCTP")
    peer = _peer(at, namespace)
    return RuleEnd((peer,) if peer != Peer() else (), ports, not_ports)


def _icmp(at: Given) -> IcmpKind | None:
    if not at.there:
        return None
    at.only("type", "code")
    code = (at / "code").whole(0, 255) if (at / "code").there else None
    return IcmpKind((at / "type").whole(0, 255), code) if (at / "type").there else None


def rules(at: Given, direction: str, namespace: str) -> tuple[PolicyRule, ...]:
    """Read the rules of a direction of a policy, which is in a namespace, or in none."""
    found = []
    for number, each in enumerate(at.each()):
        each.only(*RULE)
        action, known = (each / "action").one_of(ACTIONS), protocol(each / "protocol")
        if (each / "http").there and (action != ALLOW or direction != INGRESS):
            (each / "http").wrong("http", "only in rules that allow ingress")
        end = each / ("source" if direction == EGRESS else "destination") / "services"
        if end.there:
            end.wrong("services", "in egress the destination, in ingress the source")
        icmp, not_icmp = _icmp(each / "icmp"), _icmp(each / "notICMP")
        if (icmp or not_icmp) and known not in (ICMP, ICMP6):
            each.wrong("icmp", "the protocol ICMP or ICMPv6")
        version = each / "ipVersion"
        if version.there and version.value not in (4, 6):
            version.wrong(version.value, "4", "6")
        found.append(
            PolicyRule(
                number,
                action,
                known,
                _end(each / "source", namespace, known),
                _end(each / "destination", namespace, known),
                protocol(each / "notProtocol"),
                icmp,
                not_icmp,
                version.value,
            )
        )
    return tuple(found)
