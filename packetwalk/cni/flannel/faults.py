"""What goes wrong with Flannel: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from packetwalk.cni import Fault
from packetwalk.cni.flannel.plan import MODES, PORT, WG_PORT, vtep
from packetwalk.plan.cluster import Cluster, Node, made_key, made_mac
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SysctlEntry,
)

ALL = tuple(mode.name for mode in MODES)
TUNNELLED = ("vxlan", "vxlan-directrouting")
PER_PEER = tuple(name for name in ALL if name not in ("wireguard", "udp"))  # one route for each node
CROSS = ("cross-node", "service", "node-to-pod")


def _without(kind: type, where: str):
    """Return a change that removes the entries of one kind that lead from node 1 to node 2."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        peer = _receiver(cluster)
        address, mac = vtep(cluster, peer)
        gone = {
            NeighEntry: {"dst": address},
            FdbEntry: {"mac": mac},
            RouteEntry: {"dst": str(cluster.pod_cidr(peer))},
        }[kind]
        return [
            op
            for op in plan
            if node.index != 1
            or not isinstance(op.entry, kind)
            or any(getattr(op.entry, key) != value for key, value in gone.items())
        ]

    change.__doc__ = where
    return change


def _receiver(cluster: Cluster) -> Node:
    return cluster.nodes[2] if cluster.size > 2 else cluster.nodes[0]


def _sysctl(key: str, value: str, index: int | None = None):
    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        return [
            op._replace(entry=SysctlEntry(key, value), by="somebody")
            if isinstance(op.entry, SysctlEntry) and op.entry.key == key and index in (None, node.index)
            else op
            for op in plan
        ]

    return change


def _links(mtu: int, names: tuple[str, ...]):
    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        return [
            op._replace(entry=op.entry._replace(mtu=mtu))
            if isinstance(op.entry, LinkEntry)
            and (op.entry.ifname.startswith(names) or op.netns != node.name)
            else op
            for op in plan
        ]

    return change


def _underlay_mtu(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    return [
        op._replace(entry=op.entry._replace(mtu=1400))
        if isinstance(op.entry, LinkEntry) and op.entry.kind == "eth"
        else op
        for op in plan
    ]


def _blocked(match: str):
    """Return a change: a firewall on the receiving node drops what ``match`` says."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        if node is not _receiver(cluster):
            return plan
        rule = IptablesRule("filter", "INPUT", f"{match} -j DROP")
        return [*plan, Operation(node.name, rule, "host firewall")]

    return change


def _forward_drop(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    if node.index != 1:
        return plan
    rule = IptablesRule("filter", "FORWARD", '-i cni0 -m comment --comment "host firewall" -j DROP')
    return [Operation(node.name, rule, "host firewall"), *plan]


def _stale_cni0(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    if node.index != 1:
        return plan
    return [
        op._replace(entry=op.entry._replace(local="10.244.9.1"), by="an earlier cluster")
        if isinstance(op.entry, AddrEntry) and op.entry.dev == "cni0"
        else op
        for op in plan
    ]


def _no_pod_cidr(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """flanneld on the receiver exits; nothing of Flannel exists there, and no peer knows it."""
    peer = _receiver(cluster)
    if node is peer:
        theirs = {"flanneld", "bridge plugin", "host-local", "flannel CNI plugin"}
        return [op for op in plan if op.by not in theirs]
    address, mac = vtep(cluster, peer)
    unknown = {address, mac, str(cluster.pod_cidr(peer)), made_key(peer.name)}
    return [
        op
        for op in plan
        if op.by != "flanneld"
        or not unknown & {getattr(op.entry, name, None) for name in ("dst", "mac", "key")}
    ]


def _other_vtep_mac(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    if node is not _receiver(cluster):
        return plan
    return [
        op._replace(entry=op.entry._replace(address=made_mac("systemd")), by="systemd-udevd")
        if isinstance(op.entry, LinkEntry) and op.entry.kind == "vxlan"
        else op
        for op in plan
    ]


FAULTS = (
    Fault(
        "br-netfilter-off",
        "br_netfilter is off",
        "net.bridge.bridge-nf-call-iptables is 0: bridged answers bypass connection tracking, "
        "so a service whose backend is on the caller's own node answers from the wrong address.",
        ("service-local",),
        ALL,
        _sysctl("net.bridge.bridge-nf-call-iptables", "0"),
    ),
    Fault(
        "udp-8472-blocked",
        "UDP 8472 is blocked",
        "A firewall on the receiving node drops UDP port 8472. Same-node traffic works.",
        CROSS,
        ("vxlan",),
        _blocked(f"-p udp -m udp --dport {PORT}"),
    ),
    Fault(
        "udp-51820-blocked",
        "UDP 51820 is blocked",
        "A firewall on the receiving node drops UDP port 51820, where WireGuard listens.",
        CROSS,
        ("wireguard",),
        _blocked(f"-p udp -m udp --dport {WG_PORT}"),
    ),
    Fault(
        "protocol-4-blocked",
        "IP protocol 4 is blocked",
        "A firewall on the receiving node drops IP-in-IP, which has no ports: rules for TCP and UDP "
        "do not open it.",
        CROSS,
        ("ipip",),
        _blocked("-p ipencap"),
    ),
    Fault(
        "mtu-mismatch",
        "Pods with an MTU of 1500 over VXLAN",
        "The pods and cni0 were made with an MTU of 1500, the tunnel carries 1450.",
        ("cross-node",),
        TUNNELLED,
        _links(1500, ("cni0", "veth")),
        {"size": 1472, "df": True},
    ),
    Fault(
        "underlay-mtu-1400",
        "The underlay carries only 1400",
        "The nodes' cards have an MTU of 1400, but the tunnel was made for 1500: the kernel cuts "
        "the wrapped packets, because their DF is not set.",
        ("cross-node",),
        ("vxlan",),
        _underlay_mtu,
        {"size": 1422},
    ),
    Fault(
        "missing-fdb",
        "The FDB entry for the peer is missing",
        "flannel.1 does not know on which node the peer's MAC lives. Nothing puts it back until "
        "flanneld restarts.",
        CROSS,
        ("vxlan",),
        _without(FdbEntry, "FDB"),
    ),
    Fault(
        "missing-neighbour",
        "The neighbour entry for the peer is missing",
        "Nobody answers ARP on flannel.1, so the next hop has no MAC.",
        CROSS,
        ("vxlan",),
        _without(NeighEntry, "neighbour"),
        {"cold": True},
    ),
    Fault(
        "missing-route",
        "The route to the peer is missing",
        "The packet follows the default route, unwrapped, to a router that does not know pods.",
        CROSS,
        PER_PEER,
        _without(RouteEntry, "route"),
    ),
    Fault(
        "missing-pod-cidr",
        "The peer node has no podCIDR",
        "flanneld exits with 'pod cidr not assigned'; the node gets no subnet.env and no pods, "
        "and no other node learns of it.",
        CROSS,
        ALL,
        _no_pod_cidr,
    ),
    Fault(
        "stale-cni0",
        "cni0 has the address of an earlier cluster",
        "The bridge plugin refuses to change it and leaves a half-built pod whose gateway does not exist.",
        ("cross-node", "service", "internet"),
        ALL,
        _stale_cni0,
        {"cold": True},
    ),
    Fault(
        "forward-drop",
        "A firewall drops forwarded packets first",
        "flanneld appends its ACCEPT rules; an earlier DROP wins.",
        ("cross-node", "service", "internet"),
        ALL,
        _forward_drop,
    ),
    Fault(
        "vtep-mac-mismatch",
        "The peer's flannel.1 has another MAC than it published",
        "The wrapped frame arrives, is unwrapped, and is thrown away: it is for somebody else.",
        CROSS,
        ("vxlan",),
        _other_vtep_mac,
    ),
    Fault(
        "ip-forward-off",
        "net.ipv4.ip_forward is 0",
        "A tool switched forwarding off on the sending node.",
        ("cross-node", "service", "internet"),
        ALL,
        _sysctl("net.ipv4.ip_forward", "0", 1),
    ),
)
