"""What goes wrong with Calico: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.cni.calico import blocks, felix
from packetwalk.cni.calico.plan import BIRD, V3_32, V3_33, VXLAN_PORT, WG_PORT
from packetwalk.cni.calico.plan import plan as calico_plan
from packetwalk.errors import LabError
from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.faults.everywhere import (
    CLONED_CARDS,
    EVERYWHERE,
    NARROW_SEGMENT,
    NARROW_UNDERLAY,
    POD_ADDRESSES,
)
from packetwalk.faults.second_card import wrong_interface
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, add, alter, at, drop, entries, on_node, receiver, sender, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import TUNNELS, Properties, wrapped_in
from packetwalk.tables import AddrEntry, IpSet, IptablesRule, LinkEntry, RouteEntry, WireguardPeer

ABROAD_OR_ROUTED = (*TO_ANOTHER_NODE, "cross-subnet")
TO_HOST = f"{felix.note('Configured DefaultEndpointToHostAction')} -j ACCEPT"
FROM_A = ("same-node", "cross-node", "service", "service-local", "internet")


def _blocked(match: str) -> Change:
    """Return a change: something in front of the receiving node drops what ``match`` says.

    It is a rule of the raw table here, the first place where a packet can be dropped; Felix's own rule in
    INPUT, which would let it in, comes later.
    """
    rule = IptablesRule("raw", "PREROUTING", f"{match} -j DROP")
    return at(receiver, add(on_node(rule, "a filter in the network")))


def _policy(allows: bool) -> Change:
    """Return a change: a NetworkPolicy for ingress of pod b, which allows pod a, or nobody."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        try:
            from packetwalk.cni.calico.policies.sample import guarded
        except ModuleNotFoundError:
            raise LabError("missing: packetwalk.policy, which comes with the book's repository") from None
        return guarded(cluster, node, allows)(cluster, node, plan)

    return at(receiver, change)


def _forged(cluster: Cluster, node: Node) -> Iterator[Operation]:
    """Pod a changes the source of all it sends to another address of its node's block."""
    other = blocks.address(cluster, node, blocks.SIZE - 1, 0)
    rule = IptablesRule("nat", "POSTROUTING", f"-o eth0 -j SNAT --to-source {other}")
    yield Operation(cluster.pod(node, 0).name, rule, "a program in the pod")


def _elsewhere(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan without routes over tunl0 to nodes of other subnets, whose addresses eth0 does not reach."""
    far = {peer.name for peer in cluster.nodes if peer.segment != node.segment}
    gone = entries(RouteEntry, dev="tunl0")(cluster)
    return [operation for operation in plan if operation.peer not in far or not gone(operation)]


def _between_subnets(mode: Properties) -> bool:
    """Say whether a mode has a tunnel that neighbours do without."""
    return not mode.tunnel and any(kind in TUNNELS for kind in mode.devices.values())


def _alone(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan where each node's address is a /32 to Calico: no two are in one subnet."""
    devices = [operation.entry for operation in plan if isinstance(operation.entry, LinkEntry)]
    mode = next(each.kind for each in devices if each.kind in TUNNELS)
    by_bird = any(isinstance(each.entry, RouteEntry) and each.entry.protocol == "bird" for each in plan)
    always = calico_plan(cluster, mode, node, V3_32 if by_bird else V3_33)

    wrapped = {
        (each.peer, each.entry.dst): each for each in always if each.peer and isinstance(each.entry, RouteEntry)
    }

    def towards(operation: Operation) -> Operation:
        route = operation.entry
        return wrapped.get((operation.peer, route.dst), operation) if isinstance(route, RouteEntry) else operation

    return [towards(operation) for operation in plan]


def _without_sender(cluster: Cluster, entry: IpSet) -> tuple[str, ...]:
    """Return the members of a set but for the sending node."""
    gone = {node.address for node in sender(cluster)}
    return tuple(each for each in entry.members if each not in gone)


FAULTS = (
    Fault(
        "policy-deny",
        "A NetworkPolicy denies all ingress to b",
        "It selects b and allows nobody: the first policy that selects a pod turns 'everything is "
        "allowed' into 'only what is named', for its direction alone.",
        TO_ANOTHER_NODE,
        (Touch(("iptables",), receiver),),
        _policy(allows=False),
        governs=True,
    ),
    Fault(
        "policy-allow",
        "A NetworkPolicy allows a to reach b, and nobody else",
        "Packets of a are now let through by the policy, because a's address is in its set, and no longer by "
        "the namespace's profile. What anybody else but b's own node sends to b is dropped.",
        TO_ANOTHER_NODE,
        (Touch(("iptables", "ipset"), receiver),),
        _policy(allows=True),
        governs=True,
    ),
    Fault(
        "no-default-route",
        "The node has no default route",
        "No route covers 169.254.1.1, so the node does not answer for it by proxy ARP, and the pod finds "
        "no gateway: not even its neighbour is within reach.",
        FROM_A,
        (Touch(("route",), sender),),
        at(sender, drop(entries(RouteEntry, by={"node set-up"}, dst="default"))),
        packet={"cold": True},
    ),
    Fault(
        "wrong-source",
        "Pod a sends with an address that is not its own",
        "The way back to that address does not lead to a's veth pair: Felix's reverse path check drops the "
        "packet before any policy looks at it.",
        FROM_A,
        (Touch(("iptables",), sender),),
        at(sender, add(_forged)),
    ),
    Fault(
        "ipip-blocked",
        "The network drops IP protocol 4",
        "Nodes are ready and BGP is up, for TCP 179 passes, but pods on other nodes are out of reach. "
        "Azure's network is like that. Here a rule at the end of the wire stands for the network.",
        ABROAD_OR_ROUTED,
        (Touch(("iptables",), receiver),),
        _blocked("-p ipencap"),
        wrapped_in("ipip"),
    ),
    Fault(
        "vxlan-blocked",
        "The network drops UDP 4789",
        "A security group or firewall was opened for TCP only: nodes reach each other, but not each other's "
        "pods. Here a rule at the end of the wire stands for the network.",
        ABROAD_OR_ROUTED,
        (Touch(("iptables",), receiver),),
        _blocked(f"-p udp -m udp --dport {VXLAN_PORT}"),
        wrapped_in("vxlan", port=VXLAN_PORT),
    ),
    Fault(
        "wireguard-blocked",
        "The network drops UDP 51820",
        "A security group or firewall was not opened for WireGuard: neither its packets nor a handshake get "
        "through. Here a rule at the end of the wire stands for the network.",
        ABROAD_OR_ROUTED,
        (Touch(("iptables",), receiver),),
        _blocked(f"-p udp -m udp --dport {WG_PORT}"),
        wrapped_in("wireguard", port=WG_PORT),
    ),
    Fault(
        "unknown-node",
        "The receiving node does not know the sender as a node",
        "Felix's set of nodes there lacks the sender's address, so Felix's own rule drops the wrapped "
        "packet. Only the counter of that rule tells.",
        ABROAD_OR_ROUTED,
        (Touch(("ipset",), receiver),),
        at(receiver, alter(entries(IpSet), members=_without_sender)),
        wrapped_in("ipip", "vxlan"),
    ),
    Fault(
        "bgp-down",
        "BIRD has no session with its peers",
        "No route to another node's block is left: packets follow the default route to a router that does "
        "not know pods.",
        TO_ANOTHER_NODE,
        (Touch(("route",)),),
        drop(entries(RouteEntry, by={BIRD[0]}, type="unicast")),
        lambda mode: mode.bgp and mode.tunnel != "wireguard",  # whose own table has routes by Felix
    ),
    Fault(
        "mtu-mismatch",
        "Pods with an MTU of 1500 over a tunnel",
        "The pods were made before the tunnel was switched on, and a new MTU is for new pods only. Their "
        "longest packets do not fit into the tunnel.",
        ("cross-node", "cross-subnet"),
        (Touch(("link",)),),
        alter(entries(LinkEntry, kind="veth"), mtu=lambda cluster, _: cluster.mtu),
        lambda mode: bool(mode.tunnel),
        {"size": 1472, "df": True},
    ),
    Fault(
        "stale-allowed-ips",
        "The receiver's AllowedIPs lack the sender's block",
        "The packet is decrypted and thrown away: by AllowedIPs its source does not belong to the peer that "
        "encrypted it.",
        ABROAD_OR_ROUTED,
        (Touch(("wg",), receiver, sender),),
        at(receiver, alter(entries(WireguardPeer, about=sender), allowed_ips=())),
        wrapped_in("wireguard"),
    ),
    Fault(
        "endpoint-to-host-drop",
        "DefaultEndpointToHostAction is Drop",
        "Felix drops what a pod sends to its own node, all of its addresses and ports, after the pod's policies: "
        "other nodes still answer. Drop is what Felix does by itself; Calico's manifests set Accept: set it again.",
        ("own-node",),
        (Touch(("iptables",)),),
        alter(entries(IptablesRule, spec=TO_HOST), spec=TO_HOST.replace("ACCEPT", "DROP")),
    ),
    Fault(
        "tunl0-missing",
        "No node has the device tunl0",
        "The kernel has no module ipip, so Felix makes no tunl0, and writes no route over it: packets for other nodes' "
        "pods follow the default route (recorded, 3.33). Where BIRD writes the routes, up to 3.32, it writes them over "
        "eth0, unwrapped, and says nothing: in one subnet all works, behind a router nothing. Load ipip.",
        ("cross-node", "cross-subnet"),
        (Touch(("link", "addr", "route")),),
        together(
            drop(entries(LinkEntry, ifname="tunl0")),
            drop(entries(AddrEntry, dev="tunl0")),
            drop(entries(RouteEntry, dev="tunl0", protocol="80")),
            _elsewhere,
            alter(entries(RouteEntry, dev="tunl0"), dev="eth0", onlink=False),
        ),
        lambda mode: mode.devices.get("tunl0") == mode.tunnel,
    ),
    NARROW_SEGMENT,
    NARROW_UNDERLAY,
    POD_ADDRESSES,
    CLONED_CARDS,
    Fault(
        "node-address-slash-32",
        "Calico knows the nodes' addresses as /32",
        "A cloud gives a machine its address as a /32, or somebody set one without a length: then no node is in the subnet "
        "of another, and CrossSubnet wraps every packet, also for a neighbour. Nothing is lost but room and time, and the "
        "network must let the tunnel pass. See the length in the node's projectcalico.org/IPv4Address.",
        TO_ANOTHER_NODE,
        (Touch(("route",)),),
        _alone,
        _between_subnets,
    ),
    wrong_interface(
        "calico-node took the first valid address that it found",
        "Set IP_AUTODETECTION_METHOD to kubernetes-internal-ip or interface=NAME.",
        sets=True,
    ),
    *EVERYWHERE,
)
