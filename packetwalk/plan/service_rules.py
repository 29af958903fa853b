"""What kube-proxy v1.36 in iptables mode writes for one port of one Service.

Source: kubernetes/pkg/proxy/iptables/proxier.go (``syncProxyRules``, ``writeServiceToEndpointRules``).  A rule
is (table, chain, spec) in the words and the order of ``iptables-save``.  Names are hashed as in
``servicePortChainName`` and ``servicePortEndpointChainName``: SHA-256, base32, 16 letters.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from ipaddress import ip_address, ip_network

from packetwalk.plan.portal import Endpoint, Portal, Usable

MARK_MASQ, SERVICES, EXTERNAL = "KUBE-MARK-MASQ", "KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES"
LOCALHOST_COUNTER = "localhost_nps_accepted_pkts"
Rule = tuple[str, str, str]


def chain_name(kind: str, text: str) -> str:
    """Return ``KUBE-SVC-...`` or ``KUBE-SEP-...``."""
    digest = base64.b32encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"KUBE-{kind}-{digest[:16]}"


def note(text: str) -> str:
    """Return a comment as ``iptables-save`` prints it."""
    return f'-m comment --comment "{text}"'


def host(address: str) -> str:
    """Return an address as the network of it alone."""
    return f"{address}/{128 if ':' in address else 32}"


def counted(name: str) -> str:
    """Return the match that counts in the kernel's accounting (nfacct); the second blank is what it prints."""
    return f"-m nfacct --nfacct-name  {name}"


class ServicePort:
    """One port of a Service on the node with an address; ``pods`` is the cluster's CIDR."""

    def __init__(self, portal: Portal, usable: Usable, pods: str, node: str) -> None:
        """Choose the chains, as ``syncProxyRules`` does before it writes."""
        self.portal, self.usable, self.pods, self.node = portal, usable, pods, node
        self.title, self.protocol = portal.title, portal.protocol
        self._second = ":" in portal.address
        self.cluster_chain = self._chain("SVC")
        self.internal = self._policy(portal.internal_local)
        self.external = self._policy(portal.external_local)

    def rules(self) -> Iterator[Rule]:
        """Yield all rules of the port; without endpoints only what refuses."""
        yield from self._to_address()
        for address in self.portal.external_ips:
            yield from self._led(address, "external IP", self._chain("EXT"))
        for address in self.portal.load_balancers:
            yield from self._to_load_balancer(address)
        if self.portal.node_port:
            yield from self._to_node_port()
        if self.portal.health_check_port:
            text = note(f"{self.title} health check node port")
            port = self.portal.health_check_port
            yield "filter", "KUBE-NODEPORTS", f"-p tcp {text} -m tcp --dport {port} -j ACCEPT"
        if self.usable.exists:
            yield from self._to_endpoints()

    def _chain(self, kind: str, end: str = "") -> str:
        return chain_name(kind, self.title + self.protocol + end)

    def _policy(self, local: bool) -> str:
        return self._chain("SVL") if local else self.cluster_chain

    def _refused(self, local: bool) -> tuple[str, str] | None:
        """Return the target and why, where nobody can answer; ``local``: only endpoints of this node may."""
        if not self.usable.exists:
            icmp = "icmp6" if self._second else "icmp"
            return f"REJECT --reject-with {icmp}-port-unreachable", "has no endpoints"
        return ("DROP", "has no local endpoints") if local and not self.usable.here else None

    def _match(self, text: str, port: int, to: str = "", asked: str = "") -> str:
        """Return protocol, comment and port, in the order in which ``iptables-save`` prints them."""
        to = f"-d {to} " if to else ""
        asked = f" {asked}" if asked else ""
        return f"{to}-p {self.protocol} {note(text)}{asked} -m {self.protocol} --dport {port}"

    def _to_address(self) -> Iterator[Rule]:
        to, port = host(self.portal.address), self.portal.port
        refused = self._refused(self.portal.internal_local)
        if refused:
            match = self._match(f"{self.title} {refused[1]}", port, to)
            yield "filter", SERVICES, f"{match} -j {refused[0]}"
            return
        match = self._match(f"{self.title} cluster IP", port, to)
        yield "nat", SERVICES, f"{match} -j {self.internal}"
        yield "nat", self.internal, f"! -s {self.pods} {match} -j {MARK_MASQ}"

    def _led(self, address: str, what: str, chain: str) -> Iterator[Rule]:
        """What leads from an address of the outside to a chain, and refuses what nobody can answer."""
        to, port = host(address), self.portal.port
        if self.usable.exists:
            yield "nat", SERVICES, f"{self._match(f'{self.title} {what}', port, to)} -j {chain}"
        refused = self._refused(self.portal.external_local)
        if refused:
            match = self._match(f"{self.title} {refused[1]}", port, to)
            yield "filter", EXTERNAL, f"{match} -j {refused[0]}"

    def _to_load_balancer(self, address: str) -> Iterator[Rule]:
        guarded = self._chain("FW") if self.portal.sources else ""
        yield from self._led(address, "loadbalancer IP", guarded or self._chain("EXT"))
        if self.usable.exists and guarded:
            text = f"{self.title} traffic not accepted by {guarded}"
            match = self._match(text, self.portal.port, host(address))
            yield "filter", "KUBE-PROXY-FIREWALL", f"{match} -j DROP"

    def _to_node_port(self) -> Iterator[Rule]:
        port, chain = self.portal.node_port, self._chain("EXT")
        refused = self._refused(self.portal.external_local)
        if refused:
            match = self._match(f"{self.title} {refused[1]}", port, asked="-m addrtype --dst-type LOCAL")
            yield "filter", EXTERNAL, f"{match} -j {refused[0]}"
        if self.usable.exists:
            if not self._second:
                looped = self._match(self.title, port, "127.0.0.0/8")
                yield "nat", "KUBE-NODEPORTS", f"{looped} {counted(LOCALHOST_COUNTER)} -j {chain}"
            yield "nat", "KUBE-NODEPORTS", f"{self._match(self.title, port)} -j {chain}"

    def _to_endpoints(self) -> Iterator[Rule]:
        if self.portal.outside:
            yield from self._from_outside()
        if self.portal.load_balancers and self.portal.sources:
            yield from self._guard()
        if self.usable.everywhere:
            yield from self._shared(self.cluster_chain, self.usable.everywhere)
        if self.usable.here:
            yield from self._shared(self._chain("SVL"), self.usable.here)
        for each in self.usable.reached:
            chain, title = self._endpoint(each), note(self.title)
            yield "nat", chain, f"-s {host(each.address)} {title} -j {MARK_MASQ}"
            remembered = f" -m recent --set {self._recent(chain)}" if self.portal.affinity else ""
            match = f"-p {self.protocol} {title}{remembered} -m {self.protocol}"
            yield "nat", chain, f"{match} -j DNAT --to-destination {each}"

    def _from_outside(self) -> Iterator[Rule]:
        """The chain of what was sent to a node's port, or to an address of the outside."""
        chain, about = self._chain("EXT"), f"{self.title} external destinations"
        if not self.portal.external_local:
            yield "nat", chain, f"{note(f'masquerade traffic for {about}')} -j {MARK_MASQ}"
        else:
            own = "-m addrtype --src-type LOCAL"
            yield "nat", chain, f"-s {self.pods} {note(f'pod traffic for {about}')} -j {self.cluster_chain}"
            yield "nat", chain, f"{note(f'masquerade LOCAL traffic for {about}')} {own} -j {MARK_MASQ}"
            yield "nat", chain, f"{note(f'route LOCAL traffic for {about}')} {own} -j {self.cluster_chain}"
        if not self._refused(self.portal.external_local):
            yield "nat", chain, f"-j {self.external}"

    def _guard(self) -> Iterator[Rule]:
        """The chain of a load balancer's sources; with the node itself among them comes what it sends to itself."""
        guarded, text = self._chain("FW"), note(f"{self.title} loadbalancer IP")
        sources = self.portal.sources
        if any(ip_address(self.node) in ip_network(source) for source in sources):
            sources = (*sources, *map(host, self.portal.load_balancers))
        for source in sources:
            yield "nat", guarded, f"-s {source} {text} -j {self._chain('EXT')}"
        yield "nat", guarded, note(f"other traffic to {self.title} will be dropped by KUBE-PROXY-FIREWALL")

    def _shared(self, chain: str, endpoints: Sequence[Endpoint]) -> Iterator[Rule]:
        """One rule for each endpoint; each takes its share of what those before it left."""
        if self.portal.affinity:
            for each in endpoints:
                goal = self._endpoint(each)
                seen = f"-m recent --rcheck --seconds {self.portal.affinity} --reap {self._recent(goal)}"
                yield "nat", chain, f"{self._towards(each)} {seen} -j {goal}"
        for left, each in zip(range(len(endpoints), 0, -1), endpoints, strict=True):
            share = f" -m statistic --mode random --probability {_printed(1 / left)}" if left > 1 else ""
            yield "nat", chain, f"{self._towards(each)}{share} -j {self._endpoint(each)}"

    def _towards(self, each: Endpoint) -> str:
        return note(f"{self.title} -> {each}")

    def _recent(self, chain: str) -> str:
        mask = ":".join(["ffff"] * 8) if self._second else "255.255.255.255"
        return f"--name {chain} --mask {mask} --rsource"

    def _endpoint(self, each: Endpoint) -> str:
        return self._chain("SEP", str(each))


 

def _printed(share: float) -> str:
    """Return a probability as ``iptables-save`` prints what the kernel keeps of it: 31 bits."""
    return f"{round(round(share, 10) * 2**31) / 2**31:.11f}"
