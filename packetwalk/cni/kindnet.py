"""kindnet, the plugin that kind installs unless told otherwise: what kindnetd and ptp make on a node.

There is no bridge and no tunnel: each pod hangs on a cable of its own, the node routes between them, and one
route leads to each other node.  It is pinned by kind v0.31.0 as kindnetd v20251212-v0.29.0-alpha-105-g20ccfc88
(pkg/build/nodeimage/const_cni.go) with the CNI plugins v1.8.0 (images/base/Dockerfile).  Sources are paths
in github.com/kubernetes-sigs/kind, those of ``ptp`` in github.com/containernetworking/plugins.

Left out: the table ``inet kindnet-network-policies`` of nftables, by which kindnetd hands packets of pods
that a NetworkPolicy selects to itself; without a policy its set of pods is empty and it decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.cni import Mode, Plugin, Release
from packetwalk.faults import TO_ANOTHER_NODE, Fault, Touch
from packetwalk.faults.everywhere import (
    CLONED_CARDS,
    EVERYWHERE,
    NARROW_SEGMENT,
    NO_DEFAULT_ROUTE,
    POD_ADDRESSES,
)
from packetwalk.plan.cluster import Cluster, Node, Pod, made_mac
from packetwalk.plan.edit import add, alter, at, drop, entries, on_node, others, receiver, sender, together
from packetwalk.plan.operation import Operation
from packetwalk.plan.reference import HOST_LOCAL, host_local, veth
from packetwalk.tables import AddrEntry, ChainPolicy, IptablesRule, LinkEntry, RouteEntry, SysctlEntry

CHAIN = "KIND-MASQ-AGENT"
KINDNETD, PTP = "kindnetd", ("ptp plugin", "plugins/main/ptp/ptp.go")
ROUTES, MASQ = "images/kindnetd/cmd/kindnetd/routes.go", "images/kindnetd/cmd/kindnetd/masq.go"
SETTINGS = ("kind's node image", "images/base/files/etc/sysctl.d/10-network-magic.conf")
CNI = (PTP[0], HOST_LOCAL[0])
FORWARDING, ARP_IGNORE = "net.ipv4.ip_forward", "net.ipv4.conf.all.arp_ignore"


def plan(cluster: Cluster, mode: str, node: Node) -> list[Operation]:
    """Return what exists on ``node`` and in its pods, in the order in which it is made."""
    out = [Operation(node.name, SysctlEntry(ARP_IGNORE, "0"), *SETTINGS)]
    out += (Operation(node.name, rule, KINDNETD, MASQ) for rule in _masquerade(cluster))
    for peer in cluster.nodes:
        if (
            peer is not node and peer.segment == node.segment
        ):  # else the kernel refuses it: no way to that gateway
            route = RouteEntry(str(cluster.pod_cidr(peer)), "eth0", peer.address)
            out.append(Operation(node.name, route, KINDNETD, ROUTES, peer.name))
    for pod in cluster.pods_of(node):
        out += _attach(cluster, node, pod)
    return out


def _masquerade(cluster: Cluster) -> Iterator[IptablesRule]:
    """Return the rules of SyncRules: what leaves the pod network goes under the node's address."""

    def note(text: str) -> str:
        return f'-m comment --comment "kind-masq-agent: {text}"'

    everything = note(
        f"ensure nat POSTROUTING directs all non-LOCAL destination traffic to our custom {CHAIN} chain"
    )
    local = note("local traffic is not subject to MASQUERADE")
    outbound = note("outbound traffic is subject to MASQUERADE (must be last in chain)")
    yield IptablesRule("nat", CHAIN, f"-d {cluster.pod_network} {local} -j RETURN")
    yield IptablesRule("nat", CHAIN, f"{outbound} -j MASQUERADE")
    yield IptablesRule("nat", "POSTROUTING", f"-m addrtype ! --dst-type LOCAL {everything} -j {CHAIN}")


def _attach(cluster: Cluster, node: Node, pod: Pod) -> Iterator[Operation]:
    """What one CNI ADD makes: a cable whose node end has the gateway's address, and a route at either end.

    The pod's address has the prefix of the node's range, but the kernel's route to it is deleted: the pod asks
    for nobody but its gateway.
    """
    host_end, mtu, address = veth(pod), _mtu(cluster.mtu), host_local(cluster, pod)
    own = cluster.pod_cidr(node)
    gateway = str(own[1])
    cable = LinkEntry(host_end, "veth", mtu, made_mac(f"veth {pod.name}"), peer=(pod.name, "eth0"))
    inside = LinkEntry("eth0", "veth", mtu, pod.mac, peer=(node.name, host_end), creates=False)
    yield Operation(node.name, SysctlEntry(FORWARDING, "1"), *PTP)
    yield Operation(node.name, cable, *PTP, pod.name)
    yield Operation(pod.name, inside, *PTP)
    yield Operation(pod.name, AddrEntry("eth0", address, own.prefixlen, False, brd=True), *HOST_LOCAL)
    yield Operation(pod.name, RouteEntry(gateway, "eth0", scope="link", prefsrc=address), *PTP)
    yield Operation(pod.name, RouteEntry(str(own), "eth0", gateway, prefsrc=address), *PTP)
    yield Operation(pod.name, RouteEntry("default", "eth0", gateway), *PTP)
    yield Operation(node.name, AddrEntry(host_end, gateway, 32), *PTP, pod.name)
    yield Operation(node.name, RouteEntry(address, host_end, scope="host"), *PTP, pod.name)


def _mtu(underlay: int) -> int:
    """Return the pods' MTU: that of the node's ``eth0`` (cmd/kindnetd/cni.go ``computeBridgeMTU``)."""
    return underlay


FROM_A = ("same-node", "cross-node", "service", "service-local", "internet")
FAULTS = (
    Fault(
        "missing-route",
        "The route to the peer is missing",
        "Somebody deleted it: packets follow the default route to a router that does not know pods. kindnetd "
        "looks every ten seconds and puts it back.",
        TO_ANOTHER_NODE,
        (Touch(("route",), sender, receiver),),
        at(sender, drop(entries(RouteEntry, about=receiver))),
        lambda mode: mode.peer_routes,
        later=together(),
    ),
    Fault(
        "missing-pod-cidr",
        "The peer node has no podCIDR",
        "kindnetd on the other nodes passes over a node without one, and on the node itself it writes a "
        "configuration from which no pod can be given an address.",
        TO_ANOTHER_NODE,
        (Touch(nodes=receiver), Touch(("route",), others(receiver), receiver)),
        together(
            at(receiver, drop(entries(by={*CNI}))),
            at(others(receiver), drop(entries(by={KINDNETD}, about=receiver))),
        ),
    ),
    Fault(
        "forward-policy-drop",
        "The node drops what it forwards",
        "The policy of FORWARD is DROP, as Docker sets it on a machine of its own. kindnetd has no rule that "
        "lets pods through, and here even neighbours are forwarded.",
        FROM_A,
        (Touch(("iptables",), sender),),
        at(sender, add(on_node(ChainPolicy("filter", "FORWARD", "DROP"), "somebody"))),
    ),
    Fault(
        "ip-forward-off",
        "net.ipv4.ip_forward is 0",
        "A tool switched forwarding off on the sending node: without a bridge, not even its pods reach each "
        "other.",
        FROM_A,
        (Touch(("sysctl",), sender),),
        at(sender, alter(entries(SysctlEntry, key=FORWARDING), "somebody", value="0")),
    ),
    Fault(
        "arp-ignore",
        "net.ipv4.conf.all.arp_ignore is 2",
        "The node answers ARP only for an address in a subnet that the asker is in too, and the gateway's has "
        "32 bits: the pod asks in vain. kind sets 0 for that reason; some machines are set to 2.",
        FROM_A,
        (Touch(("sysctl",), sender),),
        at(sender, alter(entries(SysctlEntry, key=ARP_IGNORE), "somebody", value="2")),
        packet={"cold": True},
    ),
    Fault(
        "no-masquerade",
        "The chain KIND-MASQ-AGENT is empty",
        "Somebody flushed it: packets leave under the pod's own address, to which nobody outside knows a way "
        "back. kindnetd looks every minute and fills it again.",
        ("internet",),
        (Touch(("iptables",), sender),),
        at(sender, drop(entries(IptablesRule, chain=CHAIN))),
        later=together(),
    ),
    NARROW_SEGMENT,
    NO_DEFAULT_ROUTE,
    POD_ADDRESSES,
    CLONED_CARDS,
    *EVERYWHERE,
)
MODES = (Mode("ptp", "routes between point-to-point cables", "the default of kind", (), _mtu),)
PLUGIN = Plugin(
    "kindnet",
    "kindnet",
    (Release("20251212", "kindnetd v20251212 (kind v0.31.0)", plan),),
    MODES,
    FAULTS,
    lambda cluster, _, pod: host_local(cluster, pod),
    lambda cluster: str(cluster.pod_network),
)
