"""Questions as JSON has them, and their answers: the same list, each with its verdict and what decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.policy.attempt import (
    ANY_PORT,
    FORMS,
    Attempt,
    icmp_of,
    named_port,
    party,
    port_of,
    protocol_of,
    service_of,
)
from packetwalk.policy.estate import Estate, Party
from packetwalk.policy.rules import EGRESS, ICMP, INGRESS, WITH_PORTS
from packetwalk.policy.way import Addressee, PolicedWay

OPEN = ("established", "related")
"""What a query's ``state`` may be: packets of an open connection, and ICMP errors about one, nobody judges again."""


def evaluate(estate: Estate, queries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return each query with ``verdict``, ``allow`` or ``deny``, and ``by``, which tells of both directions."""
    return [_answered(estate, query, place) for place, query in enumerate(queries)]


def _answered(estate: Estate, query: Mapping[str, Any], place: int) -> dict[str, Any]:
    try:
        if not isinstance(query, Mapping):
            raise BadInput("question", query, ["an object with src, dst, protocol and port"])
        if query.get("state") in OPEN:
            return {**query, "verdict": "allow", "by": dict.fromkeys((EGRESS, INGRESS))}
        journey = travelled(estate, *question(estate, query))
    except BadInput as error:
        raise error.within(f"query {place}") from None
    return {**query, "verdict": "allow" if journey.open else "deny", "by": by(journey)}


def travelled(estate: Estate, asked: Attempt, target: Addressee, *way: Any) -> PolicedWay:
    """Return the way of a packet; what stays within one pod never leaves it, and nobody judges it."""
    journey, address = PolicedWay(estate, *way), asked.destination.address
    pod = asked.source.workload
    stays = pod is asked.destination.workload or (address is not None and address.loopback)
    if pod is None or target.service or not stays:
        journey.go(asked, target)
    return journey


def by(journey: PolicedWay) -> dict[str, Any]:
    """Return what decided, as JSON: for each direction what was decided last, and all of it in order."""
    told: dict[str, Any] = {}
    for direction in (EGRESS, INGRESS):
        last = [each for each in journey.rulings if each.direction == direction]
        told[direction] = last[-1] if last else None
    return {
        direction: None
        if ruling is None
        else {
            "endpoint": ruling.endpoint,
            "verdict": "allow" if ruling.allowed else "deny",
            "tier": ruling.tier or None,
            "policy": ", ".join(map(str, ruling.policies)) or None,
            "rule": ruling.rule.number if ruling.rule else None,
            "action": ruling.rule.action if ruling.rule else "Allow" if ruling.allowed else "Deny",
            "says": ruling.said,
        }
        for direction, ruling in told.items()
    }


def question(estate: Estate, query: Mapping[str, Any]) -> tuple[Attempt, Addressee]:
    """Read one query; BadInput where it is none."""
    for name in ("src", "dst"):
        if not isinstance(query.get(name), Mapping):
            raise BadInput(name, query.get(name), FORMS)
    if {"service", "nodePort"} & query["src"].keys():
        raise BadInput("src", dict(query["src"]), ["a pod, a node or an address; a Service sends nothing"])
    protocol = protocol_of(query.get("protocol", "TCP"))
    port = named_port(estate, query, protocol) if protocol in WITH_PORTS else 0
    source, target = party(estate, query["src"]), _target(estate, query["dst"], protocol, port)
    kind = None
    if protocol == ICMP:
        kind = icmp_of(query.get("icmp"))
    own = port_of(query, "sport") if query.get("sport") else ANY_PORT
    return Attempt(source, target.party, protocol, port, own if protocol in WITH_PORTS else 0, kind), target


def _target(estate: Estate, end: Mapping[str, Any], protocol: int, port: int) -> Addressee:
    """Return where a packet is sent; an address of a service is that service, too."""
    if "service" in end:
        service = service_of(estate, end)
        return Addressee(Party(said=f"service {service.meta.namespace}/{service.meta.name}"), service)
    if "nodePort" in end:
        end = {"node": end["nodePort"]}
    found = party(estate, end)
    if found.machine is not None and "pod" not in end:
        for service in estate.services.values():
            if any((each.protocol, each.node_port) == (protocol, port) for each in service.ports):
                return Addressee(found, service, found.machine)
    for service in estate.services.values():
        if found.address is not None and found.address in service.addresses:
            return Addressee(found, service)
    return Addressee(found)
