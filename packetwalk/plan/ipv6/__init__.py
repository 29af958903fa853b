"""The canonical cluster with a second family: IPv6 addresses by formulas that mirror IPv4's, as dual stack has them.

Node ``i`` has fd00:172:18::(2+i), its pods fd00:10:244:i::/64; the numbers are those of the recorded clusters
(flannel-dual-0.28.9, calico-dual-3.33-vxlan), as far as they have the same nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv6Network

from packetwalk.plan.cluster import INTERNET, ROUTER, Cluster, Node, Pod
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment
from packetwalk.plan.underlay import OUTSIDE_NET, gateways
from packetwalk.tables import LinkEntry, SysctlEntry
from packetwalk.tables.ipv6 import Addr6Entry, Route6Entry
from packetwalk.tables.ipv6.address import link_local
from packetwalk.tables.ipv6.route import USUAL

POD_NETWORK = IPv6Network("fd00:10:244::/48")
OUTSIDE, OUTSIDE_GATEWAY = "2001:db8:113::9", "2001:db8:113::1"
FORWARD, BRIDGED = "net.ipv6.conf.all.forwarding", "net.bridge.bridge-nf-call-ip6tables"
LENGTH = 64


def node_address(node: Node) -> str:
    """Return a node's address: behind the network that has its segment's two numbers, the same last number."""
    return str(_network(node.segment)[2 + node.index])


def gateway(segment: str) -> str:
    """Return the router's address on a segment."""
    return OUTSIDE_GATEWAY if segment == OUTSIDE_NET else str(_network(segment)[1])


def _network(segment: str) -> IPv6Network:
    one, two = segment.split(".")[:2]
    return IPv6Network(f"fd00:{one}:{two}::/{LENGTH}")


def pod_cidr(node: Node) -> IPv6Network:
    """Return the node's second podCIDR: the ``index``-th /64 of the pods' network."""
    return IPv6Network((int(POD_NETWORK.network_address) + (node.index << LENGTH), LENGTH))


def host_local(cluster: Cluster, pod: Pod) -> str:
    """Return the address that host-local gives: ::1 of the node's range is the gateway, pods follow from ::2."""
    return str(pod_cidr(cluster.nodes[pod.node_index])[2 + pod.ordinal])


def default_route(dev: str, by: str) -> Route6Entry:
    """Return a default route by a gateway."""
    return Route6Entry("default", dev, by, metric=USUAL)


def link_locals(plan: Iterable[Operation]) -> Iterator[Operation]:
    """Return the address that the kernel gives each device as soon as it is up."""
    for netns, entry, *_ in plan:
        if isinstance(entry, LinkEntry) and entry.kind != "lo" and entry.address:
            yield Operation(netns, Addr6Entry(entry.ifname, link_local(entry.address), LENGTH, "link"), "kernel")


def node_plan(node: Node) -> Iterator[Operation]:
    """Return a node's address and default route, and that its bridges let ip6tables see what they pass on."""
    by = ("node set-up", "")
    yield Operation(node.name, Addr6Entry("eth0", node_address(node), LENGTH), *by)
    yield Operation(node.name, default_route("eth0", gateway(node.segment)), *by)
    yield Operation(node.name, SysctlEntry(BRIDGED, "1"), *by)


def router_plan(cluster: Cluster, plan: Iterable[Operation]) -> Iterator[Operation]:
    """Return the router's addresses; it forwards, and knows no route to any pod."""
    by = ("network administrator", "")
    yield from link_locals(plan)
    yield Operation(ROUTER, SysctlEntry(FORWARD, "1"), *by)
    for device, _, _, segment in gateways(cluster):
        yield Operation(ROUTER, Addr6Entry(device, gateway(segment), LENGTH), *by)


def internet_plan(plan: Iterable[Operation]) -> Iterator[Operation]:
    """Return the outside host's address."""
    by = ("somebody else", "")
    yield from link_locals(plan)
    yield Operation(INTERNET, Addr6Entry("eth0", OUTSIDE, LENGTH), *by)
    yield Operation(INTERNET, default_route("eth0", OUTSIDE_GATEWAY), *by)


def segments(cluster: Cluster, made: Mapping[str, Segment]) -> Mapping[str, Segment]:
    """Return the segments with the second addresses of who is plugged into them."""
    second = {node.address: node_address(node) for node in cluster.nodes}
    second |= {address: gateway(segment) for _, address, _, segment in gateways(cluster)}
    out = {}
    for name, segment in made.items():
        asked = {second.get(address, OUTSIDE): nic for address, nic in segment.by_address.items()}
        out[name] = segment._replace(by_address={**segment.by_address, **asked})
    return out
