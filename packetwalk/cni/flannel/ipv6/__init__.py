"""Flannel v0.28.9 with EnableIPv6: what flanneld and the bridge plugin make of a second family, dual stack.

Sources are paths in github.com/flannel-io/flannel at v0.28.9; recorded in flannel-dual-0.28.9.  Its MTUs do not fit:
pods have what IPv4's tunnel leaves, IPv6's leaves 20 bytes less.
"""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.cni.flannel.plan import BRIDGE, DEVICE, MASQ, NOTE, PORT, VNI, VXLAN, masquerading, rules_of
from packetwalk.plan import ipv6
from packetwalk.plan.cluster import Cluster, Node, Pod, made_mac
from packetwalk.plan.operation import Operation
from packetwalk.plan.reference import HOST_LOCAL
from packetwalk.tables import FdbEntry, LinkEntry, NeighEntry, SysctlEntry
from packetwalk.tables.ipv6 import Addr6Entry, Ip6tablesRule, Route6Entry
from packetwalk.tables.ipv6.route import USUAL

MODES = ("vxlan",)
"""The modes of which it is known here."""
DEV, OVERHEAD = f"flannel-v6.{VNI}", 70
GROUPS = "ff00::/8"
pod_address = ipv6.host_local


def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's operations in both families, IPv4's first."""
    made = [*plan, *ipv6.node_plan(node), *_flanneld(cluster, node), *_bridge(node)]
    for pod in cluster.pods_of(node):
        made += _attach(cluster, node, pod)
    return [*made, *ipv6.link_locals(made)]


def _vtep(node: Node) -> tuple[str, str]:
    """Return (address, MAC) of the tunnel's device: the first address of the node's range, a MAC of its own."""
    return str(ipv6.pod_cidr(node).network_address), made_mac(f"{DEV} {node.name}")


def _flanneld(cluster: Cluster, node: Node) -> Iterator[Operation]:
    name, (address, mac), local = node.name, _vtep(node), ipv6.node_address(node)
    device = LinkEntry(DEV, "vxlan", cluster.mtu - OVERHEAD, mac, vni=VNI, local=local, link="eth0", port=PORT)
    yield Operation(name, device, "flanneld", DEVICE)
    yield Operation(name, Addr6Entry(DEV, address, 128), "flanneld", DEVICE)
    for peer in cluster.nodes:
        if peer is not node:
            there, mac = _vtep(peer)
            for entry in (
                NeighEntry(there, DEV, mac, "PERMANENT"),
                FdbEntry(mac, DEV, ipv6.node_address(peer), flags=("self",), state="permanent"),
                Route6Entry(str(ipv6.pod_cidr(peer)), DEV, there, metric=USUAL, onlink=True),
            ):
                yield Operation(name, entry, "flanneld", VXLAN, peer.name)
    network, own = str(ipv6.POD_NETWORK), str(ipv6.pod_cidr(node))
    within = (f"-s {own} -d {network}", f"-s {network} -d {own}", f"! -s {network} -d {own}")
    rules = [*(f"{each} {NOTE} -j RETURN" for each in within), *masquerading(network, GROUPS)]
    for rule in rules_of(network, rules):
        yield Operation(name, Ip6tablesRule(*rule), "flanneld", MASQ)


def _bridge(node: Node) -> Iterator[Operation]:
    """The bridge plugin, with the first pod of a node: cni0's second address, and that the node forwards."""
    cidr, by = ipv6.pod_cidr(node), ("bridge plugin", BRIDGE)
    yield Operation(node.name, Addr6Entry("cni0", str(cidr[1]), cidr.prefixlen), *by)
    yield Operation(node.name, SysctlEntry(ipv6.FORWARD, "1"), *by)


def _attach(cluster: Cluster, node: Node, pod: Pod) -> Iterator[Operation]:
    """One CNI ADD: the pod's second address and its routes; the gateway is cni0's address, no link-local one."""
    cidr = ipv6.pod_cidr(node)
    gateway = str(cidr[1])
    yield Operation(pod.name, Addr6Entry("eth0", ipv6.host_local(cluster, pod), cidr.prefixlen), *HOST_LOCAL)
    yield Operation(pod.name, ipv6.default_route("eth0", gateway), "bridge plugin", BRIDGE)
    yield Operation(
        pod.name,
        Route6Entry(str(ipv6.POD_NETWORK), "eth0", gateway, metric=USUAL),
        "flannel CNI plugin",
        "github.com/flannel-io/cni-plugin flannel_linux.go",
    )
