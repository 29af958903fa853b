"""One port of one Service as kube-proxy has it on a node, and which of its endpoints the node may use.

Source: kubernetes v1.36.3, pkg/proxy/serviceport.go, endpoint.go, topology.go (``CategorizeEndpoints``,
``topologyModeFromHints``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Endpoint(NamedTuple):
    """An address and port that a Service leads to; ``local`` says that it is on the node whose rules are asked for.

    ``ready``, ``serving`` and ``terminating`` are the conditions of an EndpointSlice, ``zones`` and ``nodes`` its
    hints: for whom the endpoint is meant, everybody where there are none.
    """

    address: str
    port: int
    local: bool = False
    ready: bool = True
    serving: bool = True
    terminating: bool = False
    zones: frozenset[str] = frozenset()
    nodes: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"

    @property
    def leaving(self) -> bool:
        """It terminates and still serves: taken where nobody is ready."""
        return self.serving and self.terminating and not self.ready


class Portal(NamedTuple):
    """One port of a Service; ``endpoints`` are all that it has.

    ``name`` is the port's, perhaps empty; ``external_ips`` and ``load_balancers`` are addresses, ``sources`` who may
    use the latter (networks, everybody where there are none), ``health_check_port`` a port of every node that says
    whether it has endpoints, ``affinity`` for how many seconds a client keeps its endpoint.
    """

    namespace: str
    service: str
    name: str
    protocol: str
    address: str
    port: int
    endpoints: tuple[Endpoint, ...] = ()
    node_port: int = 0
    external_ips: tuple[str, ...] = ()
    load_balancers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    health_check_port: int = 0
    internal_local: bool = False
    external_local: bool = False
    affinity: int = 0

    @property
    def title(self) -> str:
        """What rules call it: NAMESPACE/SERVICE:PORT, without the colon where the port has no name."""
        return f"{self.namespace}/{self.service}{':' if self.name else ''}{self.name}"

    @property
    def outside(self) -> bool:
        """Whether it is reached otherwise than by its ClusterIP (``ExternallyAccessible``)."""
        return bool(self.node_port or self.load_balancers or self.external_ips)

    @property
    def by_cluster(self) -> bool:
        """Whether endpoints of all nodes may be used, from outside by the short cut at least (``UsesClusterEndpoints``)."""
        return not self.internal_local or self.outside

    @property
    def by_node(self) -> bool:
        """Whether only this node's endpoints may be used for something (``UsesLocalEndpoints``)."""
        return self.internal_local or (self.external_local and self.outside)


class Usable(NamedTuple):
    """What a node may use of a port's endpoints, in kube-proxy's order.

    ``everywhere`` is for the traffic policy Cluster, ``here`` for Local, ``reached`` both together; ``exists`` says
    that somewhere in the cluster there is one that could be used.
    """

    everywhere: tuple[Endpoint, ...] = ()
    here: tuple[Endpoint, ...] = ()
    reached: tuple[Endpoint, ...] = ()
    exists: bool = False


def usable(portal: Portal, node: str = "", zone: str = "") -> Usable:
    """Return which endpoints the node ``node`` in ``zone`` may use (``CategorizeEndpoints``).

    Ready ones; where there is none, those that terminate and serve, for each of the policies by itself.
    """
    every = sorted(portal.endpoints, key=str)
    everywhere: tuple[Endpoint, ...] = ()
    here: tuple[Endpoint, ...] = ()
    if portal.by_cluster:
        meant = _meant(every, node, zone)
        everywhere = tuple(each for each in every if each.ready and meant(each)) or _leaving(every)
    if portal.by_node:
        local = [each for each in every if each.local]
        here = tuple(each for each in local if each.ready) or _leaving(local)
    exists = bool(everywhere) or (portal.by_node and any(each.ready or each.leaving for each in every))
    reached = tuple(sorted({*everywhere, *here}, key=str))
    return Usable(everywhere, here, reached, exists)


def _leaving(endpoints: Iterable[Endpoint]) -> tuple[Endpoint, ...]:
    return tuple(each for each in endpoints if each.serving and each.terminating)


def _meant(endpoints: Iterable[Endpoint], node: str, zone: str) -> Callable[[Endpoint], bool]:
    """Return who is meant for this node: hints count only where every ready endpoint has one (``topologyModeFromHints``)."""
    ready = [each for each in endpoints if each.ready]
    if all(each.nodes for each in ready) and any(node in each.nodes for each in ready):
        return lambda each: node in each.nodes
    if all(each.zones for each in ready) and any(zone in each.zones for each in ready):
        return lambda each: zone in each.zones
    return lambda each: True
