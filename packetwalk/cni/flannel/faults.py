"""What goes wrong with Flannel: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from packetwalk.cni.flannel.plan import CNI, PORT, VNI, WG_PORT, vtep
from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.faults.everywhere import (
    CLONED_CARDS,
    EVERYWHERE,
    HAIRPIN,
    NARROW_SEGMENT,
    NARROW_UNDERLAY,
    NO_DEFAULT_ROUTE,
    POD_ADDRESSES,
)
from packetwalk.faults.reused import address_reused
from packetwalk.faults.second_card import wrong_interface
from packetwalk.plan.cluster import Cluster, Node, made_mac
from packetwalk.plan.edit import (
    Change,
    add,
    alter,
    at,
    drop,
    entries,
    on_node,
    others,
    receiver,
    reworded,
    sender,
    together,
)
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import Properties, wrapped_in
from packetwalk.plan.reference import host_local
from packetwalk.tables import (
    AddrEntry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    ProxyEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
)

TUNNEL = f"flannel.{VNI}"
FROM_A = ("cross-node", "service", "internet")
TUNNEL_PORT = entries(SocketEntry, by={"kernel"})
BRIDGE_CALLS, FORWARDING = "net.bridge.bridge-nf-call-iptables", "net.ipv4.ip_forward"


def _blocked(match: str) -> Change:
    """Return a change: a firewall on the receiving node drops what ``match`` says."""
    rule = IptablesRule("filter", "INPUT", f"{match} -j DROP")
    return at(receiver, add(on_node(rule, "host firewall")))


def _forgotten(kind: type) -> Change:
    """Return a change: the sending node has lost its entries of one kind for the receiving node."""
    return at(sender, drop(entries(kind, about=receiver)))


def _moved(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan after flanneld on the receiving node got the first range that no node has."""
    (peer,) = receiver(cluster)
    old = str(cluster.pod_cidr(peer)).removesuffix(".0/24") + "."
    new = str(cluster.pod_cidr(peer._replace(index=cluster.size))).removesuffix(".0/24") + "."

    def moved(operation: Operation) -> Operation:
        mine = operation.by == "flanneld" and (node is peer or operation.peer == peer.name)
        entry = reworded(operation.entry, lambda text: text.replace(old, new)) if mine else operation.entry
        return operation._replace(entry=entry)

    return list(map(moved, plan))


def _cloned(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan where the receiving node has the MAC of the first on flannel.1."""
    first = cluster.nodes[0]
    mac = vtep(cluster, first)[1]
    own = at(receiver, alter(entries(LinkEntry, kind="vxlan"), "systemd-udevd", address=mac))
    heard = at(others(receiver), alter(entries(NeighEntry, about=receiver), lladdr=mac))
    places = alter(entries(FdbEntry, about=receiver), mac=mac) if node is first else drop(entries(FdbEntry, about=receiver))
    return together(own, heard, at(others(receiver), places))(cluster, node, plan)


def _vxlan_device(mode: Properties) -> bool:
    return "vxlan" in mode.devices.values()


FAULTS = (
    Fault(
        "br-netfilter-off",
        "br_netfilter is off",
        "net.bridge.bridge-nf-call-iptables is 0, so answers that only cross the bridge bypass connection "
        "tracking: a service whose backend is another pod of the caller's own node answers from the wrong "
        "address, and the caller resets the connection.",
        ("service-local",),
        (Touch(("sysctl",)),),
        alter(entries(SysctlEntry, key=BRIDGE_CALLS), "somebody", value="0"),
    ),
    Fault(
        "udp-8472-blocked",
        "UDP 8472 is blocked",
        "A firewall on the receiving node drops UDP port 8472: no wrapped packet gets in. Pods on one node "
        "still reach each other.",
        TO_ANOTHER_NODE,
        (Touch(("iptables",), receiver),),
        _blocked(f"-p udp -m udp --dport {PORT}"),
        wrapped_in("vxlan", port=PORT),
    ),
    Fault(
        "udp-51820-blocked",
        "UDP 51820 is blocked",
        "A firewall on the receiving node drops UDP port 51820, where WireGuard listens. Pods on one node "
        "still reach each other.",
        TO_ANOTHER_NODE,
        (Touch(("iptables",), receiver),),
        _blocked(f"-p udp -m udp --dport {WG_PORT}"),
        wrapped_in("wireguard", port=WG_PORT),
    ),
    Fault(
        "protocol-4-blocked",
        "IP protocol 4 is blocked",
        "A firewall on the receiving node drops IP-in-IP, which has no ports: rules for TCP and UDP "
        "do not open it.",
        TO_ANOTHER_NODE,
        (Touch(("iptables",), receiver),),
        _blocked("-p ipencap"),
        wrapped_in("ipip"),
    ),
    Fault(
        "mtu-mismatch",
        "Pods with an MTU of 1500 over VXLAN",
        "The pods and cni0 were made with an MTU of 1500, the tunnel carries 1450: what is longer and must "
        "not be cut is refused at the tunnel.",
        ("cross-node",),
        (Touch(("link",)),),
        alter(entries(LinkEntry, kind={"bridge", "veth"}), mtu=1500),
        _vxlan_device,
        {"size": 1472, "df": True},
    ),
    Fault(
        "missing-fdb",
        "The FDB entry for the peer is missing",
        "flannel.1 does not know on which node the peer's MAC lives. Nothing puts the entry back before "
        "flanneld restarts.",
        TO_ANOTHER_NODE,
        (Touch(("fdb",), sender, receiver),),
        _forgotten(FdbEntry),
        wrapped_in("vxlan", device=TUNNEL),
    ),
    Fault(
        "missing-neighbour",
        "The neighbour entry for the peer is missing",
        "Nobody answers ARP on flannel.1, so the next hop has no MAC. Nothing puts the entry back before "
        "flanneld restarts.",
        TO_ANOTHER_NODE,
        (Touch(("neigh",), sender, receiver),),
        _forgotten(NeighEntry),
        wrapped_in("vxlan", device=TUNNEL),
        {"cold": True},
    ),
    Fault(
        "missing-route",
        "The route to the peer is missing",
        "The packet follows the default route, unwrapped, to a router that does not know pods.",
        TO_ANOTHER_NODE,
        (Touch(("route",), sender, receiver),),
        _forgotten(RouteEntry),
        lambda mode: mode.peer_routes,
    ),
    Fault(
        "missing-pod-cidr",
        "The peer node has no podCIDR",
        "flanneld exits there with 'pod cidr not assigned': the node gets no subnet.env and no pods, and no "
        "other node learns of it.",
        TO_ANOTHER_NODE,
        (Touch(nodes=receiver), Touch(nodes=others(receiver), about=receiver)),
        together(
            at(receiver, together(drop(entries(by={"flanneld", *CNI})), drop(TUNNEL_PORT))),
            at(others(receiver), drop(entries(by={"flanneld"}, about=receiver))),
        ),
    ),
    Fault(
        "stale-cni0",
        "cni0 has the address of an earlier cluster",
        "The bridge plugin refuses to change the address and leaves a half-built pod, whose gateway does not "
        "exist.",
        FROM_A,
        (Touch(("addr",), sender),),
        at(sender, alter(entries(AddrEntry, dev="cni0"), "an earlier cluster", local="10.244.9.1")),
        packet={"cold": True},
    ),
    Fault(
        "forward-drop",
        "A firewall drops forwarded packets first",
        "flanneld appends its ACCEPT rules to FORWARD, so a DROP that stands before them wins.",
        FROM_A,
        (Touch(("iptables",), sender),),
        at(
            sender,
            add(
                on_node(
                    IptablesRule("filter", "FORWARD", '-i cni0 -m comment --comment "host firewall" -j DROP'),
                    "host firewall",
                ),
                first=True,
            ),
        ),
    ),
    Fault(
        "vtep-mac-mismatch",
        "The peer's flannel.1 has another MAC than it published",
        "The wrapped frame arrives, is unwrapped and thrown away: by its address it is for somebody else.",
        TO_ANOTHER_NODE,
        (Touch(("link",), receiver),),
        at(receiver, alter(entries(LinkEntry, kind="vxlan"), "systemd-udevd", address=made_mac("systemd"))),
        wrapped_in("vxlan", device=TUNNEL),
    ),
    Fault(
        "ip-forward-off",
        "net.ipv4.ip_forward is 0",
        "A tool switched forwarding off on the sending node: what its pods send to other nodes and outside "
        "goes no further.",
        FROM_A,
        (Touch(("sysctl",), sender),),
        at(sender, alter(entries(SysctlEntry, key=FORWARDING), "somebody", value="0")),
    ),
    Fault(
        "tunnel-made-anew",
        "flannel.1 was deleted, and flanneld made it anew",
        "Device, MAC and address are back after 4 seconds (recorded, v0.28.9), but none of the entries for other "
        "nodes: packets for their pods follow the default route, unwrapped. Only a restart of flanneld writes them.",
        TO_ANOTHER_NODE,
        (Touch(("route", "neigh", "fdb"), sender),),
        at(
            sender,
            together(
                drop(entries(RouteEntry, NeighEntry, by={"flanneld"}, dev=TUNNEL)),
                drop(entries(FdbEntry, ifname=TUNNEL)),
            ),
        ),
        wrapped_in("vxlan", device=TUNNEL),
    ),
    Fault(
        "flanneld-dead",
        "flanneld has died",
        "In this mode it is flanneld itself that wraps packets, and its TUN device goes with it: no route to any "
        "other node is left until it runs again. In all other modes the kernel goes on without it.",
        TO_ANOTHER_NODE,
        (Touch(nodes=sender),),
        at(
            sender,
            together(
                drop(entries(LinkEntry, kind="tun")),
                drop(entries(AddrEntry, RouteEntry, ProxyEntry, SocketEntry, by={"flanneld"})),
            ),
        ),
        wrapped_in("tun"),
    ),
    Fault(
        "lease-changed",
        "The peer node has got another podCIDR",
        "Its lease was lost and a new one taken: all nodes send the new range there, and nobody sends the old one, "
        "whose addresses its pods still have. They stay lost until they are made anew.",
        TO_ANOTHER_NODE,
        (Touch(nodes=receiver), Touch(nodes=others(receiver), about=receiver)),
        _moved,
    ),
    Fault(
        "cloned-macs",
        "Two nodes have one MAC on flannel.1",
        "Machines cloned with their machine-id get one and the same MAC from systemd. The FDB holds one place for "
        "a MAC: what is for the peer goes to the other node, which sends it on, and the peer takes it for an echo of "
        "its own and discards it; no counter tells. Give the clone a machine-id of its own, delete flannel.1, restart.",
        TO_ANOTHER_NODE,
        (Touch(("link",), receiver), Touch(("neigh", "fdb"), others(receiver), receiver)),
        _cloned,
        wrapped_in("vxlan", device=TUNNEL),
    ),
    NARROW_SEGMENT,
    NARROW_UNDERLAY,
    NO_DEFAULT_ROUTE,
    POD_ADDRESSES,
    CLONED_CARDS,
    HAIRPIN,
    address_reused(host_local, receiver),
    wrong_interface(
        "flanneld took it, for the default route leads by it", "Start flanneld with --iface or --iface-can-reach."
    ),
    *EVERYWHERE,
)
