"""What is there without any plugin: the nodes' NICs, the router, a host on the internet, servers.

The canonical cluster is kind's: nodes on 172.18.0.0/16, a router that knows the nodes' subnets and
the outside, and no pod network.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packetwalk.plan.cluster import (
    API_PORT,
    INTERNET,
    OUTSIDE,
    OUTSIDE_GATEWAY,
    ROUTER,
    Cluster,
    Node,
    docker_mac,
)
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment
from packetwalk.tables import AddrEntry, LinkEntry, RouteEntry, SocketEntry, SysctlEntry

OUTSIDE_NET = "203.0.113.0/24"
SERVER_PORT, KUBELET_PORT = 8080, 10250
VLAN = 4  # bytes that a segment has room for beside what its NICs send, for a tag (is_skb_forwardable)


def node_plan(cluster: Cluster, node: Node) -> Iterator[Operation]:
    """Return a node's own NIC, address, default route and kubelet; the first has the API server."""
    by = ("node set-up", "")
    nic = LinkEntry("eth0", "eth", cluster.mtu, node.mac, segment=node.segment, carries=_carries(cluster))
    yield Operation(node.name, LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00"), "kernel")
    yield Operation(node.name, nic, *by)
    yield Operation(node.name, AddrEntry("eth0", node.address, node.prefixlen), *by)
    yield Operation(node.name, RouteEntry("default", "eth0", node.gateway), *by)
    yield Operation(node.name, SocketEntry("tcp", KUBELET_PORT, "kubelet"), "kubelet")
    if node.index == 0:
        yield Operation(node.name, SocketEntry("tcp", API_PORT, "kube-apiserver"), "kube-apiserver")


def _carries(cluster: Cluster) -> int:
    """Return how long an IP packet may be on a segment, in bytes."""
    return cluster.mtu + VLAN if cluster.segment_mtu == cluster.mtu else cluster.segment_mtu


def pod_plan(name: str) -> Iterator[Operation]:
    """Return what every pod has: a loopback, and a server on TCP and UDP 8080."""
    yield Operation(name, LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00"), "kernel")
    for protocol in ("tcp", "udp"):
        yield Operation(name, SocketEntry(protocol, SERVER_PORT, "server"), "the pod's program")


def gateways(cluster: Cluster) -> list[tuple[str, str, int, str]]:
    """Return the router's NICs: (device, address, prefix length, segment)."""
    segments = dict.fromkeys((node.segment, node.gateway) for node in cluster.nodes)
    nics = [(gateway, 16, segment) for segment, gateway in segments]
    nics.append((OUTSIDE_GATEWAY, 24, OUTSIDE_NET))
    return [(f"eth{k}", address, length, segment) for k, (address, length, segment) in enumerate(nics)]


def router_plan(cluster: Cluster) -> Iterator[Operation]:
    """Return the router: a NIC in each subnet, forwarding on, no route to any pod.

    What a load balancer has an address for it brings to the first worker.
    """
    by = ("network administrator", "")
    yield Operation(ROUTER, LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00"), "kernel")
    yield Operation(ROUTER, SysctlEntry("net.ipv4.ip_forward", "1"), *by)
    for device, address, length, segment in gateways(cluster):
        outside = segment == OUTSIDE_NET
        mtu, carries = (1500, 1500 + VLAN) if outside else (cluster.mtu, _carries(cluster))
        nic = LinkEntry(device, "eth", mtu, docker_mac(address), segment=segment, carries=carries)
        yield Operation(ROUTER, nic, *by)
        yield Operation(ROUTER, AddrEntry(device, address, length), *by)
    entrance = cluster.nodes[1]
    for service in cluster.services:
        for address in service.load_balancers:
            yield Operation(ROUTER, RouteEntry(address, "eth0", entrance.address), "a load balancer")


def internet_plan() -> Iterator[Operation]:
    """Return the outside host: a web and a DNS server at 203.0.113.9."""
    by = ("somebody else", "")
    yield Operation(INTERNET, LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00"), "kernel")
    nic = LinkEntry("eth0", "eth", 1500, docker_mac(OUTSIDE), segment=OUTSIDE_NET, carries=1500 + VLAN)
    yield Operation(INTERNET, nic, *by)
    yield Operation(INTERNET, AddrEntry("eth0", OUTSIDE, 24), *by)
    yield Operation(INTERNET, RouteEntry("default", "eth0", OUTSIDE_GATEWAY), *by)
    for protocol, port in (("tcp", 80), ("tcp", 443), ("udp", 80), ("udp", 53)):
        yield Operation(INTERNET, SocketEntry(protocol, port, "server"), *by)


def segments(cluster: Cluster) -> Mapping[str, Segment]:
    """Return the Ethernet segments with the NICs that are plugged into them."""
    made: dict[str, Segment] = {}

    def plug(segment: str, address: str, netns: str, device: str) -> None:
        found = made.setdefault(segment, Segment({}, {}))
        found.by_mac[docker_mac(address)] = (netns, device)  # type: ignore[index]
        found.by_address[address] = (netns, device)  # type: ignore[index]

    for node in cluster.nodes:
        plug(node.segment, node.address, node.name, "eth0")
    for device, address, _, segment in gateways(cluster):
        plug(segment, address, ROUTER, device)
    plug(OUTSIDE_NET, OUTSIDE, INTERNET, "eth0")
    return made
