"""What kube-proxy v1.36 in nftables mode writes for one port of one Service: chains, and elements of its sets.

Source: kubernetes/pkg/proxy/nftables/proxier.go (``syncProxyRules``).  A chain's name is its kind, eight letters
of a hash (SHA-256, base32) and what is hashed (``hashAndTruncate``).
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from ipaddress import ip_address, ip_network

from packetwalk.plan.cluster import Service
from packetwalk.plan.service_rules import Endpoint

MASQUERADE = "meta mark set meta mark | 0x00004000"
"""What makes kube-proxy masquerade a packet later."""
REJECT = "goto reject-chain"


class ServiceChains:
    """One port of a Service on the node with an address; ``endpoints`` are all that it has, ``pods`` the cluster's CIDR.

    ``chains`` are its chains with their rules, ``elements`` what it puts into kube-proxy's sets and maps,
    ``affinity_sets`` the names of those that remember its clients.
    """

    def __init__(
        self, service: Service, protocol: str, name: str, endpoints: list[Endpoint], pods: str, node: str
    ) -> None:
        """Make all of it, in kube-proxy's order."""
        self.service, self._protocol, self._pods, self._node = service, protocol, pods, node
        self._base = f"{service.namespace}/{service.name}/{protocol}/{name}"
        self._title = f"{service.namespace}/{service.name}:{name}"
        self._endpoints = sorted(endpoints, key=self._socket)
        self._local = [each for each in self._endpoints if each.local]
        self._outside = bool(service.node_port or service.load_balancers)
        self.chains: dict[str, tuple[str, ...]] = {}
        self.elements: dict[str, list[str]] = defaultdict(list)
        self._fill()
        self._write()
        kept = self._kept if service.affinity else []
        self.affinity_sets = [self._of(each, "affinity") for each in kept]

    def _socket(self, each: Endpoint) -> str:
        return f"{each.address}:{self.service.target_port}"

    def _chain(self, kind: str) -> str:
        return f"{kind}-{_hashed(self._base)}"

    def _of(self, each: Endpoint, kind: str) -> str:
        return f"{kind}-{_hashed(f'{self._base}__{each.address}/{self.service.target_port}')}"

    @property
    def _by_cluster(self) -> bool:
        """``UsesClusterEndpoints``: whoever comes from outside may need all of them, by the short cut."""
        return bool(self._endpoints) and (not self.service.internal_local or self._outside)

    @property
    def _by_node(self) -> bool:
        """``UsesLocalEndpoints``."""
        external = self.service.external_local and self._outside
        return bool(self._local) and (self.service.internal_local or external)

    @property
    def _kept(self) -> list[Endpoint]:
        """The endpoints that this node may choose."""
        return self._endpoints if self._by_cluster else self._local

    def _verdict(self, local: bool) -> str | None:
        """Return what happens to packets that nobody can answer; ``local``: only endpoints of this node may."""
        if not self._endpoints:
            return REJECT
        return "drop" if local and not self._local else None

    def _fill(self) -> None:
        """Put the addresses and ports into the sets and maps."""
        service, port = self.service, f"{self._protocol} . {self.service.port}"
        outside, refused = f"goto {self._chain('external')}", self._verdict(service.external_local)
        self.elements["cluster-ips"].append(service.address)
        kind = "local" if service.internal_local else "service"
        inside = self._verdict(service.internal_local)
        self._lead("service-ips", f"{service.address} . {port}", f"goto {self._chain(kind)}", inside)
        for address in service.load_balancers:
            self._lead("service-ips", f"{address} . {port}", outside, refused)
            if service.sources:
                self.elements["firewall-ips"].append(f"{address} . {port} : goto {self._chain('firewall')}")
        if service.node_port:
            to = f"{self._protocol} . {service.node_port}"
            self._lead("service-nodeports", to, outside, refused)
        for each in self._local:
            ends = f"{each.address} . {each.address}"
            self.elements["hairpin-connections"].append(f"{ends} . {self._protocol} . {service.target_port}")

    def _lead(self, name: str, key: str, chain: str, refused: str | None) -> None:
        """Lead packets to a chain, those that nobody can answer to their end; to ``external`` both at once."""
        if not refused or (self._endpoints and "external-" in chain):
            self.elements[name].append(f"{key} : {chain}")
        if refused:
            no = {"service-ips": "no-endpoint-services", "service-nodeports": "no-endpoint-nodeports"}[name]
            self.elements[no].append(f'{key} comment "{self._title}" : {refused}')

    def _write(self) -> None:
        """Write the chains."""
        if self._by_cluster:
            self.chains[self._chain("service")] = self._chosen(self._endpoints)
        if self._by_node:
            self.chains[self._chain("local")] = self._chosen(self._local)
        if self._endpoints and self._outside:
            self.chains[self._chain("external")] = tuple(self._from_outside())
        if self.service.load_balancers and self.service.sources:
            self.chains[self._chain("firewall")] = (self._guard(),)
        for each in self._kept if self.service.affinity else ():
            self.chains[self._of(each, "endpoint")] = (
                f"update @{self._of(each, 'affinity')} {{ ip saddr }}",
                f"meta l4proto {self._protocol} dnat to {self._socket(each)}",
            )

    def _from_outside(self) -> list[str]:
        """The chain of what was sent to a node's port or a load balancer's address."""
        cluster = self._chain("service")
        if not self.service.external_local:
            return [f'{MASQUERADE} comment "masquerade"', f"goto {cluster}"]
        own = "fib saddr type local"
        out = [
            f'ip saddr {self._pods} goto {cluster} comment "short-circuit pod traffic"',
            f'{own} {MASQUERADE} comment "masquerade local traffic"',
            f'{own} goto {cluster} comment "short-circuit local traffic"',
        ]
        return [*out, f"goto {self._chain('local')}"] if self._local else out

    def _guard(self) -> str:
        """The rule that drops what comes from elsewhere than the load balancer's sources."""
        sources = list(self.service.sources)
        if any(ip_address(self._node) in ip_network(source) for source in sources):
            sources += self.service.load_balancers
        among = f"{{ {', '.join(sources)} }}" if len(sources) > 1 else sources[0]
        return f"ip saddr != {among} drop"

    def _chosen(self, endpoints: list[Endpoint]) -> tuple[str, ...]:
        """One rule that draws an endpoint; with affinity one before it for each that remembers its clients."""
        draw = f"numgen random mod {len(endpoints)}"
        if not self.service.affinity:
            port = self.service.target_port
            places = ", ".join(f"{k} : {each.address} . {port}" for k, each in enumerate(endpoints))
            return (f"meta l4proto {self._protocol} dnat ip to {draw} map {{ {places} }}",)
        goals = [f"goto {self._of(each, 'endpoint')}" for each in endpoints]
        known = [f"ip saddr @{self._of(each, 'affinity')}" for each in endpoints]
        places = ", ".join(f"{k} : {goal}" for k, goal in enumerate(goals))
        return *(" ".join(each) for each in zip(known, goals, strict=True)), f"{draw} vmap {{ {places} }}"


def _hashed(name: str) -> str:
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
    return f"{digest[:8]}-{name}"
