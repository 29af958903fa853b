"""What goes wrong with Calico: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.cni import Fault
from packetwalk.cni.calico import blocks, felix
from packetwalk.cni.calico.plan import BIRD, FELIX_RULES, FELIX_SETS, MODES, interface, pod_address
from packetwalk.plan.cluster import Cluster, Node, made_key
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    Entry,
    IpSet,
    IptablesRule,
    LinkEntry,
    RouteEntry,
    WireguardPeer,
)

ALL = tuple(mode.name for mode in MODES)
CROSS = ("cross-node", "service", "node-to-pod")
FROM_A = ("same-node", "cross-node", "service", "service-local", "internet")
DENY, ALLOW = felix.Policy("deny-all"), felix.Policy("allow-a", (felix.selector_set("pod == 'a'"),))
Change = Callable[[Cluster, Node, list[Operation]], list[Operation]]


def _receiver(cluster: Cluster) -> Node:
    return cluster.nodes[2] if cluster.size > 2 else cluster.nodes[0]


def _blocked(match: str) -> Change:
    """Return a change: something in front of the receiving node drops what ``match`` says.

    It is a rule of the raw table here, the first place where a packet can be dropped; Felix's own rule in
    INPUT, which would let it in, comes later.
    """

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        rule = IptablesRule("raw", "PREROUTING", f"{match} -j DROP")
        return (
            [*plan, Operation(node.name, rule, "a filter in the network")]
            if node is _receiver(cluster)
            else plan
        )

    return change


def _policy(policy: felix.Policy) -> Change:
    """Return a change: a NetworkPolicy for ingress of pod b."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        if node is not _receiver(cluster):
            return plan
        target, peer = cluster.pod(node, 0), cluster.pod(cluster.nodes[1], 0)
        chain = f"cali-tw-{interface(target)}"
        ingress = [
            rule
            for rule in felix.endpoint(interface(target), target.namespace, (policy,))
            if rule.chain == chain
        ]
        kept = [op for op in plan if not (isinstance(op.entry, IptablesRule) and op.entry.chain == chain)]
        members = [IpSet(name, (pod_address(cluster, peer),)) for name in policy.sets]
        return [
            *kept,
            *(Operation(node.name, each, *FELIX_SETS) for each in members),
            *(Operation(node.name, rule, *FELIX_RULES) for rule in (*ingress, *felix.policy(policy))),
        ]

    return change


def _no_default_route(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    return [
        op
        for op in plan
        if node.index != 1
        or op.netns != node.name
        or not (isinstance(op.entry, RouteEntry) and op.entry.dst == "default")
    ]


def _bgp_down(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """What BIRD learnt from peers is gone; the blackhole is its own and stays."""
    return [
        op
        for op in plan
        if not (isinstance(op.entry, RouteEntry) and op.by == BIRD[0] and op.entry.type == "unicast")
    ]


def _pod_mtu(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    return [
        op._replace(entry=op.entry._replace(mtu=cluster.mtu))
        if isinstance(op.entry, LinkEntry) and op.entry.kind == "veth"
        else op
        for op in plan
    ]


def _forged(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Pod a changes the source of all it sends to another address of its node's block."""
    if node.index != 1:
        return plan
    rule = IptablesRule(
        "nat", "POSTROUTING", f"-o eth0 -j SNAT --to-source {blocks.address(cluster, node, blocks.SIZE - 1)}"
    )
    return [*plan, Operation(cluster.pod(node, 0).name, rule, "a program in the pod")]


def _unknown_node(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """The receiver's sets lack the sender."""

    def without(entry: Entry) -> Entry:
        if isinstance(entry, IpSet):
            return entry._replace(
                members=tuple(each for each in entry.members if each != cluster.nodes[1].address)
            )
        return entry

    return [op._replace(entry=without(op.entry)) for op in plan] if node is _receiver(cluster) else plan


def _stale_allowed_ips(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """The receiver does not know that the sender's block belongs to the sender."""
    key = made_key(cluster.nodes[1].name)
    return (
        [
            op._replace(entry=op.entry._replace(allowed_ips=()))
            if isinstance(op.entry, WireguardPeer) and op.entry.key == key
            else op
            for op in plan
        ]
        if node is _receiver(cluster)
        else plan
    )


FAULTS = (
    Fault(
        "policy-deny",
        "A NetworkPolicy denies all ingress to b",
        "It selects b and allows nobody: the first policy that selects a pod turns 'everything is "
        "allowed' into 'only what is named', for its direction alone.",
        CROSS,
        ALL,
        _policy(DENY),
    ),
    Fault(
        "policy-allow",
        "A NetworkPolicy allows a to reach b, and nobody else",
        "The packet is now let through by the policy, because a's address is in its set, and no longer "
        "by the namespace's profile.",
        ("cross-node", "service", "node-to-pod"),
        ALL,
        _policy(ALLOW),
    ),
    Fault(
        "no-default-route",
        "The node has no default route",
        "No route covers 169.254.1.1, so the node does not answer for it by proxy ARP, and the pod finds "
        "no gateway: not even its neighbour is within reach.",
        FROM_A,
        ALL,
        _no_default_route,
        {"cold": True},
    ),
    Fault(
        "wrong-source",
        "Pod a sends with an address that is not its own",
        "The way back to that address does not lead to a's cable: Felix's reverse path check drops the "
        "packet before anything else looks at it.",
        FROM_A,
        ALL,
        _forged,
    ),
    Fault(
        "ipip-blocked",
        "The network drops IP protocol 4",
        "Nodes are ready, BGP is up (TCP 179 passes), pods on other nodes are out of reach. Azure's "
        "network does this.",
        (*CROSS, "cross-subnet"),
        ("ipip",),
        _blocked("-p ipencap"),
    ),
    Fault(
        "vxlan-blocked",
        "The network drops UDP 4789",
        "A security group or firewall was opened for TCP only.",
        (*CROSS, "cross-subnet"),
        ("vxlan",),
        _blocked("-p udp -m udp --dport 4789"),
    ),
    Fault(
        "wireguard-blocked",
        "The network drops UDP 51820",
        "A security group or firewall was not opened for WireGuard.",
        (*CROSS, "cross-subnet"),
        ("wireguard",),
        _blocked("-p udp -m udp --dport 51820"),
    ),
    Fault(
        "unknown-node",
        "The receiving node does not know the sender as a node",
        "Its set of nodes lacks the sender's address: Felix's own rule drops the wrapped packet. The "
        "counter of that rule tells.",
        (*CROSS, "cross-subnet"),
        ("ipip", "vxlan"),
        _unknown_node,
    ),
    Fault(
        "bgp-down",
        "BIRD has no session with its peers",
        "No route to other nodes' blocks: packets follow the default route to a router that does not "
        "know pods.",
        CROSS,
        ("ipip", "ipip-crosssubnet", "bgp"),
        _bgp_down,
    ),
    Fault(
        "mtu-mismatch",
        "Pods with an MTU of 1500 over a tunnel",
        "The pods were made before the tunnel was switched on: a new MTU is for new pods only.",
        ("cross-node", "cross-subnet"),
        ("ipip", "vxlan", "wireguard"),
        _pod_mtu,
        {"size": 1472, "df": True},
    ),
    Fault(
        "stale-allowed-ips",
        "The receiver's AllowedIPs lack the sender's block",
        "The packet is decrypted, but its source does not belong to the peer that encrypted it.",
        (*CROSS, "cross-subnet"),
        ("wireguard",),
        _stale_allowed_ips,
    ),
)
