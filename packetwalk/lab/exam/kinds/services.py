"""What an exam breaks of Services: rules of kube-proxy, in both of their forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from packetwalk.lab.exam.kinds import Kind
from packetwalk.lab.exam.spots import Spot, nodes, services, serving
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, at
from packetwalk.plan.operation import Operation
from packetwalk.tables import IptablesRule, NftRule

FLANNEL, FLANNEL_NFT = ("flannel", "vxlan"), ("flannel", "host-gw")


def _is(operation: Operation, netns: str, chain: str, *words: str) -> bool:
    """Say whether an operation makes a rule of a chain, in its namespace, with these words."""
    rule = operation.entry
    if not isinstance(rule, (IptablesRule, NftRule)) or operation.netns != netns:
        return False
    return re.fullmatch(chain, rule.chain) is not None and all(word in rule.spec for word in words)


def _without(chain: str, *words: str) -> Callable[[Spot], Change]:
    """Return what takes a rule away; ``{service}`` stands for the Service's name."""

    def change(spot: Spot) -> Change:
        asked = [word.format(service=spot.service.name) for word in words]

        def dropped(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
            return [each for each in plan if not _is(each, spot.node.name, chain, *asked)]

        return at(spot.here, dropped)

    return change


def _stale(spot: Spot) -> Change:
    """The Service's endpoint has an address at which no pod is any more."""

    def stale(each: Operation) -> Operation:
        if not _is(each, spot.node.name, "KUBE-SEP-.*", f"default/{spot.service.name}:http", "-j DNAT"):
            return each
        rule: Any = each.entry
        return each._replace(entry=rule._replace(spec=re.sub(r"\d+:(\d+)$", r"200:\1", rule.spec)))

    def moved(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        return [*map(stale, plan)]

    return at(spot.here, moved)


def _node_port_closed(spot: Spot) -> Change:
    """Somebody's rule refuses the NodePort before kube-proxy sees it."""

    def closed(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        spec = f"-p tcp -m tcp --dport {spot.service.node_port} -j DROP"
        return [*plan, Operation(node.name, IptablesRule("raw", "PREROUTING", spec), "somebody")]

    return at(spot.here, closed)


KINDS = (
    Kind(
        "portal-gone",
        *FLANNEL,
        "PREROUTING of {node} does not lead to KUBE-SERVICES.",
        nodes,
        _without("PREROUTING", "-j KUBE-SERVICES"),
    ),
    Kind(
        "stale-endpoint",
        *FLANNEL,
        "{node} translates {service} to an address that no pod has.",
        services,
        _stale,
    ),
    Kind(
        "endpoint-gone",
        *FLANNEL,
        "The chain of {service} on {node} leads to no endpoint.",
        services,
        _without("KUBE-SVC-.*", "default/{service}:http ->", "-j KUBE-SEP"),
    ),
    Kind(
        "node-ports-gone",
        *FLANNEL,
        "KUBE-SERVICES of {node} does not lead to KUBE-NODEPORTS.",
        nodes,
        _without("KUBE-SERVICES", "-j KUBE-NODEPORTS"),
    ),
    Kind(
        "node-port-closed",
        *FLANNEL,
        "A rule of {node} drops what is for the NodePort.",
        nodes,
        _node_port_closed,
    ),
    Kind(
        "portal-gone-nft",
        *FLANNEL_NFT,
        "nat-prerouting of {node} does not lead to services.",
        nodes,
        _without("nat-prerouting", "jump services"),
        "nftables",
    ),
    Kind(
        "hairpin-nft",
        *FLANNEL_NFT,
        "nat-postrouting of {node} does not lead to masquerading.",
        serving,
        _without("nat-postrouting", "jump masquerading"),
        "nftables",
    ),
    Kind(
        "node-ports-gone-nft",
        *FLANNEL_NFT,
        "The chain services of {node} does not look for NodePorts.",
        nodes,
        _without("services", "vmap @service-nodeports"),
        "nftables",
    ),
)
