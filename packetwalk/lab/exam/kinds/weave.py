"""What an exam breaks of Weave Net: the bridge and its ports, rules of weaver and weave-npc."""

from __future__ import annotations

from packetwalk.lab.exam.kinds import Kind
from packetwalk.lab.exam.spots import Spot, named, nodes, pods, receiving, serving
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, alter, at, drop, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule, LinkEntry

SLEEVE = ("weave", "sleeve")


def _loose(spot: Spot) -> Change:
    """The pod's port is no port of the bridge any more."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        def loosened(each: Operation) -> Operation:
            link = each.entry
            if not isinstance(link, LinkEntry) or link.peer != (spot.pod.name, "eth0"):
                return each
            return each._replace(entry=link._replace(master=None, hairpin=False))

        return [loosened(each) for each in plan]

    return at(spot.here, change)


def _no_address(spot: Spot) -> Change:
    return at(spot.here, drop(entries(AddrEntry, dev="weave")))


def _no_masquerade(spot: Spot) -> Change:
    return at(spot.here, drop(entries(IptablesRule, spec="-s 10.32.0.0/12 ! -d 10.32.0.0/12 -j MASQUERADE")))


def _isolated(spot: Spot) -> Change:
    """The rule that lets new connections into pods of the namespace default is gone."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        words = 'DefaultAllow ingress isolation for namespace: default"'
        return [each for each in plan if words not in getattr(each.entry, "spec", "")]

    return at(spot.here, change)


def _way_out(spot: Spot) -> Change:
    """The bridge has lost the port by which frames go to other nodes."""
    return at(spot.here, alter(entries(LinkEntry, ifname="vethwe-bridge"), "somebody", master=None))


KINDS = (
    Kind(
        "port-loose", *SLEEVE, "The port of pod {pod} is no port of the bridge weave on {node}.", pods, _loose
    ),
    Kind("bridge-address-gone", *SLEEVE, "The bridge weave of {node} has no address.", nodes, _no_address),
    Kind(
        "masquerade-weave", *SLEEVE, "The chain WEAVE of {node} does not masquerade.", nodes, _no_masquerade
    ),
    Kind(
        "isolated",
        *SLEEVE,
        "weave-npc's rule for the namespace default is gone from {node}.",
        nodes,
        _isolated,
    ),
    Kind(
        "way-out-loose", *SLEEVE, "vethwe-bridge is no port of the bridge weave on {node}.", nodes, _way_out
    ),
    Kind(
        "hairpin-weave",
        *SLEEVE,
        "The bridge's ports on {node} are no hairpins.",
        serving,
        named("weave", "hairpin-off"),
    ),
    Kind(
        "own-node",
        *SLEEVE,
        "A rule of {node} lets new connections in by eth0 alone.",
        nodes,
        named("weave", "own-node-blocked"),
    ),
    Kind(
        "refused-weave",
        *SLEEVE,
        "A REJECT stands first in FORWARD of {node}.",
        nodes,
        receiving("weave", "receiver-rejects"),
    ),
    Kind(
        "default-route-weave",
        *SLEEVE,
        "{node} has no default route.",
        nodes,
        named("weave", "no-default-route"),
    ),
)
