"""What goes wrong with Weave Net, as changes of a node's plan."""

from __future__ import annotations

from packetwalk.cni import Fault
from packetwalk.cni.weave import mesh, rules
from packetwalk.cni.weave.mesh import Links, Pair
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import ConnectionEntry, IptablesRule, LinkEntry

FASTDP = ("fastdp", "fastdp-encrypted")
SLEEVE = ("sleeve", "sleeve-encrypted")
ENCRYPTED = ("fastdp-encrypted", "sleeve-encrypted")
ALL = ("fastdp", "fastdp-encrypted", "sleeve", "sleeve-encrypted")
CROSS = ("cross-node", "service", "node-to-pod")
Plan = list[Operation]


def receiver(cluster: Cluster) -> Node:
    """Return the node of pod b."""
    return cluster.nodes[2] if cluster.size > 2 else cluster.nodes[0]


def everybody(cluster: Cluster) -> frozenset[Pair]:
    """Return the pairs of the receiving node with each other node."""
    node = receiver(cluster)
    return frozenset(frozenset((node.index, peer.index)) for peer in cluster.nodes if peer is not node)


def two(cluster: Cluster) -> frozenset[Pair]:
    """Return the pair of the sending and the receiving node."""
    return frozenset({frozenset((1, receiver(cluster).index))})


def remade(
    cluster: Cluster,
    node: Node,
    plan: Plan,
    *,
    mtu: int | None = None,
    cut: frozenset[Pair] = frozenset(),
    slow: frozenset[Pair] = frozenset(),
    underlay: int | None = None,
) -> Plan:
    """Return a node's plan with another state of the mesh."""
    bridge = next(op.entry for op in plan if isinstance(op.entry, LinkEntry) and op.entry.ifname == "weave")
    fast = any(isinstance(op.entry, LinkEntry) and op.entry.ifname == "datapath" for op in plan)
    secret = any(isinstance(op.entry, ConnectionEntry) and op.entry.encrypted for op in plan)
    mode = ("fastdp" if fast else "sleeve") + ("-encrypted" if secret else "")
    links = Links(mtu or bridge.mtu, cut, slow, underlay)
    return [*mesh.without(plan), *mesh.plan(cluster, mode, node, links)]


def _block(node: Node, words: str) -> Operation:
    return Operation(
        node.name, IptablesRule("filter", "INPUT", f"{words} -j DROP", inserted=True), "host firewall"
    )


def _fastdp_blocked(words: str):
    """The receiving node's firewall drops the fast datapath; its heartbeats fail, sleeve goes on."""

    def change(cluster: Cluster, node: Node, plan: Plan) -> Plan:
        plan = remade(cluster, node, plan, slow=everybody(cluster))
        return [*plan, _block(node, words)] if node is receiver(cluster) else plan

    return change


def _sleeve_blocked(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    plan = remade(cluster, node, plan, cut=everybody(cluster))
    return [*plan, _block(node, f"-p udp -m udp --dport {mesh.PORT}")] if node is receiver(cluster) else plan


def _wrong_password(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    return remade(cluster, node, plan, cut=everybody(cluster))


def _mtu_too_big(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    plan = [
        op._replace(entry=op.entry._replace(mtu=1500))
        if isinstance(op.entry, LinkEntry) and op.entry.mtu == 1376
        else op
        for op in plan
    ]
    return remade(cluster, node, plan, mtu=1500)


def _underlay_mtu(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    plan = [
        op._replace(entry=op.entry._replace(mtu=1400))
        if isinstance(op.entry, LinkEntry) and op.entry.kind == "eth"
        else op
        for op in plan
    ]
    return remade(cluster, node, plan, underlay=1400)


def walls(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    """Return the plan of a node when a firewall drops all between the sending and the receiving node."""
    one, other = cluster.nodes[1], receiver(cluster)
    for near, far in ((one, other), (other, one)):
        if node is near:
            return [*plan, _block(node, f"-s {far.address}/32")]
    return plan


def relayed(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    """Return the plan of a node after the mesh has noticed that wall: routes lead by other peers."""
    return remade(cluster, node, walls(cluster, node, plan), cut=two(cluster))


def _npc_deny(cluster: Cluster, node: Node, plan: Plan) -> Plan:
    return rules.denying(cluster, node, plan) if node is receiver(cluster) else plan


FAULTS = (
    Fault(
        "udp-6784-blocked",
        "UDP 6784 is blocked",
        "A firewall on the receiving node drops the fast datapath's port. Its heartbeats stay without "
        "an answer, so the connection carries on over sleeve: each packet goes up to user space.",
        CROSS,
        ("fastdp",),
        _fastdp_blocked(f"-p udp -m udp --dport {mesh.VXLAN_PORT}"),
    ),
    Fault(
        "esp-blocked",
        "IP protocol 50 (ESP) is blocked",
        "A firewall on the receiving node, or a cloud without a rule for ESP, drops the encrypted fast "
        "datapath. The connection carries on over encrypted sleeve, never in clear.",
        CROSS,
        ("fastdp-encrypted",),
        _fastdp_blocked("-p esp"),
    ),
    Fault(
        "udp-6783-blocked",
        "UDP 6783 is blocked",
        "A firewall on the receiving node drops sleeve's port. Without a working overlay the peers drop "
        "their TCP connection too: the node is no part of the mesh.",
        CROSS,
        SLEEVE,
        _sleeve_blocked,
        {"cold": True},
    ),
    Fault(
        "mtu-too-big",
        "WEAVE_MTU is 1500 on an underlay of 1500",
        "The fast datapath's heartbeats are as long as the longest frame and have DF set: they do not "
        "get through, so every packet goes by sleeve, which carries less than the pods were promised.",
        ("cross-node", "node-to-pod"),
        FASTDP,
        _mtu_too_big,
        {"size": 1472, "df": True},
    ),
    Fault(
        "underlay-mtu-1400",
        "The underlay carries only 1400",
        "Full packets of the fast datapath are longer, so its heartbeats get lost and sleeve takes over. "
        "Sleeve tests the path itself and knows that less fits: it answers for what has DF and is too long.",
        ("cross-node", "node-to-pod"),
        ALL,
        _underlay_mtu,
        {"size": 1348, "df": True},
    ),
    Fault(
        "link-cut",
        "All is blocked between two nodes, and nobody has noticed yet",
        "For up to 60 seconds, until six heartbeats are missing, the peers keep a dead connection: the "
        "packets are lost although a third node could pass them on, and soon the pods' own ARP goes "
        "without an answer. The scenario relay shows what follows.",
        CROSS,
        ALL,
        walls,
        {"cold": True},
        relayed,
    ),
    Fault(
        "wrong-password",
        "The receiving node has another password",
        "Session keys come from the password: the peers cannot read each other's first message and refuse "
        "the connection. The node is alone.",
        CROSS,
        ENCRYPTED,
        _wrong_password,
        {"cold": True},
    ),
    Fault(
        "npc-deny",
        "A NetworkPolicy allows nothing in",
        "The namespace has a policy that selects its pods and has no rule: weave-npc on the receiving node "
        "takes the namespace out of WEAVE-NPC-DEFAULT, and what no rule accepts is dropped.",
        CROSS,
        ALL,
        _npc_deny,
    ),
)
