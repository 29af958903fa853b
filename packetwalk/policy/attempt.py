"""A packet as policy sees it, and what is meant where nobody says otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.estate import Estate, Party
from packetwalk.policy.manifests.collected import ServiceRecord
from packetwalk.policy.rules import PROTOCOLS, WITH_PORTS, HostAddress, IcmpKind, protocol_name

ANY_PORT = 49152
"""The source port of a question that names none: the first of those that are for clients (RFC 6335)."""
ECHO = IcmpKind(8, 0)
"""What is meant by ICMP alone: an echo request."""
FORMS = ('{"ns", "pod"}', '{"ip"}', '{"node"}', '{"service"}', '{"nodePort"}')


class Attempt(NamedTuple):
    """A packet as policy sees it: who sends it to whom, and what it is."""

    source: Party
    destination: Party
    protocol: int
    port: int = 0
    source_port: int = 0
    icmp: IcmpKind | None = None

    @property
    def version(self) -> int:
        """The family of its addresses; 4 where none is known."""
        known = self.source.address or self.destination.address
        return known.version if known else 4

    def __str__(self) -> str:
        port = f" {self.port}" if self.protocol in WITH_PORTS else ""
        return f"{self.source} -> {self.destination} {protocol_name(self.protocol)}{port}"


def protocol_of(given: Any) -> int:
    """Read a protocol by its name or number."""
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given <= 255:
        return given
    known = {name.upper(): number for name, number in PROTOCOLS.items()}
    if not isinstance(given, str) or given.upper() not in known:
        raise BadInput("protocol", given, [*PROTOCOLS, "0 to 255"])
    return known[given.upper()]


def icmp_of(given: Any) -> IcmpKind:
    """Read a type of ICMP and its code; an echo request where nobody says."""
    if given is None:
        return ECHO
    if not isinstance(given, Mapping):
        raise BadInput("icmp", given, ['{"type", "code"}, 0 to 255 each'])
    found = given.get("type", ECHO.type), given.get("code", ECHO.code)
    if any(type(each) is not int or not 0 <= each <= 255 for each in found):
        raise BadInput("icmp", dict(given), ['{"type", "code"}, 0 to 255 each'])
    return IcmpKind(*found)


def port_of(query: Mapping[str, Any], name: str) -> int:
    """Return a port of a question."""
    number = query.get(name)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number < 65536:
        raise BadInput(name, number, ["1 to 65535"])
    return number


def named_port(estate: Estate, query: Mapping[str, Any], protocol: int) -> int:
    """Return the port that a query asks for: a number, or the name that its pod or service has for one."""
    name, end = query.get("port"), query.get("dst") or {}
    if not isinstance(name, str):
        return port_of(query, "port")
    if "pod" in end:
        pod = estate.pod(str(end.get("ns", "default")), str(end["pod"]))
        known = {each.name: each.port for each in pod.ports if each.protocol == protocol}
    else:
        service = service_of(estate, end) if "service" in end else None
        ports = service.ports if service else ()
        headless = service is not None and service.headless
        numbers = [(each, each.target if headless else each.port) for each in ports]
        known = {
            each.name: port
            for each, port in numbers
            if each.protocol == protocol and isinstance(port, int)
        }
    if name not in known:
        raise BadInput("port", name, ["1 to 65535", *sorted(filter(None, known))])
    return known[name]


def service_of(estate: Estate, end: Mapping[str, Any]) -> ServiceRecord:
    """Return the service that an end of a packet names; BadInput lists those there are."""
    namespace, _, name = str(end["service"]).rpartition("/")
    service = estate.services.get((namespace or "default", name))
    if service is None:
        raise BadInput("service", end["service"], ["/".join(each) for each in sorted(estate.services)])
    if service.external:
        said = f"a Service with endpoints: of type ExternalName it is DNS's other name for {service.external}"
        raise BadInput("service", end["service"], [said])
    return service


def party(estate: Estate, end: Mapping[str, Any]) -> Party:
    """Read an end of a packet: a pod, a node, an address."""
    if "pod" in end:
        return estate.party(estate.pod(str(end.get("ns", "default")), str(end["pod"])))
    if "node" in end:
        return estate.node_party(estate.machine(str(end["node"])))
    if "ip" not in end:
        raise BadInput("src or dst", dict(end), FORMS)
    text = end["ip"]
    try:
        found = ip_address(text if isinstance(text, str) else "")
    except ValueError:
        raise BadInput("address", text, ["an IP address"]) from None
    return estate.at(HostAddress(found.version, int(found)), str(found))
