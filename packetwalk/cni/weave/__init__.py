"""Weave Net 2.8.1 (archived) and its fork 2.9.0: what weaver, the CNI plugin and weave-npc make on a node.

One flat Ethernet segment, 10.32.0.0/12: no node has a CIDR, pods of other nodes are neighbours, and frames
are never routed between pods.  Sources are paths in github.com/weaveworks/weave at 2.8.1; the fork's data
path is the same code (github.com/rajch/weave); the CNI version 1.0.0 and disableCheck are the fork's own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from packetwalk.cni import Mode, Plugin, Release, Scenario
from packetwalk.cni.weave import faults, mesh, npc, ring, rules
from packetwalk.errors import BadInput
from packetwalk.faults.reused import address_reused
from packetwalk.plan.cluster import NAMESPACES, Cluster, Node, Pod, made_mac
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    CaptureEntry,
    LinkEntry,
    RingEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
)
from packetwalk.wire.address import ipv4_from_int

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate

NETWORK = IPv4Network("10.32.0.0/12")
MAX_PEERS = 4096
FASTDP_MTU, BRIDGE_MTU, VPORT_MTU = 1376, 65535, 65535
CNI, BRIDGE = "plugin/net/cni.go", "net/bridge.go"


@lru_cache(maxsize=8)
def _ring(cluster: Cluster) -> dict[str, ring.Networks]:
    """Return the parts of the ring by the names of the peers."""
    if cluster.size > MAX_PEERS:
        raise BadInput("nodes under Weave Net (short IDs have 12 bits)", cluster.size, [f"2 to {MAX_PEERS}"])
    late = [mesh.peer_name(node) for node in cluster.late]
    first = [mesh.peer_name(node) for node in cluster.nodes if node not in cluster.late]
    return ring.divided(NETWORK, first, late)


def own_ranges(cluster: Cluster, node: Node) -> ring.Networks:
    """Return the addresses that a node gives away: its part of the ring."""
    return _ring(cluster)[mesh.peer_name(node)]


def gateway(cluster: Cluster, node: Node) -> str:
    """Return the address of the node's own bridge: the first it gives away (``weave expose`` at start)."""
    return str(ring.address(NETWORK, own_ranges(cluster, node)[0], 0))


def pod_address(cluster: Cluster, pod: Pod) -> str:
    """Return a pod's address: those after the bridge's, in the order in which the pods started."""
    own = own_ranges(cluster, cluster.nodes[pod.node_index])[0]
    return str(ring.address(NETWORK, own, 1 + pod.ordinal))


@lru_cache(maxsize=8)
def _pods(cluster: Cluster) -> dict[str, tuple[str, ...]]:
    """Return the addresses of all pods by namespace, also of a namespace without any."""
    out: dict[str, list[str]] = {namespace: [] for namespace in NAMESPACES}
    for node in cluster.nodes:
        first = int(ring.address(NETWORK, own_ranges(cluster, node)[0], 1))
        for pod in cluster.pods_of(node):
            out.setdefault(pod.namespace, []).append(ipv4_from_int(first + pod.ordinal))
    return {namespace: tuple(addresses) for namespace, addresses in out.items()}


def plan(cluster: Cluster, mode: str, node: Node) -> list[Operation]:
    """Return what exists on ``node`` and in its pods, in the order in which it is made."""
    mtu = _mode(mode).pod_mtu(cluster.mtu)
    out = list(_devices(cluster, mode, node, mtu))
    out += rules.plan(node, str(NETWORK), map(str, own_ranges(cluster, node)))
    out += npc.plan(node.name, _pods(cluster))
    out += mesh.plan(cluster, mode, node, mesh.MeshState(mtu))
    out += _tokens(cluster, node)
    for pod in cluster.pods_of(node):
        out += _attach(cluster, node, pod, mtu)
    return out


@lru_cache(maxsize=8)
def _given(cluster: Cluster) -> dict[str, int]:
    """Return how many addresses each peer has given away, and parts of the ring with which it did so."""
    return {
        peer.name: 1 + len(cluster.pods_of(peer)) + 2 * (len(own_ranges(cluster, peer)) - 1)
        for peer in cluster.nodes
    }


def _tokens(cluster: Cluster, node: Node) -> Iterator[Operation]:
    """The ring as weaver keeps it; a token's version counts what its owner has given away."""
    peers = {mesh.peer_name(peer): peer for peer in cluster.nodes}
    for start, size, name in ring.tokens(_ring(cluster)):
        peer = peers[name]
        entry = RingEntry(str(start), size, name, peer.name, True, _given(cluster)[peer.name])
        yield Operation(node.name, entry, "weaver", "ipam/ring/ring.go", mesh.about(node, peer))


def _devices(cluster: Cluster, mode: str, node: Node, mtu: int) -> Iterator[Operation]:
    """The bridge and the veth pair to weaver: a datapath of the kernel, or (``bridge`` mode) a capture."""
    name, by = node.name, ("weaver", BRIDGE)
    port = "vethwe-datapath" if mode.startswith("fastdp") else "vethwe-pcap"
    yield Operation(name, LinkEntry("weave", "bridge", mtu, mesh.peer_name(node)), *by)
    if port == "vethwe-datapath":
        yield Operation(name, LinkEntry("datapath", "openvswitch", mtu, made_mac(f"datapath {name}")), *by)
        yield Operation(
            name,
            LinkEntry(
                "vxlan-6784", "vxlan", VPORT_MTU, made_mac(f"vxlan-6784 {name}"), "datapath", port=6784
            ),
            "weaver",
            "router/fastdp.go",
        )
        yield Operation(
            name, SocketEntry("udp", mesh.VXLAN_PORT, "kernel (vxlan)"), "weaver", "router/fastdp.go"
        )
    else:
        for _ in ("what it reads", "what it sends"):  # NewPcap opens two
            yield Operation(name, CaptureEntry(port, "weaver"), "weaver", "router/pcap.go")
    yield Operation(
        name,
        LinkEntry("vethwe-bridge", "veth", mtu, made_mac(f"vethwe-bridge {name}"), "weave", (name, port)),
        *by,
    )
    yield Operation(
        name,
        LinkEntry(
            port,
            "veth",
            mtu,
            made_mac(f"{port} {name}"),
            "datapath" if port == "vethwe-datapath" else None,
            (name, "vethwe-bridge"),
            creates=False,
        ),
        *by,
    )
    yield Operation(
        name,
        AddrEntry("weave", gateway(cluster, node), NETWORK.prefixlen, brd=True),
        "weave expose",
        "net/expose.go",
    )
    for protocol in ("tcp", "udp"):
        yield Operation(name, SocketEntry(protocol, mesh.PORT, "weaver"), "weaver", "prog/weaver/main.go")
    yield Operation(name, SysctlEntry("net.ipv4.ip_forward", "1"), "node set-up")
    yield Operation(
        name, SysctlEntry("net.bridge.bridge-nf-call-iptables", "1"), "weave-init", "prog/weave-kube/init.sh"
    )


def _attach(cluster: Cluster, node: Node, pod: Pod, mtu: int) -> Iterator[Operation]:
    """What one CNI ADD makes: the veth pair, an address with the mask of the whole range, a default route."""
    host_end, by = veth(pod), ("weave-net plugin", CNI)
    yield Operation(
        node.name,
        LinkEntry(
            host_end, "veth", mtu, made_mac(f"veth {pod.name}"), "weave", (pod.name, "eth0"), hairpin=True
        ),
        *by,
        pod.name,
    )
    yield Operation(
        pod.name, LinkEntry("eth0", "veth", mtu, pod.mac, peer=(node.name, host_end), creates=False), *by
    )
    yield Operation(
        pod.name,
        AddrEntry("eth0", pod_address(cluster, pod), NETWORK.prefixlen, brd=True),
        "weave-ipam",
        "plugin/ipam/ipam.go",
    )
    yield Operation(pod.name, RouteEntry("default", "eth0", gateway(cluster, node)), *by)
    yield from rules.in_pod(pod.name, str(NETWORK))


def veth(pod: Pod) -> str:
    """Return the name of a pod's host end: ``vethwepl`` and 7 letters of the container's ID."""
    return "vethwepl" + hashlib.sha1(pod.name.encode(), usedforsecurity=False).hexdigest()[:7]


def _policed(estate: Estate) -> Change:
    """Return what weave-npc makes of policies, of which a wheel knows nothing."""
    from packetwalk.cni.weave.policies import policed

    return policed(estate)


def _mode(name: str) -> Mode:
    return next(mode for mode in MODES if mode.name == name)


def _slow(sleeve: str, *, encrypted: bool = False) -> Callable[[int], str | None]:
    """Return what names the mode of sleeve where the heartbeats of the fast datapath do not fit."""
    return lambda underlay: None if mesh.is_fast(FASTDP_MTU, underlay, encrypted=encrypted) else sleeve


RECORD = (("sender's name", 6), ("record", 14), ("inner Ethernet", 14))
MODES = (
    Mode(
        "fastdp",
        "fast datapath",
        "the default",
        (("IPv4", 20), ("UDP", 8), ("VXLAN", 8), ("inner Ethernet", 14)),
        lambda mtu: FASTDP_MTU,
        instead=_slow("sleeve"),
    ),
    Mode(
        "fastdp-encrypted",
        "fast datapath with ESP",
        "with a password",
        (
            ("IPv4", 20),
            ("ESP", 8),
            ("IV", 8),
            ("UDP", 8),
            ("VXLAN", 8),
            ("inner Ethernet", 14),
            ("ESP trailer", 2),
            ("ICV", 16),
        ),
        lambda mtu: FASTDP_MTU,
        instead=_slow("sleeve-encrypted", encrypted=True),
    ),
    Mode(
        "sleeve",
        "sleeve",
        "where the kernel has no Open vSwitch",
        (("IPv4", 20), ("UDP", 8), *RECORD),
        lambda mtu: BRIDGE_MTU,
        partial(mesh.sleeve_carries, encrypted=False),
    ),
    Mode(
        "sleeve-encrypted",
        "sleeve with NaCl",
        "with a password, where the kernel has no Open vSwitch",
        (("IPv4", 20), ("UDP", 8), ("sender's name", 6), ("nonce", 8), ("tag", 16), *RECORD[1:]),
        lambda mtu: BRIDGE_MTU,
        partial(mesh.sleeve_carries, encrypted=True),
    ),
)
SCENARIOS = (
    Scenario("relay", "pod to pod, the two nodes cannot reach each other", "a", "b", change=faults.RELAYED),
)

PLUGIN = Plugin(
    "weave",
    "Weave Net",
    (Release("2.9.0", "Weave Net 2.8.1 (archived) and its fork 2.9.0", plan),),
    MODES,
    (*faults.FAULTS, address_reused(pod_address)),
    lambda cluster, _, pod: pod_address(cluster, pod),
    lambda cluster: str(NETWORK),
    SCENARIOS,
    _policed,
)
