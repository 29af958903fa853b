"""A pod's ``hostPort``: the rules that the CNI plugin portmap writes on its node, with iptables.

Source: github.com/containernetworking/plugins v1.9.1, plugins/meta/portmap/portmap_iptables.go.  kubelet hands it
the ports of a pod, and it is the second plugin in the configuration of Flannel, Calico and Weave Net; what it
writes is the same with each, but for the range that counts as the pod's own.  It chose iptables beside kube-proxy in
nftables mode too (recorded).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Interface, IPv4Network
from typing import NamedTuple

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule, RouteEntry, SysctlEntry

PORTMAP = ("portmap plugin", "plugins/meta/portmap/portmap_iptables.go")
SETTINGS = ("portmap plugin", "plugins/meta/portmap/main.go")
MARK = "0x2000/0x2000"
DNAT, SETMARK, MASQUERADE = "CNI-HOSTPORT-DNAT", "CNI-HOSTPORT-SETMARK", "CNI-HOSTPORT-MASQ"
NETWORK = "cbr0"
PROTOCOLS = ("tcp", "udp")
MOST = 15
"""Ports that one match of multiport takes."""


class PortMapping(NamedTuple):
    """A port of a node that a pod has for its own ``to``; ``address`` is the only one of the node's, if there is one."""

    port: int
    to: int
    protocol: str = "tcp"
    address: str = ""


def host_port(port: int, to: int) -> Change:
    """Return the edit: the first worker's first pod has ``port`` of its node, by TCP and UDP, for its own ``to``."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        if node is not cluster.nodes[1]:
            return plan
        pod = cluster.pod(node, 0)
        own = next(
            IPv4Interface(f"{op.entry.local}/{op.entry.prefixlen}")
            for op in plan
            if op.netns == pod.name and isinstance(op.entry, AddrEntry)
        )
        container = f"container of pod {pod.name}".replace(" ", "-")
        made = [*shared(), *rules(container, own, [PortMapping(port, to, each) for each in PROTOCOLS])]
        written = [Operation(node.name, rule, *PORTMAP, pod.name) for rule in made]
        return [*plan, *written, *(Operation(node.name, each, *SETTINGS, pod.name) for each in loopback(node, own, plan))]

    return change


def loopback(node: Node, own: IPv4Interface, plan: Sequence[Operation]) -> Iterator[SysctlEntry]:
    """Yield what lets a port be reached at 127.0.0.1: a setting of the device by which the node reaches the pod.

    It is that of the longest prefix (``getRoutableHostIF``), whose ``route_localnet`` portmap sets.
    """
    here = [op.entry for op in plan if op.netns == node.name]
    ways = [
        (network.prefixlen, each.dev)
        for each in here
        if isinstance(each, AddrEntry | RouteEntry) and own.ip in (network := _reached(each))
    ]
    setting = SysctlEntry(f"net.ipv4.conf.{max(ways)[1]}.route_localnet", "1")
    if setting not in here:  # Felix sets it for each pod's cable
        yield setting


def _reached(entry: AddrEntry | RouteEntry) -> IPv4Network:
    """Return the network to which an address or a route leads."""
    if isinstance(entry, AddrEntry):
        return IPv4Interface(f"{entry.local}/{entry.prefixlen}").network
    return IPv4Network(entry.dst.replace("default", "0.0.0.0/0"))


def shared() -> Iterator[IptablesRule]:
    """Yield what all pods with such ports share: what marks and what masquerades, and the jumps there."""
    mark = '-m comment --comment "CNI portfwd masquerade mark"'
    yield IptablesRule("nat", SETMARK, f"{mark} -j MARK --set-xmark {MARK}")
    jump = '-m comment --comment "CNI portfwd requiring masquerade"'
    yield IptablesRule("nat", "POSTROUTING", f"{jump} -j {MASQUERADE}", inserted=True)
    yield IptablesRule("nat", MASQUERADE, f"-m mark --mark {MARK} -j MASQUERADE")
    for hook in ("PREROUTING", "OUTPUT"):
        yield IptablesRule("nat", hook, f"-m addrtype --dst-type LOCAL -j {DNAT}")


def rules(container: str, own: IPv4Interface, mappings: Sequence[PortMapping]) -> Iterator[IptablesRule]:
    """Yield the rules of one pod: what leads to its chain (``fillDnatRules``), fifteen ports a rule at most; the chain.

    No rule is written twice, as when one port is mapped at two addresses.
    """
    chain = f"CNI-DN-{hashlib.sha512(f'{NETWORK}{container}'.encode()).hexdigest()[:21]}"
    note = f'-m comment --comment "dnat name: \\"{NETWORK}\\" id: \\"{container}\\""'
    for protocol in sorted({each.protocol for each in mappings}):
        ports = [str(each.port) for each in mappings if each.protocol == protocol]
        for start in range(0, len(ports), MOST):
            some = ",".join(ports[start : start + MOST])
            yield IptablesRule("nat", DNAT, f"-p {protocol} {note} -m multiport --dports {some} -j {chain}")
    made = (rule for each in mappings for rule in _of_mapping(chain, own, each))
    yield from dict.fromkeys(made)


def _of_mapping(chain: str, own: IPv4Interface, mapping: PortMapping) -> Iterator[IptablesRule]:
    """Yield the rules of one port: who comes from the pods' own range or from 127.0.0.1 is marked; all are translated."""
    at = f"-d {mapping.address}/32 " if mapping.address not in ("", "0.0.0.0") else ""
    match = f"{at}-p {mapping.protocol} -m {mapping.protocol} --dport {mapping.port}"
    for source in (own.network, "127.0.0.1/32"):
        yield IptablesRule("nat", chain, f"-s {source} {match} -j {SETMARK}")
    yield IptablesRule("nat", chain, f"{match} -j DNAT --to-destination {own.ip}:{mapping.to}")
