"""Calico's control plane in the mode ``bgp``: confd, BIRD, Felix and the CNI plugin on every node.

Delays are those of the recordings (calico-3.33-bgp-mesh, exp/10 to 63), where no timer says them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from packetwalk.cni.calico.bgp import Peering, Routing
from packetwalk.control.bgp.session import BgpPeer
from packetwalk.control.bgp.speaker import PROGRAM as BIRD
from packetwalk.control.bgp.speaker import Speaker, SpeakerNode, rival
from packetwalk.control.bgp.timers import LEARNT
from packetwalk.control.deeds import Verbs, switch
from packetwalk.control.timeline import MILLISECOND, SECOND, Lane
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import Pod
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, RouteEntry
from packetwalk.walks.network import Network

CONFD = 200 * MILLISECOND  # from a change in the API to BIRD's new configuration: 0.1 to 0.4 s
FELIX = 100 * MILLISECOND  # from a pod's route by the CNI plugin to Felix's
FELIX_STARTS = 4200 * MILLISECOND  # Felix ends and starts again when its configuration changes
CNI = 380 * MILLISECOND  # from CNI ADD to the pod's route: 0.38 and 0.54 s
REFRESH = 90 * SECOND  # RouteRefreshInterval of FelixConfiguration
APART = 1 * MILLISECOND  # from one node's confd to the next one's
CNI_PLUGIN, FELIX_NAME = "calico CNI plugin", "Felix"
EVERYBODY = Peering("rr", "all()", "has(route-reflector)")


@dataclass(frozen=True)
class BgpSettings:
    """What the API holds of BGP: the mesh, peerings, reflectors, nodes that were deleted, who writes routes."""

    routing: Routing = field(default_factory=Routing)
    gone: frozenset[str] = frozenset()
    bird_writes: bool = True


class Attachment(NamedTuple):
    """A pod on its node: Felix's route to it, and its other lines about it."""

    node: str
    route: RouteEntry
    lines: tuple[Entry, ...]

    @property
    def first(self) -> RouteEntry:
        """The route as the CNI plugin writes it, before Felix."""
        return self.route._replace(metric=0)


class CalicoControl:
    """All programs of a cluster; deeds change what they are told, or end and start them."""

    coming = "pod"  # the verb about what is not there at first

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """``pending`` are pods that are not there yet, ``ended`` nodes whose BIRD has not been started."""
        self.world, self.network = world, network
        self.settings = BgpSettings()
        self.nodes = {node.name: node for node in network.nodes}
        plans = {name: network.plan(name) for name in self.nodes}
        self._pods = {pod.name: _attachment(network, plans[pod.node], pod) for pod in network.pods}
        for name, pod in self._pods.items():
            if name not in pending:
                world.tables[pod.node][pod.route] = FELIX_NAME
            else:
                world.governed += [(pod.node, line) for line in (pod.route, *pod.lines)]
        for name in pending:
            network.address(name)
        self._not_there = set(pending)
        self._adding: set[Attachment] = set()  # pods for which the CNI plugin is at work
        self._unseen: set[Attachment] = set()  # pods of which Felix does not know yet
        self._felix_down: set[str] = set()
        self._felix_programs = False
        self._deleted: dict[str, dict[RouteEntry, None]] = {}  # Felix's routes that somebody deleted, by node
        self.birds: dict[str, Speaker] = {}
        for name, plan in plans.items():
            machine = self._machine(name, plan)
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
            "cut": (self.cut, node),
            "mend": (self.mend, node),
            "mesh": (self.mesh, ("on|off",)),
            "reflector": (self.reflector, node),
            "peering": (self.peering, ()),
            "delete": (self.delete, node),
            "bird-writes": (self.bird_writes, ("on|off",)),
            "felix-writes": (self.felix_writes, ()),
            "felix-ends": (self.felix_ends, node),
            "felix-starts": (self.felix_starts, node),
            "pod": (self.pod, ("POD",)),
            "route-del": (self.route_del, ("NODE", "DST")),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node; the kernel holds the tables."""
        return tuple(Lane(name, program) for name in self.nodes for program in (BIRD, "kernel"))

    # --- deeds ----------------------------------------------------------------------------------

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

    def cut(self, node: str) -> None:
        """Take the wire of a node down."""
        self.world.plug(self._node(node), whole=False)

    def mend(self, node: str) -> None:
        """Bring the wire of a node up again."""
        self.world.plug(self._node(node), whole=True)

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

    def delete(self, node: str) -> None:
        """Delete a Node object, while the machine runs on."""
        if self._node(node) in self.settings.gone:
            raise BadInput(
                "Node to delete", node, [each for each in self.nodes if each not in self.settings.gone]
            )
        self.world.deed(self._node(node), f"kubectl delete node {node}")
        self._set(replace(self.settings, gone=self.settings.gone | {node}))

    def bird_writes(self, word: str) -> None:
        """Set BGPConfiguration.programClusterRoutes."""
        on = switch(word)
        self.world.deed("", f"BGPConfiguration.programClusterRoutes: {'Enabled' if on else 'Disabled'}")
        self._set(replace(self.settings, bird_writes=on))

    def felix_writes(self) -> None:
        """Set FelixConfiguration.programClusterRoutes: Felix starts again and writes the routes of all blocks."""
        self.world.deed("", "FelixConfiguration.programClusterRoutes: Enabled")
        self.world.after(FELIX_STARTS, self._felix_routes)

    def _felix_routes(self) -> None:
        """Felix writes the routes of all blocks, where it runs."""
        self._felix_programs = True
        for node in self.nodes:
            self._felix_blocks(node)

    def _felix_blocks(self, node: str) -> None:
        """Felix writes a node's routes of blocks; BIRD learns them from the kernel, for they have no metric."""
        for (origin, block), entry in self.birds[node].machine.routes.items():
            there = origin not in self.settings.gone and self._claimed(block, origin or node)
            if there and node not in self._felix_down:
                self._felix_route(node, _by_felix(entry), "Felix writes the routes of all blocks")

    def _claimed(self, block: str, owner: str) -> bool:
        """Say whether a block of the plan is a node's by now."""
        return block in self.birds[owner].machine.blocks

    def _felix_route(self, node: str, entry: RouteEntry, why: str) -> None:
        """Felix writes a route, in the place of another's of the same prefix and metric (``ip route replace``)."""
        bird = self.birds[node]
        before = rival(self.world.tables[node], entry)
        if before is not None:
            self.world.take(node, FELIX_NAME, before, "Felix writes its own in its place")
            bird.look()
        self.world.write(node, FELIX_NAME, entry, why)
        if not entry.metric:
            self.world.after(LEARNT, partial(bird.learn, entry.dst, entry.gateway, there=True))

    def pod(self, name: str) -> None:
        """Start a pod: the CNI plugin writes its route, Felix another in its place."""
        if name not in self._not_there:
            raise BadInput("pod to start", name, sorted(self._not_there) or ["a pod that is said to come"])
        self._not_there.discard(name)
        pod = self._pods[name]
        self.world.deed(pod.node, f"CNI ADD of pod {name}")
        self._add(pod)

    def _add(self, pod: Attachment) -> None:
        self._adding.add(pod)
        self.world.after(CNI, lambda: self._attached(pod))

    def _attached(self, pod: Attachment) -> None:
        """The CNI plugin connects a pod, if it has not gone meanwhile."""
        if pod not in self._adding:
            return
        self._adding.discard(pod)
        self._unseen.add(pod)
        self.world.write(pod.node, CNI_PLUGIN, pod.first, "the CNI plugin connects the pod")
        bird = self.birds[pod.node]
        self.world.after(LEARNT, lambda: bird.learn(pod.first.dst, None, there=True))
        self.world.after(FELIX, lambda: self._seen(pod))

    def _seen(self, pod: Attachment) -> None:
        """Felix sees the pod; where it is down the plugin's route stays, and so does the /32 everywhere."""
        if pod.node in self._felix_down or pod not in self._unseen:
            return
        self._unseen.discard(pod)
        for line in pod.lines:
            self.world.write(pod.node, FELIX_NAME, line, "Felix has seen the new pod")
        self.world.take(pod.node, FELIX_NAME, pod.first, "Felix writes its own in its place")
        self.world.write(pod.node, FELIX_NAME, pod.route, "Felix has seen the new pod")
        bird = self.birds[pod.node]
        self.world.after(LEARNT, lambda: bird.learn(pod.first.dst, None, there=False))

    def felix_ends(self, node: str) -> None:
        """End Felix on a node."""
        if self._node(node) in self._felix_down:
            raise BadInput("program to end", f"Felix on {node}", ["one that runs"])
        self.world.deed(node, f"Felix on {node} ends")
        self._felix_down.add(node)

    def felix_starts(self, node: str) -> None:
        """Start Felix on a node again: it takes care of the pods that came without it, and of routes that it lacks."""
        if self._node(node) not in self._felix_down:
            raise BadInput("program to start", f"Felix on {node}", ["one that has ended"])
        self.world.deed(node, f"Felix on {node} starts")
        self._felix_down.discard(node)
        for pod in self._pods.values():
            if pod.node == node and pod in self._unseen:
                self.world.after(FELIX, partial(self._seen, pod))
        for entry in self._deleted.get(node, ()):
            self.world.after(FELIX, partial(self._repair, node, entry, "Felix has started"))
        if self._felix_programs:
            self.world.after(FELIX, partial(self._felix_blocks, node))

    def route_del(self, node: str, dst: str) -> None:
        """Delete a route by hand: BIRD looks every 2 seconds what is missing, Felix every 90."""
        there = self.world.tables[self._node(node)]
        routes = {each.dst: each for each in there if isinstance(each, RouteEntry)}
        if dst not in routes:
            raise BadInput(f"route of a control plane on {node}", dst, routes)
        entry = routes[dst]
        by = there[entry]
        self.world.deed(node, f"ip route del {dst} on {node}")
        self.world.take(node, "by hand", entry, "somebody deleted it")
        self.birds[node].look()
        if by == FELIX_NAME and not entry.metric:
            self.world.after(LEARNT, partial(self.birds[node].learn, dst, entry.gateway, there=False))
        if by == FELIX_NAME:
            self._deleted.setdefault(node, {})[entry] = None
            left, why = REFRESH - self.world.now % REFRESH, "Felix looks every 90 s what is missing"
            self.world.after(left, partial(self._repair, node, entry, why))

    def _repair(self, node: str, entry: RouteEntry, why: str) -> None:
        """Felix writes a route that somebody deleted, if it runs and the route is still to be there."""
        if node not in self._felix_down and entry in self._deleted.get(node, ()):
            del self._deleted[node][entry]
            self._felix_route(node, entry, why)

    # --- what the API says -------------------------------------------------------------------------

    def _set(self, settings: BgpSettings) -> None:
        """Change what the API holds: each node's confd hears of it by itself."""
        self.settings = settings
        for number, name in enumerate(self.birds):
            self.world.after(CONFD + number * APART, partial(self._configure, name))

    def _configure(self, name: str) -> None:
        """confd writes BIRD's configuration on a node, and BIRD takes it in."""
        reflects = name in self.settings.routing.reflectors
        self.birds[name].configure(self._peers(name), reflects=reflects, programs=self.settings.bird_writes)

    def _peers(self, name: str) -> dict[str, BgpPeer]:
        routing, found = self.settings.routing, {}
        here = self.nodes[name]
        for other in self.nodes.values():
            if other is here or other.name in self.settings.gone or not routing.session(here, other):
                continue
            meshed = routing.mesh and not {name, other.name} & set(routing.reflectors)
            passive = meshed and other.address > here.address
            kind = "Mesh" if meshed else "Node"
            found[other.name] = BgpPeer(other.name, f"{kind}_{other.address.replace('.', '_')}", passive)
        return found

    def _machine(self, name: str, plan: list[Operation]) -> SpeakerNode:
        """Return what BIRD of a node is told, from the plan: the plan of a node is what its programs want to exist."""
        routes = {
            (each.peer if each.entry.type == "unicast" else "", each.entry.dst): each.entry
            for each in plan
            if isinstance(each.entry, RouteEntry) and each.by == BIRD
        }
        blocks = tuple(dst for origin, dst in routes if not origin)
        return SpeakerNode(name, self.nodes[name].address, blocks, routes)

    def _runs(self, node: str) -> None:
        if not self._bird(node).alive:
            raise BadInput("program to end", f"BIRD on {node}", ["one that runs"])

    def _ended(self, node: str) -> None:
        if self._bird(node).alive:
            raise BadInput("program to start", f"BIRD on {node}", ["one that has ended"])

    def _bird(self, node: str) -> Speaker:
        return self.birds[self._node(node)]

    def _node(self, node: str) -> str:
        if node not in self.nodes:
            raise BadInput("node", node, self.nodes)
        return node


def _attachment(network: Network, plan: list[Operation], pod: Pod) -> Attachment:
    """Return what Felix writes of a pod, from the plan."""
    address, lines = network.address(pod.name), []
    for each in plan:
        if each.netns != pod.node:
            continue
        if isinstance(each.entry, RouteEntry) and each.entry.dst == address and each.peer == pod.name:
            route = each.entry
        elif each.by == FELIX_NAME and each.peer == pod.name and not isinstance(each.entry, RouteEntry):
            lines.append(each.entry)
    return Attachment(pod.node, route, tuple(lines))


def _by_felix(entry: RouteEntry) -> RouteEntry:
    """Return Felix's form of a route of BIRD's: without a metric, with ``onlink`` (calico-3.33-bgp-mesh, exp/46)."""
    return entry._replace(protocol="80", metric=0, onlink=entry.type == "unicast")
