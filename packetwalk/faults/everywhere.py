"""Faults of machines and of the network between them, which can befall every plugin.

A plugin takes those that fit one of its modes at least beside its own; each asks for properties of a mode.
"""

from __future__ import annotations

from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, add, alter, at, drop, entries, on_node, receiver, sender
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import wrapped_in
from packetwalk.tables import (
    IptablesRule,
    LinkEntry,
    NftChain,
    NftRule,
    NftSet,
    NftTable,
    RouteEntry,
    UserChain,
)

RULES = entries(IptablesRule, UserChain, NftTable, NftSet, NftChain, NftRule)


def _flushed(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan without any rule of its own; those of its pods stay."""
    rule = RULES(cluster)
    return [operation for operation in plan if operation.netns != node.name or not rule(operation)]


def _first(table: str, chain: str, spec: str, by: str) -> Change:
    """Return the edit: a rule that stands before all others of its chain."""
    return add(on_node(IptablesRule(table, chain, spec, inserted=True), by))


def _foreign(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan where the network brings it nothing that is for an address of a pod."""
    rule = f"-d {cluster.pod_network} -i eth0 -j DROP"
    return _first("raw", "PREROUTING", rule, "a filter in the network")(cluster, node, plan)


def _of_the_sender(cluster: Cluster, _: LinkEntry) -> str:
    """Return the MAC of the sending node's card."""
    (node,) = sender(cluster)
    return node.mac


NARROW_SEGMENT = Fault(
    "segment-mtu-1400",
    "A switch between the nodes carries only 1400",
    "The nodes' cards have an MTU of 1500, a switch between them takes 1400 and has no IP layer that could tell "
    "anybody: what is longer is lost without a word, whatever its DF says. Pings and handshakes pass, a "
    "connection hangs with its first full segment.",
    ("cross-node", "node-to-pod"),
    (Touch(("link",)),),
    alter(entries(LinkEntry, kind="eth"), "somebody", carries=1400),
    packet={"size": 1380, "df": True},
)
"""A fault of the network between the nodes: it can befall every plugin that does not test the path itself."""
NARROW_UNDERLAY = Fault(
    "underlay-mtu-1400",
    "The underlay carries only 1400",
    "The nodes' cards have an MTU of 1400, but the tunnel was made for 1500. What comes out of it is longer "
    "than the card takes: it is cut on the way, or refused with an answer to the sender, as the tunnel's DF "
    "says. Mend the network's MTU, or tell the plugin, and make the pods anew.",
    ("cross-node",),
    (Touch(("link",)),),
    alter(entries(LinkEntry, kind="eth"), mtu=1400),
    wrapped_in("vxlan", "ipip", "wireguard", "tun"),
    {"size": 1372},
)
FLUSHED = Fault(
    "rules-flushed",
    "All rules of the node are gone",
    "A firewall was reloaded, or somebody flushed the tables: no Service's address is translated any more, and "
    "nothing is masqueraded. Pods still reach pods by their own addresses. kube-proxy and most plugins look "
    "after their rules and write them again; flanneld does so in iptables mode only, else restart it.",
    ("service", "internet"),
    (Touch(nodes=sender),),
    at(sender, _flushed),
)
REJECTING = Fault(
    "receiver-rejects",
    "The receiving node's firewall refuses what it should forward",
    "A REJECT stands first in FORWARD, as in rules of a server that was never meant to forward. The sender is "
    "told at once, by ICMP 'host administratively prohibited': no time-out, and the error names the node that "
    "refuses. Accept the pod network before that rule.",
    TO_ANOTHER_NODE,
    (Touch(("iptables",), receiver),),
    at(receiver, _first("filter", "FORWARD", "-j REJECT --reject-with icmp-host-prohibited", "host firewall")),
)
OWN_NODE = Fault(
    "own-node-blocked",
    "The node's firewall lets pods in no longer",
    "New connections are taken by eth0 alone. Pods reach each other and the outside, for that is forwarded; "
    "what runs on the node itself, a DNS cache or an agent, is out of reach for the node's own pods. Let it take what comes from the pod network.",
    ("own-node",),
    (Touch(("iptables",), sender),),
    at(sender, _first("filter", "INPUT", "! -i eth0 -m conntrack --ctstate NEW -j DROP", "host firewall")),
)
POD_ADDRESSES = Fault(
    "pod-addresses-dropped",
    "The network drops what is for pods' addresses",
    "Nothing is wrapped, and a cloud's network brings a machine only what is for its own address (the check "
    "of source and destination), unless it is told of the pods'. Routes and sessions look well. Switch the check off, "
    "or choose a mode with a tunnel. Here a rule at the end of the wire stands for the network.",
    TO_ANOTHER_NODE,
    (Touch(("iptables",), receiver),),
    at(receiver, _foreign),
    lambda mode: not mode.tunnel,
)
CLONED_CARDS = Fault(
    "cloned-cards",
    "Two nodes' cards have one MAC",
    "Virtual machines were copied with their card's MAC. A switch sends what is for a MAC to the port where it spoke "
    "last: of the two nodes neither ever gets the other's answer to ARP, and everybody else reaches now the one, now the "
    "other. Pods of one node reach each other. Give each card a MAC of its own; it is not the plugin's to mend.",
    (*TO_ANOTHER_NODE, "other-node"),
    (Touch(("link",), receiver),),
    at(receiver, alter(entries(LinkEntry, kind="eth"), "whoever copied the machine", address=_of_the_sender)),
    lambda mode: not mode.bgp and not mode.mesh,
    {"cold": True},
    cards=receiver,
)
HAIRPIN = Fault(
    "hairpin-off",
    "The ports of the bridge are no hairpins",
    "The bridge sends no frame out of the port by which it came (hairpinMode is false): a pod that reaches "
    "itself through its Service waits in vain, while all others reach it. Set hairpinMode, and make the pod anew.",
    ("hairpin",),
    (Touch(("link",), sender),),
    at(sender, alter(entries(LinkEntry, kind="veth", hairpin=True), hairpin=False)),
    lambda mode: mode.hairpin,
)
NO_DEFAULT_ROUTE = Fault(
    "no-default-route",
    "The node has no default route",
    "Pods reach pods and Services still, but nothing outside; and what runs on the node itself reaches no Service, "
    "for a program's packet needs a route before the rules translate its destination. Any default route will do.",
    ("internet", "node-to-service"),
    (Touch(("route",), sender),),
    at(sender, drop(entries(RouteEntry, by={"node set-up"}, dst="default"))),
)
"""Where no default route takes more away than this, a plugin has a fault of its own."""
EVERYWHERE = (FLUSHED, REJECTING, OWN_NODE)
"""Those that need nothing of a mode."""
