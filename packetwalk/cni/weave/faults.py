"""What goes wrong with Weave Net, as changes of a node's plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from packetwalk.cni.weave import mesh, npc
from packetwalk.cni.weave.mesh import MeshState, Pair
from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.faults.everywhere import EVERYWHERE, HAIRPIN, NO_DEFAULT_ROUTE
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, add, alter, at, entries, others, receiver, sender, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import Properties, wrapped_in
from packetwalk.tables import ConnectionEntry, IptablesRule, LinkEntry

Pairs = Callable[[Cluster], frozenset[Pair]]
FIREWALL, BROADCAST = Touch(("iptables",), receiver), Touch(("broadcast", "peers"))
AGREED = ("connections", "xfrm-state", "xfrm-policy", "iptables")
"""The tables in which two peers keep what they agreed on."""


def _receivers(*tables: str) -> tuple[Touch, ...]:
    """Return what a fault touches that is between the receiving node and each other one."""
    return Touch(tables, receiver), Touch(tables, others(receiver), receiver)


def nobody(cluster: Cluster) -> frozenset[Pair]:
    """Return no pair."""
    return frozenset()


def receivers(cluster: Cluster) -> frozenset[Pair]:
    """Return the pairs of the receiving node with each other node."""
    (node,) = receiver(cluster)
    return frozenset(frozenset((node.index, peer.index)) for peer in cluster.nodes if peer is not node)


def between(cluster: Cluster) -> frozenset[Pair]:
    """Return the pair of the sending and the receiving node."""
    return frozenset({frozenset(node.index for node in (*sender(cluster), *receiver(cluster)))})


def remade(
    *, mtu: int | None = None, cut: Pairs = nobody, slow: Pairs = nobody, underlay: int | None = None
) -> Change:
    """Return the edit that puts the mesh into another state; see ``MeshState``."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        entry = [op.entry for op in plan]
        bridge = next(each for each in entry if isinstance(each, LinkEntry) and each.ifname == "weave")
        fast = any(isinstance(each, LinkEntry) and each.ifname == "datapath" for each in entry)
        secret = any(isinstance(each, ConnectionEntry) and each.encrypted for each in entry)
        mode = ("fastdp" if fast else "sleeve") + ("-encrypted" if secret else "")
        links = MeshState(mtu or bridge.mtu, cut(cluster), slow(cluster), underlay)
        return [*mesh.WITHOUT(cluster, node, plan), *mesh.plan(cluster, mode, node, links)]

    return change


def _dropped(node: Node, words: str) -> Operation:
    rule = IptablesRule("filter", "INPUT", f"{words} -j DROP", inserted=True)
    return Operation(node.name, rule, "host firewall")


def _blocked(words: str) -> Change:
    """Return the edit: the receiving node's firewall drops what ``words`` match."""
    return at(receiver, add(lambda cluster, node: (_dropped(node, words),)))


def wall(node: Node, far: Node) -> Operation:
    """Return what drops all that comes from another node."""
    return _dropped(node, f"-s {far.address}/32")


def _wall(cluster: Cluster, node: Node) -> Iterator[Operation]:
    """Make what drops all that comes from the other one of the sending and the receiving node."""
    for far in (*sender(cluster), *receiver(cluster)):
        if far is not node:
            yield wall(node, far)


def _encrypted(mode: Properties) -> bool:
    return mode.encrypted


WALLS = together(at(sender, add(_wall)), at(receiver, add(_wall)))
"""A firewall drops all between the sending and the receiving node."""
RELAYED = together(WALLS, remade(cut=between))
"""The same after the mesh has noticed: routes lead by other peers."""

FAULTS = (
    Fault(
        "udp-6784-blocked",
        "UDP 6784 is blocked",
        "A firewall on the receiving node drops the fast datapath's port. Its heartbeats get no answer, so "
        "the connection carries on over sleeve: each packet goes up to user space.",
        TO_ANOTHER_NODE,
        (*_receivers("connections"), FIREWALL),
        together(remade(slow=receivers), _blocked(f"-p udp -m udp --dport {mesh.VXLAN_PORT}")),
        lambda mode: wrapped_in("fastdp", port=mesh.VXLAN_PORT)(mode) and not mode.encrypted,
    ),
    Fault(
        "esp-blocked",
        "IP protocol 50 (ESP) is blocked",
        "A firewall on the receiving node, or a cloud without a rule for ESP, drops the encrypted fast "
        "datapath. The connection carries on over encrypted sleeve, never in clear.",
        TO_ANOTHER_NODE,
        (*_receivers(*AGREED), FIREWALL),
        together(remade(slow=receivers), _blocked("-p esp")),
        lambda mode: mode.tunnel == "fastdp" and mode.encrypted,
    ),
    Fault(
        "udp-6783-blocked",
        "UDP 6783 is blocked",
        "A firewall on the receiving node drops sleeve's port. Without a working overlay the peers drop "
        "their TCP connection too: the node is no part of the mesh.",
        TO_ANOTHER_NODE,
        (*_receivers("connections", "unicast"), BROADCAST, FIREWALL),
        together(remade(cut=receivers), _blocked(f"-p udp -m udp --dport {mesh.PORT}")),
        wrapped_in("sleeve"),
        {"cold": True},
    ),
    Fault(
        "mtu-too-big",
        "WEAVE_MTU is 1500 on an underlay of 1500",
        "The fast datapath's heartbeats are as long as the longest frame and have DF set: they do not "
        "get through, so every packet goes by sleeve, which carries less than the pods were promised.",
        ("cross-node", "node-to-pod"),
        (Touch(("link", *AGREED)),),
        together(alter(entries(LinkEntry, mtu=1376), mtu=1500), remade(mtu=1500)),
        wrapped_in("fastdp"),
        {"size": 1472, "df": True},
    ),
    Fault(
        "underlay-mtu-1400",
        "The underlay carries only 1400",
        "Full packets of the fast datapath and its heartbeats are longer than that: where it was in use, "
        "sleeve takes over. Sleeve tests the path itself and knows that less fits: it answers for what has "
        "DF and is too long.",
        ("cross-node", "node-to-pod"),
        (Touch(("link", *AGREED)),),
        together(alter(entries(LinkEntry, kind="eth"), mtu=1400), remade(underlay=1400)),
        packet={"size": 1348, "df": True},
    ),
    Fault(
        "link-cut",
        "All is blocked between two nodes, and nobody has noticed yet",
        "For half a minute to a minute the peers keep a dead connection, until TCP has been silent for 60 "
        "seconds (31, 44 and 53 s after the cut, recorded) or six heartbeats are missing: packets are lost "
        "although a third node could pass them on, and soon the pods' own ARP goes unanswered. The scenario "
        "relay shows what follows.",
        TO_ANOTHER_NODE,
        (Touch(("iptables",), sender), FIREWALL),
        WALLS,
        packet={"cold": True},
        later=RELAYED,
    ),
    Fault(
        "wrong-password",
        "The receiving node has another password",
        "Session keys come from the password: the peers cannot read each other's first message and refuse "
        "the connection. The node is alone.",
        TO_ANOTHER_NODE,
        (*_receivers("unicast", *AGREED), BROADCAST),
        remade(cut=receivers),
        _encrypted,
        {"cold": True},
    ),
    Fault(
        "npc-deny",
        "A NetworkPolicy allows nothing in",
        "A policy selects the namespace's pods and has no rule: weave-npc takes their addresses out of the set "
        "that WEAVE-NPC-DEFAULT asks for, and what no rule accepts is dropped, on the receiver's node.",
        TO_ANOTHER_NODE,
        (Touch(("ipset",)),),
        npc.DENYING,
    ),
    Fault(
        "segment-mtu-1400",
        "A switch between the nodes carries only 1400",
        "The nodes' cards have an MTU of 1500, a switch between them takes 1400 and tells nobody. The mesh finds out: "
        "heartbeats as long as the longest frame are lost, sleeve takes over from the fast datapath, tries shorter "
        "ones, and answers for what has DF and is too long.",
        ("cross-node", "node-to-pod"),
        (Touch(("link", *AGREED)),),
        together(alter(entries(LinkEntry, kind="eth"), carries=1400), remade(underlay=1400)),
        packet={"size": 1348, "df": True},
    ),
    NO_DEFAULT_ROUTE,
    HAIRPIN,
    *EVERYWHERE,
)
