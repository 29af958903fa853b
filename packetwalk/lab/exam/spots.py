"""Where a fault can be: a machine, perhaps one that it is about, perhaps a pod; and plans seen from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.errors import chosen
from packetwalk.plan.cluster import Cluster, Node, Pod, Service
from packetwalk.plan.edit import Change, Who
from packetwalk.plan.operation import Operation

SHOP = Service("shop", "10.96.0.82", 80, 8080, ("b2",), node_port=30080)
"""The Service that an exam's cluster has beside a lab's: from outside, too."""
MACHINES = Cluster(extra=(SHOP,))
"""The cluster of every task."""


class Spot(NamedTuple):
    """A node, the other node or the pod that a fault is about, and a Service, where it is about one."""

    node: Node
    peer: Node
    pod: Pod
    service: Service

    @property
    def here(self) -> Who:
        """The node, for an edit."""
        return lambda _: (self.node,)

    @property
    def there(self) -> Who:
        """The other node."""
        return lambda _: (self.peer,)


def _spots(**chosen: tuple) -> Iterator[Spot]:
    """Yield spots with each combination of what is chosen; what is not is the first that fits."""
    for node in chosen.get("node", MACHINES.nodes):
        others = [each for each in MACHINES.nodes if each is not node]
        for peer in others if "peer" in chosen else others[:1]:
            pods = MACHINES.pods_of(node)
            for pod in pods if "pod" in chosen else pods[:1]:
                for service in chosen.get("service", (SHOP,)):
                    yield Spot(node, peer, pod, service)


def nodes() -> tuple[Spot, ...]:
    """Return each node."""
    return tuple(_spots())


def pairs() -> tuple[Spot, ...]:
    """Return each node with each other."""
    return tuple(_spots(peer=()))


def pods() -> tuple[Spot, ...]:
    """Return each pod, with its node."""
    return tuple(_spots(pod=()))


def serving() -> tuple[Spot, ...]:
    """Return the nodes that have a pod behind a Service."""
    backends = {name for each in MACHINES.services for name in each.backends}
    return tuple(spot for spot in nodes() if backends & {pod.name for pod in MACHINES.pods_of(spot.node)})


def services() -> tuple[Spot, ...]:
    """Return each node with each Service that has a pod behind it."""
    with_pods = tuple(each for each in MACHINES.services if MACHINES.find_pod(each.backends[0]))
    return tuple(_spots(service=with_pods))


def named(plugin: str, fault: str) -> Callable[[Spot], Change]:
    """Return what puts a plugin's own fault at a spot, whose node is then the sender, and the peer the receiver."""
    broken = chosen(f"fault in {plugin}", fault, find_plugin(plugin).faults).change

    def at(spot: Spot) -> Change:
        def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
            return broken(_turned(cluster, spot), node, plan)

        return change

    return at


def _turned(cluster: Cluster, spot: Spot) -> Cluster:
    """Return a cluster that counts its nodes so that the spot's are where faults look for sender and receiver."""
    other = copy(cluster)
    rest = [each for each in cluster.nodes if each not in (spot.node, spot.peer)]
    other.__dict__["nodes"] = (*rest[:1], spot.node, spot.peer, *rest[1:])
    return other


def receiving(plugin: str, fault: str) -> Callable[[Spot], Change]:
    """Return the same for a fault of the receiver: it is the spot's node."""
    at = named(plugin, fault)
    return lambda spot: at(spot._replace(node=spot.peer, peer=spot.node))
