"""What goes wrong with Flannel: each fault changes what a node's plan leaves behind."""

from __future__ import annotations

from packetwalk.cni import NARROW_SEGMENT, TO_ANOTHER_NODE, Fault, Touch
from packetwalk.cni.flannel.plan import CNI, PORT, VNI, WG_PORT
from packetwalk.plan.cluster import made_mac
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
    sender,
    together,
)
from packetwalk.plan.properties import Properties, wrapped_in
from packetwalk.tables import (
    AddrEntry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
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
        "underlay-mtu-1400",
        "The underlay carries only 1400",
        "The nodes' cards have an MTU of 1400, but the tunnel was made for 1500: the kernel cuts "
        "the wrapped packets, because their DF is not set.",
        ("cross-node",),
        (Touch(("link",)),),
        alter(entries(LinkEntry, kind="eth"), mtu=1400),
        wrapped_in("vxlan"),
        {"size": 1422},
    ),
    NARROW_SEGMENT,
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
)
