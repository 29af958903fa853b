"""Calico's control plane where BIRD runs: confd and BIRD beside Felix and the CNI plugin on every node.

In ``bgp`` BIRD writes the routes of blocks, in ``ipip`` and ``wireguard`` Felix does, and BIRD only has its sessions.
Delays are those of the recordings (calico-3.33-bgp-mesh, exp/10 to 63), where no timer says them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from packetwalk.control.bgp.session import BgpPeer
from packetwalk.control.bgp.speaker import METRIC, Speaker, SpeakerNode, is_learnt
from packetwalk.control.bgp.speaker import PROGRAM as BIRD
from packetwalk.control.bgp.timers import LEARNT
from packetwalk.control.calico.attachment import FELIX_NAME, Attachment
from packetwalk.control.calico.bgp import Peering, Routing
from packetwalk.control.calico.felix import BlockLines, FelixControl
from packetwalk.control.deeds import Verbs, switch
from packetwalk.control.timeline import MILLISECOND, Lane
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import SERVICE_CIDR
from packetwalk.tables import Entry, RouteEntry
from packetwalk.walks.network import Network

CONFD = 200 * MILLISECOND  # from a change in the API to BIRD's new configuration: 0.1 to 0.4 s
FELIX_STARTS = 4200 * MILLISECOND  # Felix ends and starts again when its configuration changes
FELIX_APART = 240 * MILLISECOND  # from one Felix that has started again to the next: 0.05 to 0.4 s
APART = 1 * MILLISECOND  # from one node's confd to the next one's
BY_FELIX = "80"  # the protocol of Felix's routes
EVERYBODY = Peering("rr", "all()", "has(route-reflector)")


@dataclass(frozen=True)
class BgpSettings:
    """What the API holds of BGP: the mesh, peerings, reflectors, whether BIRD writes routes, ranges of Services."""

    routing: Routing = field(default_factory=Routing)
    bird_writes: bool = True
    services: tuple[str, ...] = ()


class CalicoControl(FelixControl):
    """All programs of a cluster; deeds change what they are told, or end and start them."""

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """``pending`` are pods that are not there yet, ``ended`` nodes whose BIRD has not been started."""
        super().__init__(world, network, pending)
        ended |= self._joining
        self.settings = BgpSettings(bird_writes=not self._by_default)
        self.birds: dict[str, Speaker] = {}
        for name in self.nodes:
            machine = self._machine(name)
            if self.settings.bird_writes:
                world.governed += [(name, entry) for entry in machine.routes.values()]
            self.birds[name] = Speaker(world, machine, self.birds)
        for name, bird in self.birds.items():
            self._configure(name)
            if name not in ended:
                bird.start()

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        node = ("NODE",)
        return {
            "kill": (self.kill, node),
            "stop": (self.stop, node),
            "start": (self.start, node),
            "start-without-R": (self.start_without_r, node),
            "mesh": (self.mesh, ("on|off",)),
            "reflector": (self.reflector, node),
            "peering": (self.peering, ()),
            "service-range": (self.service_range, ("on|off",)),
            "bird-writes": (self.bird_writes, ("on|off",)),
            "felix-writes": (self.felix_writes, ("[on|off]",)),
            **super().verbs(),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node; the kernel holds the tables."""
        birds = tuple(Lane(name, program) for name in self.nodes for program in (BIRD, "kernel"))
        return (*super().lanes(), *birds) if self._by_default else birds

    # --- deeds ----------------------------------------------------------------------------------

    def join(self, node: str) -> None:
        """Let a node come that was not there; its BIRD starts with -R too."""
        super().join(node)
        self.birds[node].start()

    def kill(self, node: str) -> None:
        """End BIRD at once (kill -9)."""
        self._runs(node)
        self.world.deed(node, f"kill -9 BIRD on {node}")
        self._bird(node).kill()

    def stop(self, node: str) -> None:
        """End BIRD cleanly (SIGTERM)."""
        self._runs(node)
        self.world.deed(node, f"SIGTERM to BIRD on {node}")
        self._bird(node).stop()

    def start(self, node: str) -> None:
        """Start BIRD with -R, as calico/node does."""
        self._ended(node)
        self.world.deed(node, f"BIRD on {node} starts")
        self.birds[node].start()

    def start_without_r(self, node: str) -> None:
        """Start BIRD without -R."""
        self._ended(node)
        self.world.deed(node, f"BIRD on {node} starts, without -R")
        self.birds[node].start(restarting=False)

    def mesh(self, word: str) -> None:
        """Switch the node-to-node mesh on or off."""
        on = switch(word)
        self.world.deed("", f"nodeToNodeMeshEnabled: {str(on).lower()}")
        self._set(replace(self.settings, routing=self.settings.routing._replace(mesh=on)))

    def reflector(self, node: str) -> None:
        """Give a node a cluster ID: it leaves the mesh."""
        self.world.deed(self._node(node), f"routeReflectorClusterID of {node}: 244.0.0.1")
        routing = self.settings.routing
        labels = (*routing.labels, (node, (("route-reflector", "true"),)))
        routing = routing._replace(reflectors=(*routing.reflectors, node), labels=labels)
        self._set(replace(self.settings, routing=routing))

    def peering(self) -> None:
        """Make a BGPPeer of all nodes with the reflectors."""
        self.world.deed("", "BGPPeer: all nodes with the reflectors")
        self._set(replace(self.settings, routing=self.settings.routing._replace(peerings=(EVERYBODY,))))

    def service_range(self, word: str) -> None:
        """Set BGPConfiguration.serviceClusterIPs: every node tells its peers of the whole range."""
        ranges = (SERVICE_CIDR,) if switch(word) else ()
        self.world.deed("", f"BGPConfiguration.serviceClusterIPs: {', '.join(ranges) or 'none'}")
        self._set(replace(self.settings, services=ranges))

    def bird_writes(self, word: str) -> None:
        """Set BGPConfiguration.programClusterRoutes."""
        on = switch(word)
        self.world.deed("", f"BGPConfiguration.programClusterRoutes: {'Enabled' if on else 'Disabled'}")
        self._set(replace(self.settings, bird_writes=on))

    def felix_writes(self, word: str = "on") -> None:
        """Set FelixConfiguration.programClusterRoutes: Felix starts again and writes the routes of all blocks, or takes its own."""
        on = switch(word)
        self.world.deed("", f"FelixConfiguration.programClusterRoutes: {'Enabled' if on else 'Disabled'}")
        self.world.after(FELIX_STARTS, self._felix_routes if on else self._no_felix_routes)

    def _felix_routes(self) -> None:
        """Felix writes the routes of all blocks, where it runs."""
        if not self._by_default and not self._felix_programs:
            self._blocks = {name: self._if_felix_wrote(name) for name in self.nodes}
        self._felix_programs = True
        for number, node in enumerate(self.nodes):
            self.world.after(number * FELIX_APART, partial(self._felix_blocks, node))

    def _no_felix_routes(self) -> None:
        """Felix takes the routes of all blocks out, where it runs."""
        self._felix_programs = False
        for number, node in enumerate(self.nodes):
            if node not in self._felix_down:
                self.world.after(number * FELIX_APART, partial(self._without_felix, node))

    def _without_felix(self, node: str) -> None:
        for entry in self._of_blocks(node):
            self._deleted.get(node, {}).pop(entry, None) if isinstance(entry, RouteEntry) else None
            if isinstance(entry, RouteEntry) and entry in self.world.tables[node]:
                self.world.take(node, FELIX_NAME, entry, "Felix no longer writes the routes of blocks")
                self._after_route(node, entry, there=False)
                self._looked_for(node)

    def _of_blocks(self, node: str) -> list[Entry]:
        """Return what Felix may have written on a node about blocks."""
        return [each for lines in self._blocks[node].values() for each in lines]

    # --- what BIRD makes of what Felix and the CNI plugin do ------------------------------------------

    def _claimed(self, node: str, owner: str, entry: Entry) -> bool:
        return not isinstance(entry, RouteEntry) or entry.dst in self.birds[owner or node].machine.blocks

    def _after_route(self, node: str, entry: Entry, *, there: bool) -> None:
        """BIRD learns Felix's routes from the kernel, for they have no metric."""
        if isinstance(entry, RouteEntry) and is_learnt(entry):
            bird = self.birds[node]
            self.world.after(LEARNT, partial(bird.learn, entry.dst, entry.gateway, there=there))

    def _after_pod(self, pod: Attachment, *, there: bool) -> None:
        self.world.after(LEARNT, partial(self.birds[pod.node].learn, pod.first.dst, None, there=there))

    def _looked_for(self, node: str) -> None:
        self.birds[node].look()

    # --- what the API says -------------------------------------------------------------------------

    def _set(self, settings: BgpSettings) -> None:
        """Change what the API holds: each node's confd hears of it by itself."""
        self.settings = settings
        self._configure_all()

    def _set_gone(self, gone: frozenset[str], what: str) -> None:
        super()._set_gone(gone, what)
        self._configure_all()

    def _configure_all(self) -> None:
        for number, name in enumerate(self.birds):
            self.world.after(CONFD + number * APART, partial(self._configure, name))

    def _configure(self, name: str) -> None:
        """confd writes BIRD's configuration on a node, and BIRD takes it in."""
        reflects = name in self.settings.routing.reflectors
        writes, services = self.settings.bird_writes, self._services_of(name)
        bird = self.birds[name]
        bird.configure(self._peers(name), reflects=reflects, programs=writes, services=services)

    def _services_of(self, name: str) -> tuple[str, ...]:
        """Return which addresses of Services a node tells of."""
        return self.settings.services

    def _peers(self, name: str) -> dict[str, BgpPeer]:
        routing, found = self.settings.routing, {}
        here = self.nodes[name]
        for other in self.nodes.values():
            if other is here or other.name in self._nodes_gone or not routing.session(here, other):
                continue
            meshed = routing.mesh and not {name, other.name} & set(routing.reflectors)
            passive = meshed and other.address > here.address
            kind = "Mesh" if meshed else "Node"
            found[other.name] = BgpPeer(other.name, f"{kind}_{other.address.replace('.', '_')}", passive)
        return found

    def _machine(self, name: str) -> SpeakerNode:
        """Return what BIRD of a node is told, from the plan: the plan of a node is what its programs want to exist."""
        routes = self._of_bird(name)
        blocks = tuple(dst for origin, dst in routes if not origin)
        return SpeakerNode(name, self.nodes[name].address, blocks, routes)

    def _of_bird(self, name: str) -> dict[tuple[str, str], RouteEntry]:
        """Return BIRD's routes by the plan, or what it would write where Felix does."""
        found = {
            (each.peer if each.entry.type == "unicast" else "", each.entry.dst): each.entry
            for each in self._block_plan(name)
            if isinstance(each.entry, RouteEntry) and each.by == BIRD
        }
        blocks = self._blocks[name].items() if not found else ()
        return found or {
            (owner, entry.dst): by_bird(entry)
            for owner, lines in blocks
            for entry in lines
            if isinstance(entry, RouteEntry) and entry.protocol == BY_FELIX
        }

    def _if_felix_wrote(self, node: str) -> BlockLines:
        """Return what Felix would write on a node where BIRD does by the plan."""
        found: dict[str, tuple[Entry, ...]] = {}
        for (owner, _), entry in self._of_bird(node).items():
            found[owner] = (*found.get(owner, ()), by_felix(entry))
        return found

    def _runs(self, node: str) -> None:
        if not self._bird(node).alive:
            raise BadInput("program to end", f"BIRD on {node}", ["one that runs"])

    def _ended(self, node: str) -> None:
        if self._bird(node).alive:
            raise BadInput("program to start", f"BIRD on {node}", ["one that has ended"])

    def _bird(self, node: str) -> Speaker:
        return self.birds[self._node(node)]


def by_felix(entry: RouteEntry) -> RouteEntry:
    """Return Felix's form of a route of BIRD's: without a metric, with ``onlink`` (calico-3.33-bgp-mesh, exp/46)."""
    return entry._replace(protocol=BY_FELIX, metric=0, onlink=entry.type == "unicast")


def by_bird(entry: RouteEntry) -> RouteEntry:
    """Return BIRD's form of a route of Felix's: with a metric, ``onlink`` by a tunnel only (calico-3.33-ipip-control-plane, exp/71)."""
    own = entry.type != "unicast"
    return entry._replace(
        protocol="bird", metric=0 if own else METRIC, mtu=None, onlink=not own and not is_learnt(entry)
    )
