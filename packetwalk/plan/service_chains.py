"""What kube-proxy in nftables mode writes for one port of one Service: chains, and elements of its sets.

Source: kubernetes/pkg/proxy/nftables/proxier.go (``syncProxyRules``).  A chain's name is its kind, eight letters
of a hash (SHA-256, base32) and what is hashed (``hashAndTruncate``).
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range

from packetwalk.plan.kube_proxy_releases import MEANT, ProxyHabits
from packetwalk.plan.portal import Endpoint, Portal, Usable

REJECT = "goto reject-chain"


class ServiceChains:
    """One port of a Service on the node with an address; ``pods`` is the cluster's CIDR.

    ``chains`` are its chains with their rules, ``elements`` what it puts into kube-proxy's sets and maps,
    ``affinity_sets`` the names of those that remember its clients.
    """

    def __init__(
        self, portal: Portal, usable: Usable, pods: str, node: str, habits: ProxyHabits = MEANT.habits
    ) -> None:
        """Make all of it, in kube-proxy's order, as the release with these habits does."""
        self.portal, self._usable, self._pods, self._node = portal, usable, pods, node
        self._habits = habits
        self._base = f"{portal.namespace}/{portal.service}/{portal.protocol}/{portal.name}"
        self.chains: dict[str, tuple[str, ...]] = {}
        self.elements: dict[str, list[str]] = defaultdict(list)
        self._fill()
        self._write()
        kept = usable.reached if portal.affinity else ()
        self.affinity_sets = [self._of(each, "affinity") for each in kept]

    def _chain(self, kind: str) -> str:
        return f"{kind}-{_hashed(self._base)}"

    def _of(self, each: Endpoint, kind: str) -> str:
        return f"{kind}-{_hashed(f'{self._base}__{each.address}/{each.port}')}"

    def _verdict(self, local: bool) -> str | None:
        """Return what happens to packets that nobody can answer; ``local``: only endpoints of this node may."""
        if not self._usable.exists:
            return REJECT
        return "drop" if local and not self._usable.here else None

    def _fill(self) -> None:
        """Put the addresses and ports into the sets and maps."""
        portal, port = self.portal, f"{self.portal.protocol} . {self.portal.port}"
        outside, refused = f"goto {self._chain('external')}", self._verdict(portal.external_local)
        self.elements["cluster-ips"].append(portal.address)
        kind = "local" if portal.internal_local else "service"
        inside = self._verdict(portal.internal_local)
        self._lead("service-ips", f"{portal.address} . {port}", f"goto {self._chain(kind)}", inside)
        for address in (*portal.external_ips, *portal.load_balancers):
            self._lead("service-ips", f"{address} . {port}", outside, refused)
        for address in portal.load_balancers if portal.sources else ():
            self.elements["firewall-ips"].append(f"{address} . {port} : goto {self._chain('firewall')}")
        if portal.node_port:
            self._lead("service-nodeports", f"{portal.protocol} . {portal.node_port}", outside, refused)
        for each in self._usable.reached if self._habits.hairpins else ():
            if each.local:
                ends = f"{each.address} . {each.address} . {portal.protocol} . {each.port}"
                self.elements["hairpin-connections"].append(ends)

    def _lead(self, name: str, key: str, chain: str, refused: str | None) -> None:
        """Lead packets to a chain, those that nobody can answer to their end; to ``external`` both at once."""
        if not refused or (self._usable.exists and "external-" in chain):
            self.elements[name].append(f"{key} : {chain}")
        if refused:
            no = {"service-ips": "no-endpoint-services", "service-nodeports": "no-endpoint-nodeports"}[name]
            self.elements[no].append(f'{key} comment "{self.portal.title}" : {refused}')

    def _write(self) -> None:
        """Write the chains."""
        if self._usable.everywhere:
            self.chains[self._chain("service")] = self._shared(self._usable.everywhere, local=False)
        if self._usable.here:
            self.chains[self._chain("local")] = self._shared(self._usable.here, local=True)
        if self._usable.exists and self.portal.outside:
            self.chains[self._chain("external")] = tuple(self._from_outside())
        if self.portal.load_balancers and self.portal.sources:
            self.chains[self._chain("firewall")] = (self._guard(),)
        for each in self._usable.reached if self._draws_chains else ():
            self.chains[self._of(each, "endpoint")] = tuple(self._to(each))

    @property
    def _draws_chains(self) -> bool:
        """Whether an endpoint is drawn by its chain."""
        return bool(self.portal.affinity) or not self._habits.draws_addresses

    def _to(self, each: Endpoint) -> Iterator[str]:
        """Yield the rules of an endpoint's chain."""
        if not self._habits.hairpins:
            yield f"ip saddr {each.address} {self._habits.mark}"
        if self.portal.affinity:
            yield f"update @{self._of(each, 'affinity')} {{ ip saddr }}"
        yield f"meta l4proto {self.portal.protocol} dnat to {each}"

    def _from_outside(self) -> list[str]:
        """The chain of what was sent to a node's port, or to an address of the outside."""
        cluster, mark = self._chain("service"), self._habits.mark
        if not self.portal.external_local:
            return [f'{mark} comment "masquerade"' if self._habits.marks_itself else mark, f"goto {cluster}"]
        own = "fib saddr type local"
        out = [
            f'ip saddr {self._pods} goto {cluster} comment "short-circuit pod traffic"',
            f'{own} {mark} comment "masquerade local traffic"',
            f'{own} goto {cluster} comment "short-circuit local traffic"',
        ]
        return [*out, f"goto {self._chain('local')}"] if self._usable.here else out

    def _guard(self) -> str:
        """The rule that drops what comes from elsewhere than the load balancer's sources."""
        sources = [ip_network(source) for source in self.portal.sources]
        if any(ip_address(self._node) in source for source in sources):
            sources += map(ip_network, self.portal.load_balancers)
        return f"ip saddr != {_among(sources)} drop"

    def _shared(self, endpoints: Sequence[Endpoint], local: bool) -> tuple[str, ...]:
        """The chain of a Service's endpoints, or of the node's own; to one of them leads the ClusterIP."""
        chosen = self._chosen(endpoints)
        if self._habits.outside_once or local != self.portal.internal_local:
            return chosen
        return f"ip daddr {self.portal.address} ip saddr != {self._pods} {self._habits.mark}", *chosen

    def _chosen(self, endpoints: Sequence[Endpoint]) -> tuple[str, ...]:
        """One rule that draws an endpoint; with affinity one before it for each that remembers its clients."""
        draw = f"numgen random mod {len(endpoints)}"
        if not self._draws_chains:
            if self._habits.sole_undrawn and len(endpoints) == 1:
                return (f"meta l4proto {self.portal.protocol} dnat to {endpoints[0]}",)
            places = ", ".join(f"{k} : {each.address} . {each.port}" for k, each in enumerate(endpoints))
            return (f"meta l4proto {self.portal.protocol} dnat ip to {draw} map {{ {places} }}",)
        goals = [f"goto {self._of(each, 'endpoint')}" for each in endpoints]
        kept = endpoints if self.portal.affinity else ()
        known = [f"ip saddr @{self._of(each, 'affinity')} {goal}" for each, goal in zip(kept, goals, strict=False)]
        places = ", ".join(f"{k} : {goal}" for k, goal in enumerate(goals))
        return *known, f"{draw} vmap {{ {places} }}"


def _among(networks: Sequence[IPv4Network | IPv6Network]) -> str:
    """Return networks as nft prints a set of them: in order, what touches or overlaps as one; one alone without braces."""
    runs: list[tuple[int, int]] = []
    for first, last in sorted((int(each[0]), int(each[-1])) for each in networks):
        if runs and first <= runs[-1][1] + 1:
            runs[-1] = runs[-1][0], max(last, runs[-1][1])
        else:
            runs.append((first, last))
    told = ", ".join(_range(IPv4Address(first), IPv4Address(last)) for first, last in runs)
    return f"{{ {told} }}" if len(networks) > 1 else told


def _range(first: IPv4Address, last: IPv4Address) -> str:
    (network, *more) = summarize_address_range(first, last)
    return f"{first}-{last}" if more else str(network).removesuffix("/32")


def _hashed(name: str) -> str:
    digest = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode()
    return f"{digest[:8]}-{name}"
