"""What kube-proxy in iptables mode writes for ClusterIP services.

Only the chains that can decide in this cluster are here; those that are empty or for NodePorts are
left out.  Names are hashed as in kubernetes/pkg/proxy/iptables/proxier.go
(``servicePortChainName``, ``servicePortEndpointChainName``): SHA-256, base32, 16 letters.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator

from packetwalk.plan.cluster import Cluster, Node, Service
from packetwalk.plan.operation import Operation
from packetwalk.tables import IptablesRule

SOURCE = "kubernetes pkg/proxy/iptables/proxier.go"
MARK = "0x4000"
PROTOCOLS = (("tcp", "http"), ("udp", "h3"))


def plan(
    cluster: Cluster, node: Node, pod_network: str, address_of: Callable[[str], str]
) -> Iterator[Operation]:
    """Return the rules on one node; ``address_of`` gives a backend pod's address."""
    if not cluster.services:
        return
    for table, chain, spec in _base():
        yield Operation(node.name, IptablesRule(table, chain, spec), "kube-proxy", SOURCE)
    for service in cluster.services:
        for protocol, port_name in PROTOCOLS:
            for chain, spec in _service(service, protocol, port_name, pod_network, address_of):
                yield Operation(node.name, IptablesRule("nat", chain, spec), "kube-proxy", SOURCE)


def chain_name(kind: str, text: str) -> str:
    """Return ``KUBE-SVC-...`` or ``KUBE-SEP-...``."""
    digest = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"KUBE-{kind}-{digest[:16]}"


def _base() -> list[tuple[str, str, str]]:
    portals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES'
    post = '-m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING'
    rules = '-m comment --comment "kubernetes forwarding rules"'
    snat = '-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE'
    return [
        ("nat", "PREROUTING", portals),
        ("nat", "OUTPUT", portals),
        ("nat", "POSTROUTING", post),
        ("nat", "KUBE-MARK-MASQ", f"-j MARK --set-xmark {MARK}/{MARK}"),
        ("nat", "KUBE-POSTROUTING", f"-m mark ! --mark {MARK}/{MARK} -j RETURN"),
        ("nat", "KUBE-POSTROUTING", f"-j MARK --set-xmark {MARK}/0x0"),
        ("nat", "KUBE-POSTROUTING", f"{snat} --random-fully"),
        ("filter", "FORWARD", f"{rules} -j KUBE-FORWARD"),
        ("filter", "KUBE-FORWARD", "-m conntrack --ctstate INVALID -j DROP"),
        ("filter", "KUBE-FORWARD", f"{rules} -m mark --mark {MARK}/{MARK} -j ACCEPT"),
        (
            "filter",
            "KUBE-FORWARD",
            (
                '-m comment --comment "kubernetes forwarding conntrack rule" '
                "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"
            ),
        ),
    ]


def _service(
    service: Service, protocol: str, port_name: str, pod_network: str, address_of: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    full = f"{service.namespace}/{service.name}:{port_name}"
    to = f"-d {service.address}/32 -p {protocol}"
    port = f"-m {protocol} --dport {service.port}"
    note = f'-m comment --comment "{full} cluster IP"'
    chain = chain_name("SVC", full + protocol)
    yield "KUBE-SERVICES", f"{to} {note} {port} -j {chain}"
    yield chain, f"! -s {pod_network} {to} {note} {port} -j KUBE-MARK-MASQ"
    for backend in service.backends:
        address = address_of(backend)
        end = f"{address}:{service.target_port}"
        endpoint = chain_name("SEP", full + protocol + end)
        yield chain, f'-m comment --comment "{full} -> {end}" -j {endpoint}'
        yield endpoint, f'-s {address}/32 -m comment --comment "{full}" -j KUBE-MARK-MASQ'
        yield (
            endpoint,
            (f'-p {protocol} -m comment --comment "{full}" -m {protocol} -j DNAT --to-destination {end}'),
        )
