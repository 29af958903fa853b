"""What an exam breaks of Flannel: entries for a peer, its devices, its rules."""

from __future__ import annotations

from packetwalk.cni.flannel.plan import vtep
from packetwalk.lab.exam.kinds import Kind
from packetwalk.lab.exam.spots import MACHINES, Spot, named, nodes, pairs, receiving, serving
from packetwalk.plan.cluster import made_mac
from packetwalk.plan.edit import Change, add, alter, at, drop, entries, on_node
from packetwalk.tables import FdbEntry, IpRule, IptablesRule, LinkEntry, NeighEntry, RouteEntry

VXLAN, HOST_GW, TUNNEL = ("flannel", "vxlan"), ("flannel", "host-gw"), "flannel.1"


def _third(spot: Spot) -> str:
    """Return the address of the node that is neither."""
    return next(each.address for each in MACHINES.nodes if each not in (spot.node, spot.peer))


def _wrong_hop(spot: Spot) -> Change:
    route = entries(RouteEntry, about=spot.there)
    return at(spot.here, alter(route, "somebody", gateway=_third(spot)))


def _other_remote(spot: Spot) -> Change:
    return at(spot.here, alter(entries(FdbEntry, about=spot.there), "somebody", dst=_third(spot)))


def _half_range(spot: Spot) -> Change:
    """A blackhole for the first half of the peer's range, where its pods are."""
    half = str(next(MACHINES.pod_cidr(spot.peer).subnets()))
    return at(spot.here, add(on_node(RouteEntry(half, "", type="blackhole"), "somebody")))


def _rule(spot: Spot) -> Change:
    """Packets from the node's pods look into a table that knows no way out."""
    rule = IpRule(100, "", src=str(MACHINES.pod_cidr(spot.node)), action="unreachable")
    return at(spot.here, add(on_node(rule, "somebody")))


def _false_neighbour(spot: Spot) -> Change:
    line = NeighEntry(spot.peer.address, "eth0", made_mac("nobody's card"), "PERMANENT")
    return at(spot.here, add(on_node(line, "somebody")))


def _pods_too_small(spot: Spot) -> Change:
    return at(spot.here, alter(entries(LinkEntry, kind={"bridge", "veth"}), mtu=1280))


def _no_masquerade(spot: Spot) -> Change:
    spec = (
        '-s 10.244.0.0/16 ! -d 224.0.0.0/4 -m comment --comment "flanneld masq" -j MASQUERADE --random-fully'
    )
    return at(spot.here, drop(entries(IptablesRule, spec=spec)))


def _neighbours_again(spot: Spot) -> tuple[tuple[str, str], ...]:
    """The kernel forgets a device's neighbours when its MAC changes, also those that were written to stay."""
    known = [(peer, *vtep(MACHINES, peer)) for peer in MACHINES.nodes if peer is not spot.node]
    line = "ip neigh replace {} lladdr {} dev flannel.1 nud permanent"
    return tuple((spot.node.name, line.format(address, mac)) for _, address, mac in known)


KINDS = (
    Kind("fdb-gone", *VXLAN, "{node} has no FDB entry for {peer}.", pairs, named("flannel", "missing-fdb")),
    Kind("fdb-elsewhere", *VXLAN, "{node} sends what is for {peer} to another node.", pairs, _other_remote),
    Kind(
        "neighbour-gone",
        *VXLAN,
        "{node} has no neighbour entry for {peer}.",
        pairs,
        named("flannel", "missing-neighbour"),
    ),
    Kind(
        "route-gone",
        *VXLAN,
        "{node} has no route to the pods of {peer}.",
        pairs,
        named("flannel", "missing-route"),
    ),
    Kind(
        "tunnel-anew",
        *VXLAN,
        "flannel.1 of {node} was made anew, without its entries.",
        nodes,
        named("flannel", "tunnel-made-anew"),
    ),
    Kind(
        "tunnel-mac",
        *VXLAN,
        "flannel.1 of {node} has another MAC than it published.",
        nodes,
        receiving("flannel", "vtep-mac-mismatch"),
        also=_neighbours_again,
    ),
    Kind(
        "tunnel-port",
        *VXLAN,
        "The firewall of {node} drops UDP 8472.",
        nodes,
        receiving("flannel", "udp-8472-blocked"),
    ),
    Kind("pods-mtu", *VXLAN, "The pods of {node} have an MTU of 1280.", nodes, _pods_too_small),
    Kind(
        "hairpin",
        *VXLAN,
        "The bridge's ports on {node} are no hairpins.",
        serving,
        named("flannel", "hairpin-off"),
    ),
    Kind(
        "forward-first",
        *VXLAN,
        "A DROP stands first in FORWARD of {node}.",
        nodes,
        named("flannel", "forward-drop"),
    ),
    Kind("masquerade", *VXLAN, "Flannel's rule that masquerades is gone from {node}.", nodes, _no_masquerade),
    Kind(
        "wrong-hop", *HOST_GW, "{node} sends what is for pods of {peer} to another node.", pairs, _wrong_hop
    ),
    Kind(
        "half-range",
        *HOST_GW,
        "{node} has a blackhole for the first half of the range of {peer}.",
        pairs,
        _half_range,
    ),
    Kind(
        "false-neighbour", *HOST_GW, "{node} has a wrong permanent MAC for {peer}.", pairs, _false_neighbour
    ),
    Kind(
        "policy-rule",
        *HOST_GW,
        "A rule of {node} makes all that its pods send unreachable.",
        nodes,
        _rule,
        "nftables",
    ),
    Kind(
        "forwarding-off",
        *HOST_GW,
        "{node} does not forward.",
        nodes,
        named("flannel", "ip-forward-off"),
        "nftables",
    ),
    Kind(
        "network-filter",
        *HOST_GW,
        "A rule of {node} drops what comes in for pods.",
        nodes,
        receiving("flannel", "pod-addresses-dropped"),
    ),
)
