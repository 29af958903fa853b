"""Calico 3.33 and 3.32 with the iptables data plane: what Felix, BIRD and the CNI plugin make on a node.

Sources are paths in github.com/projectcalico/calico at v3.32.1, unless another repository is named; release-v3.33 at
6609dea5 was run and recorded, and what it writes otherwise is a member of ``Habits``.  A
mode is a property of an address pool; here the cluster has one.  There is no bridge: each pod hangs on a
veth pair of its own and reaches everything, its neighbour too, through the node's routing table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from packetwalk.cni import Mode
from packetwalk.cni.calico import arp, blocks, endpoints, felix
from packetwalk.plan.cluster import Cluster, Node, Pod, made_key
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    Entry,
    FdbEntry,
    IpRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
    WireguardPeer,
)

GATEWAY, HOST_MAC = "169.254.1.1", "ee:ee:ee:ee:ee:ee"
TUNL0, VXLAN, WIREGUARD = "tunl0", "vxlan.calico", "wireguard.cali"
VNI, VXLAN_PORT, WG_PORT = 4096, 4789, 51820
WG_TABLE, WG_PRIORITY = "1", 99
METRIC = 1024
CNI = ("calico CNI plugin", "cni-plugin/pkg/dataplane/linux/dataplane_linux.go")
BIRD = ("BIRD", "confd/etc/calico/confd/templates/bird_ipam.cfg.template")
FELIX_ROUTE = ("Felix", "felix/dataplane/linux/route_mgr.go")
FELIX_PODS = ("Felix", "felix/dataplane/linux/endpoint_mgr.go")
FELIX_RULES = ("Felix", "felix/rules")
FELIX_SETS = ("Felix", "felix/ipsets")
FELIX_IPIP = ("Felix", "felix/dataplane/linux/ipip_mgr.go")
FELIX_VXLAN = ("Felix", "felix/vxlanfdb/vxlan_fdb.go")
FELIX_WG = ("Felix", "felix/wireguard/wireguard.go")


class Habits(NamedTuple):
    """What releases do otherwise.

    ``felix_ipip``: Felix, not BIRD, writes the routes of IP-in-IP pools, for ``ProgramClusterRoutes`` is
    ``EnabledIPIPOnly`` unless set (felix/config/config_params.go; recording calico-3.33-ipip-control-plane).
    ``own_ports``: UDP into VXLAN is masqueraded to ports behind VXLAN's own (calico-3.33-vxlan-iptables).
    """

    felix_ipip: bool
    own_ports: bool


V3_33, V3_32 = Habits(True, True), Habits(False, False)


class Way(NamedTuple):
    """How a mode carries packets: its tunnels, and whether it does without one inside a subnet."""

    tunnels: tuple[felix.TunnelDevice, ...]
    direct: bool

    def by_felix(self, habits: Habits) -> bool:
        """Say whether Felix writes the routes of blocks, where BIRD does not."""
        return felix.VXLAN in self.tunnels or (felix.IPIP in self.tunnels and habits.felix_ipip)


WAYS = {
    "ipip": Way((felix.IPIP,), False),
    "ipip-crosssubnet": Way((felix.IPIP,), True),
    "vxlan": Way((felix.VXLAN,), False),
    "vxlan-crosssubnet": Way((felix.VXLAN,), True),
    "bgp": Way((), True),
    "wireguard": Way((felix.IPIP, felix.WG), False),
}


def pod_address(cluster: Cluster, mode: str, pod: Pod) -> str:
    """Return the next free address of the node's blocks, of which a mode's tunnels have the first."""
    return _pod_address(cluster, WAYS[mode], pod)


def _pod_address(cluster: Cluster, way: Way, pod: Pod) -> str:
    return pod.address or _address(cluster, way, cluster.nodes[pod.node_index], len(way.tunnels) + pod.ordinal)


def _address(cluster: Cluster, way: Way, node: Node, ordinal: int) -> str:
    """Return the ``ordinal``-th address of a node: first those of its tunnels, then its pods'."""
    return blocks.address(cluster, node, ordinal, len(way.tunnels))


def mode_blocks(cluster: Cluster, mode: str, node: Node) -> tuple[IPv4Network, ...]:
    """Return the blocks that a node owns in a mode."""
    return _blocks(cluster, WAYS[mode], node)


def _blocks(cluster: Cluster, way: Way, node: Node) -> tuple[IPv4Network, ...]:
    return blocks.blocks(cluster, node, len(way.tunnels))


def tunnel_addresses(plan: list[Operation]) -> list[str]:
    """Return the addresses that a node's tunnels have of its own blocks."""
    by = (FELIX_IPIP, FELIX_VXLAN, FELIX_WG)
    return [op.entry.local for op in plan if isinstance(op.entry, AddrEntry) and (op.by, op.source) in by]


def interface(pod: Pod) -> str:
    """Return the name of a pod's host end: ``cali`` and 11 hex digits of SHA-1 of namespace.pod
    (libcalico-go, ``VethNameForWorkload``)."""
    name = f"{pod.namespace}.{pod.own_name}"
    return "cali" + hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()[:11]


def vtep_mac(node: Node) -> str:
    """Return the MAC of ``vxlan.calico``: 66 and five bytes of SHA-1 of the node's name
    (felix/calc/vxlan_resolver.go)."""
    digest = hashlib.sha1(node.name.encode(), usedforsecurity=False).digest()
    return bytes([0x66, *digest[:5]]).hex(":")


def plan(cluster: Cluster, mode: str, node: Node, habits: Habits = V3_33) -> list[Operation]:
    """Return what exists on ``node`` and in its pods, in the order in which it is made; ``habits`` are a release's."""
    way, mtu = WAYS[mode], _mode(mode).pod_mtu(cluster.mtu)
    out = [Operation(node.name, entry, *by) for entry, by in _devices(cluster, way, node)]
    out += block_operations(cluster, mode, node, habits)
    out += _rules(cluster, way, node, habits)
    for pod in cluster.pods_of(node):
        out += _attach(cluster, way, node, pod, mtu)
    return out


def block_operations(
    cluster: Cluster, mode: str, node: Node, habits: Habits = V3_33
) -> Iterator[Operation]:
    """Yield what exists on ``node`` because of blocks: its own, then those of each other node."""
    way = WAYS[mode]
    by_felix = way.by_felix(habits)
    for entry, by in _own_blocks(cluster, way, node, by_felix):
        yield Operation(node.name, entry, *by)
    for peer in cluster.nodes:
        if peer is not node:
            towards = (*_tunnel_entries(cluster, way, peer), *_routes(cluster, way, node, peer, by_felix))
            yield from (Operation(node.name, entry, *by, peer.name) for entry, by in towards)


def tunnel_devices(mode: str) -> tuple[str, ...]:
    """Return the tunnel devices of a mode: each has an address of its node's first block, before any pod."""
    return tuple(each.device for each in WAYS[mode].tunnels)


Entries = Iterator[tuple[Entry, tuple[str, str]]]
"""Entries of a node, each with the program that makes it and the place that says so."""


def _devices(cluster: Cluster, way: Way, node: Node) -> Entries:
    """The tunnel devices; each has an address of the node's own block, so that answers find back."""
    yield SysctlEntry("net.ipv4.ip_forward", "1"), ("Felix", "felix/dataplane/linux/int_dataplane.go")
    if felix.IPIP in way.tunnels:
        yield LinkEntry(TUNL0, "ipip", cluster.mtu - 20, ""), FELIX_IPIP
        yield AddrEntry(TUNL0, _address(cluster, way, node, 0), 32), FELIX_IPIP
    if felix.VXLAN in way.tunnels:
        yield (
            LinkEntry(
                VXLAN,
                "vxlan",
                cluster.mtu - 50,
                vtep_mac(node),
                vni=VNI,
                local=node.address,
                link="eth0",
                port=VXLAN_PORT,
            ),
            FELIX_VXLAN,
        )
        yield AddrEntry(VXLAN, _address(cluster, way, node, 0), 32), FELIX_VXLAN
        yield SocketEntry("udp", VXLAN_PORT, "kernel (vxlan)"), ("kernel", "drivers/net/vxlan/vxlan_core.c")
    if felix.WG in way.tunnels:
        mark = felix.WIREGUARD
        yield (
            LinkEntry(
                WIREGUARD,
                "wireguard",
                cluster.mtu - 60,
                "",
                port=WG_PORT,
                fwmark=mark,
                key=made_key(node.name),
            ),
            FELIX_WG,
        )
        yield AddrEntry(WIREGUARD, _address(cluster, way, node, 1), 32), FELIX_WG
        yield SocketEntry("udp", WG_PORT, "kernel (wireguard)"), ("kernel", "drivers/net/wireguard")
        yield IpRule(WG_PRIORITY, WG_TABLE, (mark, mark), inverted=True), FELIX_WG


def _own_blocks(cluster: Cluster, way: Way, node: Node, by_felix: bool) -> Entries:
    """The node's own blocks: what no pod has goes nowhere."""
    for block in _blocks(cluster, way, node):
        protocol, by = ("80", FELIX_ROUTE) if by_felix else ("bird", BIRD)
        yield RouteEntry(str(block), type="blackhole", protocol=protocol), by
        if felix.WG in way.tunnels:
            yield RouteEntry(str(block), type="throw", table=WG_TABLE), FELIX_WG
    for address in cluster.borrowed_by(node) if felix.WG in way.tunnels else ():
        yield RouteEntry(address, type="throw", table=WG_TABLE), FELIX_WG


def _borrowed(cluster: Cluster, peer: Node, by_felix: bool) -> Iterator[str]:
    """Yield another node's borrowed addresses that have a route: Felix looks at the blocks, BIRD at the routes of pods.

    Recording calico-3.33-ipam; felix/calc/l3_route_resolver.go (``NonAffineAllocations``).
    """
    pods = {pod.address for pod in cluster.pods_of(peer)} if not by_felix else ()
    return (each for each in cluster.borrowed_by(peer) if by_felix or each in pods)


def _routes(cluster: Cluster, way: Way, node: Node, peer: Node, by_felix: bool) -> Entries:
    """One route for each block of another node, and for each address that it has of others' blocks."""
    for block in (*map(str, _blocks(cluster, way, peer)), *_borrowed(cluster, peer, by_felix)):
        if by_felix:
            yield _felix_route(cluster, way, node, peer, block), FELIX_ROUTE
        else:
            yield _bird_route(way, node, peer, block), BIRD


def _tunnel_entries(cluster: Cluster, way: Way, peer: Node) -> Entries:
    """What the tunnel devices know of another node."""
    theirs = (*map(str, _blocks(cluster, way, peer)), *_borrowed(cluster, peer, by_felix=True))
    if felix.VXLAN in way.tunnels:
        address, mac = _address(cluster, way, peer, 0), vtep_mac(peer)
        yield NeighEntry(address, VXLAN, mac, "PERMANENT"), FELIX_VXLAN
        yield FdbEntry(mac, VXLAN, peer.address, flags=("self",), state="permanent"), FELIX_VXLAN
    if felix.WG in way.tunnels:
        yield WireguardPeer(WIREGUARD, made_key(peer.name), f"{peer.address}:{WG_PORT}", theirs), FELIX_WG
        for block in theirs:
            yield RouteEntry(block, WIREGUARD, scope="link", table=WG_TABLE), FELIX_WG


def _felix_route(cluster: Cluster, way: Way, node: Node, peer: Node, block: str) -> RouteEntry:
    """Return Felix's route of the main table for another node's block."""
    if way.direct and node.segment == peer.segment:
        return RouteEntry(block, "eth0", peer.address, protocol="80", onlink=True)
    if felix.VXLAN in way.tunnels:
        return RouteEntry(block, VXLAN, _address(cluster, way, peer, 0), onlink=True, mtu=cluster.mtu - 50)
    return RouteEntry(block, TUNL0, peer.address, protocol="80", onlink=True, mtu=cluster.mtu - 20)


def _bird_route(way: Way, node: Node, peer: Node, block: str) -> RouteEntry:
    """Return BIRD's route for another node's block.

    BIRD finds the way to a BGP next hop in another subnet in the node's own table (``gateway
    recursive``): without a tunnel that is the router.
    """
    direct = way.direct and node.segment == peer.segment
    if way.tunnels and not direct:
        return RouteEntry(block, TUNL0, peer.address, protocol="bird", metric=METRIC, onlink=True)
    return RouteEntry(block, "eth0", peer.address if direct else node.gateway, protocol="bird", metric=METRIC)


def _rules(cluster: Cluster, way: Way, node: Node, habits: Habits) -> Iterator[Operation]:
    """Felix's sets and chains, without any policy."""
    addresses = tuple(each.address for each in cluster.nodes)
    own = node.address, *(_address(cluster, way, node, n) for n in range(len(way.tunnels)))
    for entry in felix.sets(way.tunnels, addresses, node.address, own, str(cluster.pod_network)):
        yield Operation(node.name, entry, *FELIX_SETS)
    pods = cluster.pods_of(node)
    chains = [(rule, "") for rule in felix.static(way.tunnels, own_ports=habits.own_ports)]
    chains += endpoints.dispatch({interface(pod): pod.name for pod in pods})
    for pod in pods:
        profiles = endpoints.profiles_of(pod.namespace)
        chains += ((rule, pod.name) for rule in endpoints.endpoint(interface(pod), profiles))
    for namespace in dict.fromkeys(pod.namespace for pod in pods):
        for name in endpoints.profiles_of(namespace):
            chains += ((rule, "") for rule in endpoints.profile(name))
    for rule, pod_name in chains:
        yield Operation(node.name, rule, *FELIX_RULES, pod_name)
    cables = {interface(pod): (pod.name, _pod_address(cluster, way, pod)) for pod in pods}
    for line, pod_name in arp.entries(cables):
        yield Operation(node.name, line, *FELIX_RULES, pod_name)


def _attach(cluster: Cluster, way: Way, node: Node, pod: Pod, mtu: int) -> Iterator[Operation]:
    """What one CNI ADD makes, in its order, and Felix's route, which takes the place of the plugin's at once.

    Nobody writes down the pod's MAC: in Kubernetes an endpoint has none, so the node asks by ARP.
    """
    host_end, address = interface(pod), _pod_address(cluster, way, pod)
    veth = LinkEntry(host_end, "veth", mtu, HOST_MAC, peer=(pod.name, "eth0"))
    yield Operation(node.name, veth, *CNI, pod.name)
    for key, value in (
        (f"conf.{host_end}.proxy_arp", "1"),
        (f"neigh.{host_end}.proxy_delay", "0"),
        (f"conf.{host_end}.forwarding", "1"),
        (f"conf.{host_end}.route_localnet", "1"),
    ):
        yield Operation(node.name, SysctlEntry(f"net.ipv4.{key}", value), *CNI, pod.name)
    yield Operation(
        pod.name, LinkEntry("eth0", "veth", mtu, pod.mac, peer=(node.name, host_end), creates=False), *CNI
    )
    yield Operation(pod.name, SysctlEntry("net.ipv4.ip_forward", "0"), *CNI)
    yield Operation(pod.name, RouteEntry(GATEWAY, "eth0", scope="link"), *CNI)
    yield Operation(pod.name, RouteEntry("default", "eth0", GATEWAY), *CNI)
    yield Operation(pod.name, AddrEntry("eth0", address, 32), "calico-ipam", "libcalico-go/lib/ipam/ipam.go")
    route = RouteEntry(address, host_end, scope="link", metric=METRIC)
    yield Operation(node.name, route, *FELIX_PODS, pod.name)


def _mode(name: str) -> Mode:
    return next(mode for mode in MODES if mode.name == name)


IPIP_HEADERS = (("IPv4", 20),)
VXLAN_HEADERS = (("IPv4", 20), ("UDP", 8), ("VXLAN", 8), ("inner Ethernet", 14))
WG_HEADERS = (("IPv4", 20), ("UDP", 8), ("WireGuard", 16), ("authentication tag", 16))
MODES = (
    Mode("ipip", "IP-in-IP", "the default of calico.yaml", IPIP_HEADERS, lambda mtu: mtu - 20),
    Mode(
        "ipip-crosssubnet",
        "IP-in-IP between subnets",
        "an option of a pool",
        IPIP_HEADERS,
        lambda mtu: mtu - 20,
    ),
    Mode("vxlan", "VXLAN", "what calico-vxlan.yaml installs", VXLAN_HEADERS, lambda mtu: mtu - 50),
    Mode(
        "vxlan-crosssubnet",
        "VXLAN between subnets",
        "what the operator's custom-resources.yaml asks for",
        VXLAN_HEADERS,
        lambda mtu: mtu - 50,
    ),
    Mode("bgp", "BGP without encapsulation", "an option of a pool", (), lambda mtu: mtu),
    Mode(
        "wireguard",
        "WireGuard over an IP-in-IP pool",
        "an option, off by default",
        WG_HEADERS,
        lambda mtu: mtu - 60,
    ),
)
