"""A whole small cluster: what is done in each namespace of it, and what people call each."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.plan import underlay
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.plan.operation import Operation
from packetwalk.walks.network import Network


class Named(NamedTuple):
    """What people call a namespace; the fields are those of ``Place``."""

    node: str
    kind: str
    label: str


def operations(network: Network) -> list[Operation]:
    """Return all operations: on nodes, in pods, on the router, on the host outside."""
    made = [op for node in network.nodes for op in network.plan(node.name)]
    if network.ipv6:
        return [*made, *(op for name in (ROUTER, INTERNET) for op in network.fabric.plan(name).operations)]
    return [*made, *underlay.router_plan(network.cluster), *underlay.internet_plan()]


def named(network: Network) -> dict[str, Named]:
    """Return what people call each namespace, all that there are."""
    names = [*(node.name for node in network.nodes), *(pod.name for pod in network.pods), ROUTER, INTERNET]
    plans = {name: network.fabric.plan(name) for name in names}
    return {name: Named(plan.node, plan.kind, plan.label) for name, plan in plans.items()}
