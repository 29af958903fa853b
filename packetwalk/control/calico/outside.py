"""Service addresses told to a router outside: the whole range by every node, one address by the nodes of its endpoints.

Computed, for no recording has a peer outside: confd's bird_aggr.cfg.template (static routes), bird_ipam.cfg.template
(exported, rejected by the kernel filter) and confd/pkg/backends/calico/routes.go (``advertiseThisService``: a Service
with externalTrafficPolicy Local, on a node that one of its endpoints is on, ready or not).
"""

from __future__ import annotations

from packetwalk.control.bgp.session import BgpPeer
from packetwalk.control.bgp.speaker import Speaker, SpeakerNode
from packetwalk.control.calico.programs import CalicoControl
from packetwalk.control.deeds import Verbs
from packetwalk.control.endpoints import ServiceEndpoints, ready
from packetwalk.control.timeline import Lane
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import ROUTER, Service
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network, PluggableCluster

PEERS = "router-peers"
SHOP = Service("shop", "10.96.0.82", 80, 8080, ("b",), node_port=30082, external_local=True)
"""The Service that is there where the router is told of addresses."""


def outside() -> PluggableCluster:
    """Return the canonical cluster with one Service more, whose externalTrafficPolicy is Local."""
    return PluggableCluster(extra=(SHOP,))


class RouterSpeaker(Speaker):
    """BGP on the router: it tells nobody anything, and writes one best path, the one of the lowest identifier.

    RFC 4271, 9.1.2.2 f; its timers are taken to be those of the nodes, graceful restart among them.
    """

    recorded = False

    def _route(self, prefix: str) -> RouteEntry | None:
        path = self._best(prefix)
        return None if path is None else RouteEntry(prefix, "eth0", path.next_hop, protocol="bird")


class OutsideControl(CalicoControl):
    """All programs of a cluster, and a router that a BGPPeer makes a peer of every node."""

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """The router peers with nobody yet; ``network`` is a cluster of ``outside``."""
        self._peered = False
        self._known = tuple(ready(each) for each in network.cluster.services)
        super().__init__(world, network, pending, ended)
        world.tables[ROUTER] = {}
        world.watchers.append(self._hear_endpoints)
        address = network.nodes[0].gateway
        self.birds[ROUTER] = RouterSpeaker(world, SpeakerNode(ROUTER, address, (), {}), self.birds)

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        return {**super().verbs(), PEERS: (self.router_peers, ())}

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, the router first."""
        return self.birds[ROUTER].lane, Lane(ROUTER, "kernel"), *super().lanes()

    def router_peers(self) -> None:
        """Make a BGPPeer of all nodes with the router, and let the router wait for them."""
        router = self.birds[ROUTER]
        if self._peered:
            raise BadInput("router to peer with", router.address, ["one that is no peer yet"])
        self._peered = True
        self.world.deed("", f"BGPPeer: all nodes with the router, {router.address}")
        router.start(restarting=False)
        self._configure(ROUTER)
        self._configure_all()

    def _hear_endpoints(self, known: tuple[ServiceEndpoints, ...]) -> None:
        self._known = known
        self._configure_all()

    def _peers(self, name: str) -> dict[str, BgpPeer]:
        if not self._peered:
            return {} if name == ROUTER else super()._peers(name)
        if name == ROUTER:
            return {each.name: BgpPeer(each.name, each.name, passive=True) for each in self.nodes.values()}
        router = BgpPeer(ROUTER, f"Node_{self.birds[ROUTER].address.replace('.', '_')}", passive=False)
        return {**super()._peers(name), ROUTER: router}

    def _services_of(self, name: str) -> tuple[str, ...]:
        """Return the range, and each address that is to be reached by the nodes of its endpoints only."""
        ranges = () if name == ROUTER else super()._services_of(name)
        local = (each for each in self._known if ranges and each.service.external_local)
        return (*ranges, *(each.service.address for each in local if self._is_on(name, each)))

    def _is_on(self, name: str, of: ServiceEndpoints) -> bool:
        pods = (self.network.cluster.find_pod(each) for each, _ in of.endpoints)
        return any(pod is not None and pod.node == name for pod in pods)
