"""Kubernetes' own objects that policies look at: namespaces, pods, nodes, services and their endpoints."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.policy.endpoints import Machine, NamedPort
from packetwalk.policy.manifests import wording
from packetwalk.policy.manifests.collected import (
    Collected,
    Meta,
    PodRecord,
    ServicePortRecord,
    ServiceRecord,
    SliceRecord,
    meta,
)
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.peers import cidr
from packetwalk.policy.rules import PROTOCOLS, HostAddress

TRANSPORTS = ("TCP", "UDP", "SCTP")
TUNNELS = ("IPv4VXLANTunnelAddr", "IPv4IPIPTunnelAddr", "IPv6VXLANTunnelAddr", "IPv4WireguardInterfaceAddr")
SUBNET = "projectcalico.org/IPv4Address"
SERVICE_OF = "kubernetes.io/service-name"


def address(at: Given) -> HostAddress:
    """Read an address."""
    try:
        return HostAddress.read(at.text())
    except ValueError:
        at.wrong(at.value, "an IP address")


def _namespace(at: Given, found: Collected) -> None:
    said = meta(at, namespaced=False)
    found.namespaces[said.name] = {"kubernetes.io/metadata.name": said.name, **said.labels}


def _account(at: Given, found: Collected) -> None:
    said = meta(at)
    found.accounts[said.namespace, said.name] = said.labels


def _pod(at: Given, found: Collected) -> None:
    said = meta(at)
    if (said.namespace, said.name) in found.pods:
        (at / "metadata" / "name").wrong(said.name, "a name that no other pod of its namespace has")
    found.pods[said.namespace, said.name] = record(said, at / "spec", at / "status")


def record(said: Meta, spec: Given, status: Given) -> PodRecord:
    """Read a pod by what its spec and its status say."""
    spec.kind(dict)
    if not (spec / "containers").there:
        for name in spec.value:
            if name.lower().startswith("cont"):
                (spec / name).unknown("containers")
        (spec / "containers").wrong(None, "a list of containers")
    ports = [port for each in (spec / "containers").each() for port in _ports(each)]
    for each in (spec / "initContainers").each():
        if (each / "restartPolicy").value == "Always":
            ports += _ports(each)
    texts = [each / "ip" for each in (status / "podIPs").each()] or [status / "podIP"]
    return PodRecord(
        said,
        (spec / "serviceAccountName").text("default"),
        (spec / "nodeName").text(""),
        tuple(address(each) for each in texts if each.value),
        tuple(ports),
        (spec / "hostNetwork").flag(),
        (status / "phase").text("") in ("Succeeded", "Failed"),
    )


def _ports(container: Given) -> Iterator[NamedPort]:
    for each in (container / "ports").each():
        each.only("containerPort", "name", "protocol", "hostPort", "hostIP")
        number = (each / "containerPort").whole(1, 65535)
        protocol = (each / "protocol").one_of(TRANSPORTS, "TCP")
        if (each / "name").there:
            yield NamedPort((each / "name").text(), PROTOCOLS[protocol], number)


def _node(at: Given, found: Collected) -> None:
    said = meta(at, namespaced=False)
    kinds = ("InternalIP", "ExternalIP")
    known = [each for each in (at / "status" / "addresses").each() if (each / "type").value in kinds]
    annotations = at / "metadata" / "annotations"
    tunnels = [annotations / f"projectcalico.org/{name}" for name in TUNNELS]
    subnet = annotations / SUBNET
    found.machines.append(
        Machine(
            said.name,
            tuple(address(each / "address") for each in known),
            said.labels,
            tuple(address(each) for each in tunnels if each.there),
            cidr(subnet, strict=False) if subnet.there else None,
        )
    )


def _service(at: Given, found: Collected) -> None:
    said, spec = meta(at), at / "spec"
    if (said.namespace, said.name) in found.services:
        (at / "metadata" / "name").wrong(said.name, "a name that no other Service of its namespace has")
    addresses = list((spec / "clusterIPs").each()) or [spec / "clusterIP"]
    ports = []
    for each in (spec / "ports").each():
        number = (each / "port").whole(1, 65535)
        target = (each / "targetPort").value
        if isinstance(target, str):
            (each / "targetPort").worded(wording.port_name)
        ports.append(
            ServicePortRecord(
                (each / "name").text(""),
                PROTOCOLS[(each / "protocol").one_of(TRANSPORTS, "TCP")],
                number,
                target if isinstance(target, int | str) else number,
                (each / "nodePort").whole(0, 65535) if (each / "nodePort").there else 0,
            )
        )
    known = tuple(address(each) for each in addresses if each.value not in (None, "", "None"))
    local = (spec / "externalTrafficPolicy").text("") == "Local"
    headless = any(each.value == "None" for each in addresses)
    external = (spec / "externalName").text("") if (spec / "type").text("") == "ExternalName" else ""
    selector = (spec / "selector").labels()
    found.services[said.namespace, said.name] = ServiceRecord(
        said, known, tuple(ports), selector, local, headless, external
    )


def _slice(at: Given, found: Collected) -> None:
    said = meta(at)
    ports = tuple(_slice_port(each) for each in (at / "ports").each())
    ready = [each for each in (at / "endpoints").each() if (each / "conditions" / "ready").value is not False]
    known = tuple(address(each) for one in ready for each in (one / "addresses").each())
    found.slices.append(SliceRecord(said.namespace, said.labels.get(SERVICE_OF, ""), known, ports))


def _slice_port(at: Given) -> tuple[str, int, int]:
    protocol = PROTOCOLS[(at / "protocol").one_of(TRANSPORTS, "TCP")]
    return (at / "name").text(""), protocol, (at / "port").whole(1, 65535)


def _endpoints(at: Given, found: Collected) -> None:
    said = meta(at)
    for each in (at / "subsets").each():
        known = tuple(address(one / "ip") for one in (each / "addresses").each())
        ports = tuple(_slice_port(one) for one in (each / "ports").each())
        found.slices.append(SliceRecord(said.namespace, said.name, known, ports))


KINDS = {
    ("v1", "Namespace"): _namespace,
    ("v1", "ServiceAccount"): _account,
    ("v1", "Pod"): _pod,
    ("v1", "Node"): _node,
    ("v1", "Service"): _service,
    ("v1", "Endpoints"): _endpoints,
    ("discovery.k8s.io/v1", "EndpointSlice"): _slice,
}
