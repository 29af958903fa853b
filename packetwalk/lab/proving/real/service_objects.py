"""Services and EndpointSlices as the API server holds them, read as kube-proxy reads them: one ``Portal`` a port.

Source: kubernetes v1.36.3, pkg/proxy/serviceport.go (``newBaseServiceInfo``), servicechangetracker.go,
endpointslicecache.go, pkg/api/v1/service/util.go.  Objects are mappings as in a manifest's JSON, with the API
server's defaults; what is not IPv4 is left out, as by the half of kube-proxy that writes IPv4's rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from packetwalk.plan.portal import Endpoint, Portal

Held = Mapping[str, Any]
SERVICE_NAME = "kubernetes.io/service-name"
LOCAL = "Local"


def portals(services: Iterable[Held], slices: Sequence[Held], node: str) -> list[Portal]:
    """Return all ports that kube-proxy on ``node`` leads somewhere: none of headless and ExternalName Services."""
    return [each for service in services for each in _of_service(service, slices, node)]


def _of_service(service: Held, slices: Sequence[Held], node: str) -> Iterator[Portal]:
    metadata, spec = service["metadata"], service["spec"]
    namespace, name, kind = metadata["namespace"], metadata["name"], spec.get("type", "ClusterIP")
    addresses = [each for each in spec.get("clusterIPs", [spec.get("clusterIP", "")]) if _version(each) == 4]
    if kind == "ExternalName" or not addresses:
        return
    mine = [
        each
        for each in slices
        if each["metadata"]["namespace"] == namespace
        and each["metadata"].get("labels", {}).get(SERVICE_NAME) == name
        and each["addressType"] == "IPv4"
    ]
    external = tuple(each for each in spec.get("externalIPs", ()) if _version(each) == 4)
    accessible = kind in ("LoadBalancer", "NodePort") or bool(spec.get("externalIPs"))
    local = accessible and spec.get("externalTrafficPolicy") == LOCAL
    for port in spec.get("ports", ()):
        yield Portal(
            namespace,
            name,
            port.get("name", ""),
            port.get("protocol", "TCP").lower(),
            addresses[0],
            port["port"],
            endpoints=_endpoints(mine, port, node),
            node_port=port.get("nodePort", 0),
            external_ips=external,
            load_balancers=tuple(_load_balancers(service)),
            sources=_sources(spec.get("loadBalancerSourceRanges", ())),
            health_check_port=spec.get("healthCheckNodePort", 0) if local and kind == "LoadBalancer" else 0,
            internal_local=spec.get("internalTrafficPolicy") == LOCAL,
            external_local=local,
            affinity=_affinity(spec),
        )


def _endpoints(slices: Iterable[Held], port: Held, node: str) -> tuple[Endpoint, ...]:
    """Return the endpoints of a port by the port's name: of two with one address the one that does not terminate."""
    found: dict[str, Endpoint] = {}
    wanted = port.get("name", ""), port.get("protocol", "TCP")
    for held in slices:
        for offered in held.get("ports") or ():
            if (offered.get("name"), offered.get("protocol", "TCP")) != wanted or not offered.get("port"):
                continue
            for each in held.get("endpoints") or ():
                made = _endpoint(each, offered["port"], node)
                if str(made) not in found or not made.terminating:
                    found[str(made)] = made
    return tuple(found.values())


def _endpoint(each: Held, port: int, node: str) -> Endpoint:
    conditions, hints = each.get("conditions") or {}, each.get("hints") or {}
    return Endpoint(
        each["addresses"][0],
        port,
        each.get("nodeName") == node,
        conditions.get("ready", True),
        conditions.get("serving", True),
        conditions.get("terminating", False),
        frozenset(one["name"] for one in hints.get("forZones") or ()),
        frozenset(one["name"] for one in hints.get("forNodes") or ()),
    )


def _load_balancers(service: Held) -> Iterator[str]:
    """Yield the addresses whose packets come to the node as they were sent (ipMode VIP)."""
    for each in service.get("status", {}).get("loadBalancer", {}).get("ingress") or ():
        if _version(each.get("ip", "")) == 4 and each.get("ipMode", "VIP") == "VIP":
            yield each["ip"]


def _sources(ranges: Iterable[str]) -> tuple[str, ...]:
    """Return the networks that may use a load balancer; none, which is everybody, where one of them is 0.0.0.0/0."""
    networks = [ip_network(each.strip(), strict=False) for each in ranges]
    found = [each for each in networks if each.version == 4]
    return () if any(each.prefixlen == 0 for each in found) else tuple(map(str, found))


def _affinity(spec: Held) -> int:
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    return spec["sessionAffinityConfig"]["clientIP"]["timeoutSeconds"]


def _version(address: str) -> int:
    try:
        return ip_address(address).version
    except ValueError:
        return 0
