"""What goes wrong with Calico: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.cni import NARROW_SEGMENT, TO_ANOTHER_NODE, Fault, Touch
from packetwalk.cni.calico import blocks, felix
from packetwalk.cni.calico.plan import (
    BIRD,
    FELIX_RULES,
    FELIX_SETS,
    VXLAN_PORT,
    WG_PORT,
    interface,
    tunnel_addresses,
)
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, add, alter, at, drop, entries, on_node, receiver, sender, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import wrapped_in
from packetwalk.tables import IpSet, IptablesRule, LinkEntry, RouteEntry, WireguardPeer

ABROAD_OR_ROUTED = (*TO_ANOTHER_NODE, "cross-subnet")
FROM_A = ("same-node", "cross-node", "service", "service-local", "internet")
DENY, ALLOW = felix.Policy("deny-all"), felix.Policy("allow-a", (felix.selector_set("pod == 'a'"),))


def _blocked(match: str) -> Change:
    """Return a change: something in front of the receiving node drops what ``match`` says.

    It is a rule of the raw table here, the first place where a packet can be dropped; Felix's own rule in
    INPUT, which would let it in, comes later.
    """
    rule = IptablesRule("raw", "PREROUTING", f"{match} -j DROP")
    return at(receiver, add(on_node(rule, "a filter in the network")))


def _policy(policy: felix.Policy) -> Change:
    """Return a change: a NetworkPolicy for ingress of pod b."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        target, taken = cluster.pod(node, 0), len(tunnel_addresses(plan))
        chain = f"cali-tw-{interface(target)}"

        def anew(*_) -> Iterator[Operation]:
            for name in policy.sets:
                yield Operation(
                    node.name,
                    IpSet(
                        name,
                        (blocks.address(cluster, cluster.nodes[1], taken, taken),),
                        options=felix.MAXELEM,
                    ),
                    *FELIX_SETS,
                )
            for rule in felix.endpoint(interface(target), target.namespace, (policy,)):
                if rule.chain == chain:
                    yield Operation(node.name, rule, *FELIX_RULES, target.name)
            for rule in felix.policy(policy):
                yield Operation(node.name, rule, *FELIX_RULES)

        return together(drop(entries(IptablesRule, chain=chain)), add(anew))(cluster, node, plan)

    return at(receiver, change)


def _forged(cluster: Cluster, node: Node) -> Iterator[Operation]:
    """Pod a changes the source of all it sends to another address of its node's block."""
    other = blocks.address(cluster, node, blocks.SIZE - 1, 0)
    rule = IptablesRule("nat", "POSTROUTING", f"-o eth0 -j SNAT --to-source {other}")
    yield Operation(cluster.pod(node, 0).name, rule, "a program in the pod")


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
        _policy(DENY),
    ),
    Fault(
        "policy-allow",
        "A NetworkPolicy allows a to reach b, and nobody else",
        "Packets of a are now let through by the policy, because a's address is in its set, and no longer by "
        "the namespace's profile. What anybody else but b's own node sends to b is dropped.",
        TO_ANOTHER_NODE,
        (Touch(("iptables", "ipset"), receiver),),
        _policy(ALLOW),
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
    NARROW_SEGMENT,
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
)
