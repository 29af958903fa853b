"""What an exam breaks of Calico: routes of Felix and BIRD, its pods' devices, filters."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.lab.exam.kinds import Kind
from packetwalk.lab.exam.spots import Spot, named, nodes, pairs, pods, receiving
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, Which, add, alter, at, drop, entries, on_node
from packetwalk.plan.operation import Operation
from packetwalk.tables import IptablesRule, LinkEntry, RouteEntry, SysctlEntry

IPIP, VXLAN, BGP = ("calico", "ipip"), ("calico", "vxlan"), ("calico", "bgp")


def _no_block(spot: Spot) -> Change:
    return at(spot.here, drop(entries(RouteEntry, about=spot.there)))


def _device(plan: list[Operation], spot: Spot) -> str:
    """Return the pod's device on its node."""
    links = (each.entry for each in plan if isinstance(each.entry, LinkEntry))
    return next(each.ifname for each in links if each.peer == (spot.pod.name, "eth0"))


def _on_device(spot: Spot, edit: Callable[[str], Change]) -> Change:
    """Return an edit of the pod's node that is about the pod's device there."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        return edit(_device(plan, spot))(cluster, node, plan)

    return at(spot.here, change)


def _no_pod_route(spot: Spot) -> Change:
    """The node's route to the pod, by the pod's own device."""
    return _on_device(spot, lambda dev: drop(entries(RouteEntry, dev=dev, type="unicast")))


def _in_pod(spot: Spot, which: Which) -> Change:
    """Return the edit that takes lines of the pod's own namespace away."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        gone = which(cluster)
        return [each for each in plan if each.netns != spot.pod.name or not gone(each)]

    return change


def _no_gateway(spot: Spot) -> Change:
    return _in_pod(spot, entries(RouteEntry, dst="default"))


def _setting(name: str) -> Callable[[Spot], Change]:
    """Return what sets a setting of the pod's device on the node to 0."""

    def edit(dev: str) -> Change:
        return alter(entries(SysctlEntry, key=f"net.ipv4.conf.{dev}.{name}"), "somebody", value="0")

    return lambda spot: _on_device(spot, edit)


def _pods_too_small(spot: Spot) -> Change:
    return at(spot.here, alter(entries(LinkEntry, kind="veth"), mtu=1280))


def _strict(spot: Spot) -> Change:
    """Pods' own sources are taken for forged: a DROP for what comes in by the pod's device."""

    def edit(dev: str) -> Change:
        return add(on_node(IptablesRule("raw", "PREROUTING", f"-i {dev} -j DROP", inserted=True), "somebody"))

    return _on_device(spot, edit)


KINDS = (
    Kind("block-gone", *IPIP, "{node} has no route to the block of {peer}.", pairs, _no_block),
    Kind(
        "ipip-filter", *IPIP, "A rule of {node} drops IP-in-IP.", nodes, receiving("calico", "ipip-blocked")
    ),
    Kind(
        "vxlan-filter",
        *VXLAN,
        "A rule of {node} drops UDP 4789.",
        nodes,
        receiving("calico", "vxlan-blocked"),
    ),
    Kind("pod-route-gone", *IPIP, "{node} has no route to its pod {pod}.", pods, _no_pod_route),
    Kind("pod-gateway-gone", *BGP, "Pod {pod} has no default route.", pods, _no_gateway),
    Kind(
        "proxy-arp-off",
        *BGP,
        "{node} does not answer for the gateway of {pod}: proxy_arp is off.",
        pods,
        _setting("proxy_arp"),
    ),
    Kind(
        "device-forwarding-off",
        *VXLAN,
        "{node} does not forward what comes from {pod}.",
        pods,
        _setting("forwarding"),
    ),
    Kind("pod-filter", *BGP, "A rule of {node} drops what comes from {pod}.", pods, _strict),
    Kind("pods-mtu-calico", *IPIP, "The pods of {node} have an MTU of 1280.", nodes, _pods_too_small),
    Kind(
        "to-own-node",
        *BGP,
        "Felix's rule on {node} drops what pods send to their own node.",
        nodes,
        lambda spot: at(spot.here, named("calico", "endpoint-to-host-drop")(spot)),
    ),
    Kind(
        "default-route-gone",
        *IPIP,
        "{node} has no default route.",
        nodes,
        named("calico", "no-default-route"),
    ),
    Kind(
        "receiver-refuses",
        *VXLAN,
        "A REJECT stands first in FORWARD of {node}.",
        nodes,
        receiving("calico", "receiver-rejects"),
    ),
)
