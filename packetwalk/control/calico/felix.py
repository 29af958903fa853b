"""Felix and the CNI plugin on every node: pods that come and go, and the routes of blocks where Felix writes them.

Felix does in ``ipip``, ``vxlan``, their CrossSubnet forms and ``wireguard``: seen in the recordings of Calico 3.33
(calico-3.33-ipip-control-plane, calico-3.33-vxlan-iptables).  What the API server tells it of Nodes is computed:
felix/calc/l3_route_resolver.go, vxlan_resolver.go.  Delays are those of calico-3.33-bgp-mesh, where no timer says them.
"""

from __future__ import annotations

from functools import partial

from packetwalk.control.bgp.speaker import rival
from packetwalk.control.calico.attachment import FELIX_NAME, Attachment, attachment
from packetwalk.control.deeds import Verbs
from packetwalk.control.timeline import API, COMPUTED, MILLISECOND, SECOND, Lane
from packetwalk.control.world import Stream, World
from packetwalk.errors import BadInput
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, FdbEntry, NeighEntry, RouteEntry, WireguardPeer
from packetwalk.walks.network import Network

FELIX = 100 * MILLISECOND  # from a pod's route by the CNI plugin, or news of the API server, to Felix's own
CNI = 380 * MILLISECOND  # from CNI ADD to the pod's route: 0.38, 0.54 and 0.81 s
REFRESH = 90 * SECOND  # RouteRefreshInterval of FelixConfiguration
CNI_PLUGIN, API_SERVER = "calico CNI plugin", "kube-apiserver"
MAIN = "main"  # the table of routes that has them all, but WireGuard's
NO_LONGER = "the Node is gone"
BlockLines = dict[str, tuple[Entry, ...]]
"""What Felix wants on a node for the blocks of each node; for its own ("") that what no pod has goes nowhere."""


class FelixControl:
    """Felix and the CNI plugin of a cluster; deeds end and start them, cut wires, delete Nodes, start and end pods."""

    coming: tuple[str, ...] = ("pod", "join")  # the verbs about what is not there at first

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """``pending`` are pods and nodes that are not there yet, ``ended`` nodes whose Felix has not been started."""
        self.world, self.network = world, network
        self.nodes = {node.name: node for node in network.nodes}
        self._joining = set(pending & self.nodes.keys())  # nodes that have never been in the cluster
        pending -= self._joining
        self._first = [pod for pod in network.pods if pod.node in self._joining and pod.name not in pending]
        pending |= {pod.name for pod in self._first}
        ended |= self._joining
        self.plans = {name: network.plan(name) for name in self.nodes}
        self._pods = {pod.name: attachment(network, self.plans[pod.node], pod) for pod in network.pods}
        for name, pod in self._pods.items():
            if name not in pending:
                world.tables[pod.node][pod.route] = FELIX_NAME
            else:
                world.governed += [(pod.node, line) for line in (pod.route, *pod.lines)]
        for name in pending:
            network.address(name)
        self._not_there = set(pending)
        self._over: set[str] = set()  # pods that have ended
        self._gone: list[Attachment] = []  # pods whose lines Felix has not taken out yet
        self._adding: set[Attachment] = set()  # pods for which the CNI plugin is at work
        self._unseen: set[Attachment] = set()  # pods of which Felix does not know yet
        self._deleted: dict[str, dict[RouteEntry, None]] = {}  # Felix's routes that somebody deleted, by node
        self._felix_down = set(ended)
        self._nodes_gone = frozenset(self._joining)
        self._heard = dict.fromkeys(self.nodes, self._nodes_gone)  # which of them each Felix knows to be gone
        self._blocks = {name: self._block_lines(name) for name in self.nodes}
        self._felix_programs = self._by_default = any(self._blocks.values())
        self._watches = {name: Stream(world, Lane(API, API_SERVER), self._felix(name)) for name in self.nodes}
        for name, lines in self._blocks.items() if self._felix_programs else ():
            every = [entry for about in lines.values() for entry in about]
            world.governed += [(name, entry) for entry in every]
            if name not in ended:
                there = (
                    each for owner, about in lines.items() if owner not in self._joining for each in about
                )
                world.tables[name].update(dict.fromkeys(there, FELIX_NAME))

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        node = ("NODE",)
        return {
            "felix-ends": (self.felix_ends, node),
            "felix-starts": (self.felix_starts, node),
            "cut": (self.cut, node),
            "mend": (self.mend, node),
            "delete": (self.delete, node),
            "register": (self.register, node),
            "join": (self.join, node),
            "pod": (self.pod, ("POD",)),
            "pod-ends": (self.pod_ends, ("POD",)),
            "route-del": (self.route_del, ("NODE", "DST")),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node; the kernel holds the tables."""
        own = (lane for name in self.nodes for lane in (self._felix(name), Lane(name, "kernel")))
        return (Lane(API, API_SERVER), *own)

    # --- wires and Nodes ------------------------------------------------------------------------

    def cut(self, node: str) -> None:
        """Take the wire of a node down."""
        self.world.plug(self._node(node), whole=False)

    def mend(self, node: str) -> None:
        """Bring the wire of a node up again."""
        self.world.plug(self._node(node), whole=True)

    def delete(self, node: str) -> None:
        """Delete a Node object, while the machine runs on."""
        if self._node(node) in self._nodes_gone:
            raise BadInput(
                "Node to delete", node, [each for each in self.nodes if each not in self._nodes_gone]
            )
        self.world.deed(node, f"kubectl delete node {node}")
        self._set_gone(self._nodes_gone | {node}, f"Node {node} is gone")

    def register(self, node: str) -> None:
        """Make a Node again that was deleted, as its kubelet does when it starts."""
        if self._node(node) not in self._nodes_gone:
            raise BadInput("Node to register", node, sorted(self._nodes_gone) or ["one that was deleted"])
        self.world.deed(node, f"the kubelet on {node} registers it")
        self._set_gone(self._nodes_gone - {node}, f"Node {node} is there")

    def join(self, node: str) -> None:
        """Let a node come that was not there: its kubelet registers it, calico-node starts, and then its pods.

        Computed: the node claims its blocks at once; a real one does with its tunnel's address or its first pod.
        """
        if node not in self._joining:
            raise BadInput("node to join", node, sorted(self._joining) or ["one that was never there"])
        self._joining.discard(node)
        self.world.deed(node, f"the kubelet on {node} registers it, and calico-node starts there")
        self._set_gone(self._nodes_gone - {node}, f"Node {node} is there")
        self._start_felix(node)
        for pod in self._first:
            if pod.node == node:
                self._not_there.discard(pod.name)
                self._add(self._pods[pod.name])

    def _set_gone(self, gone: frozenset[str], what: str) -> None:
        """Keep which Nodes there are, and tell every Felix that runs, where it writes what follows from it."""
        self._nodes_gone = gone
        for node in self.nodes if self._felix_programs else ():
            if node not in self._felix_down:
                self._watches[node].send("Node", what, partial(self._hear, node, what), COMPUTED)

    def _hear(self, node: str, what: str) -> None:
        self._learn(node)
        self.world.after(FELIX, partial(self._felix_blocks, node, what))

    def _learn(self, node: str) -> None:
        """A node's Felix knows what the API holds now."""
        self._heard[node] = self._nodes_gone

    # --- Felix ----------------------------------------------------------------------------------

    def felix_ends(self, node: str) -> None:
        """End Felix on a node: what it has written stays."""
        if self._node(node) in self._felix_down:
            raise BadInput("program to end", f"Felix on {node}", ["one that runs"])
        self.world.deed(node, f"Felix on {node} ends")
        self._felix_down.add(node)
        self._say(node, "ended")

    def felix_starts(self, node: str) -> None:
        """Start Felix on a node again: it takes care of pods that came or went without it, of routes and of Nodes."""
        if self._node(node) not in self._felix_down:
            raise BadInput("program to start", f"Felix on {node}", ["one that has ended"])
        self.world.deed(node, f"Felix on {node} starts")
        self._start_felix(node)

    def _start_felix(self, node: str) -> None:
        self._felix_down.discard(node)
        self._say(node, "started")
        for pod in self._pods.values():
            if pod.node == node and pod in self._unseen:
                self.world.after(FELIX, partial(self._seen, pod))
        for entry in self._deleted.get(node, ()):
            self.world.after(FELIX, partial(self._repair, node, entry, "Felix has started"))
        if self._felix_programs:
            self._list(node)
        self.world.after(FELIX, partial(self._clear, node))

    def _list(self, node: str) -> None:
        """Ask for all Nodes, again and again while the API server is not reached."""
        if node in self._felix_down:
            return
        if not self.world.connected(API, node):
            self.world.after(SECOND, partial(self._list, node))
            return
        self._learn(node)
        self.world.after(FELIX, partial(self._felix_blocks, node, "Felix has started"))

    def _felix_blocks(self, node: str, why: str = "Felix writes the routes of all blocks") -> None:
        """Felix writes what a node lacks of blocks, and takes out what is about a Node that is gone."""
        if node in self._felix_down or not self._felix_programs:
            return
        deleted = self._deleted.get(node, {})
        self._take_unwanted(node)
        for owner, lines in self._blocks[node].items():
            for entry in lines:
                if owner in self._heard[node]:
                    self.world.take(node, FELIX_NAME, entry, NO_LONGER)
                    deleted.pop(entry, None) if isinstance(entry, RouteEntry) else None
                    self._after_route(node, entry, there=False)
                elif entry not in deleted and self._claimed(node, owner, entry):
                    self._felix_line(node, entry, why)

    def _felix_line(self, node: str, entry: Entry, why: str) -> None:
        """Felix writes a line; a route in the place of another's of the same prefix and metric (``ip route replace``)."""
        if entry in self.world.tables[node]:
            return
        before = rival(self.world.tables[node], entry) if isinstance(entry, RouteEntry) else None
        if before is not None:
            self.world.take(node, FELIX_NAME, before, "Felix writes its own in its place")
            self._looked_for(node)
        self.world.write(node, FELIX_NAME, entry, why)
        self._after_route(node, entry, there=True)

    # --- pods -----------------------------------------------------------------------------------

    def pod(self, name: str) -> None:
        """Start a pod: the CNI plugin writes its route, Felix another in its place."""
        if name not in self._not_there:
            raise BadInput("pod to start", name, sorted(self._not_there) or ["a pod that is said to come"])
        self._node(self._pods[name].node)
        self._not_there.discard(name)
        pod = self._pods[name]
        self.world.deed(pod.node, f"CNI ADD of pod {name}")
        self._add(pod)

    def pod_ends(self, name: str) -> None:
        """End a pod: its device goes, and the kernel's route with it; nobody is told, for the block stays."""
        there = [each for each in self._pods if each not in self._not_there | self._over]
        if name not in there:
            raise BadInput("pod to end", name, there or ["none there now"])
        self._over.add(name)
        self.world.deed(self._pods[name].node, f"CNI DEL of pod {name}")
        self._remove(self._pods[name])

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
        self._after_pod(pod, there=True)
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
        self._after_pod(pod, there=False)

    def _remove(self, pod: Attachment) -> None:
        """The CNI plugin removes a pod's device; Felix takes out its lines, where it runs."""
        self._adding.discard(pod)
        self._unseen.discard(pod)
        self._deleted.get(pod.node, {}).pop(pod.route, None)
        for route in (pod.first, pod.route):
            self.world.take(pod.node, "kernel", route, "the pod's device has gone")
        self._gone.append(pod)
        self._clear(pod.node)
        self._after_pod(pod, there=False)

    def _clear(self, node: str) -> None:
        """Felix takes out the lines of pods that have gone, where it runs."""
        for pod in [each for each in self._gone if each.node == node and node not in self._felix_down]:
            self._gone.remove(pod)
            for line in pod.lines:
                self.world.take(node, FELIX_NAME, line, "the pod has gone")

    # --- routes by hand -------------------------------------------------------------------------

    def route_del(self, node: str, dst: str) -> None:
        """Delete a route by hand: BIRD looks every 2 seconds what is missing, Felix every 90."""
        there = self.world.tables[self._node(node)]
        routes = {each.dst: each for each in there if isinstance(each, RouteEntry) and each.table == MAIN}
        if dst not in routes:
            raise BadInput(f"route of a control plane on {node}", dst, routes)
        entry = routes[dst]
        by = there[entry]
        self.world.deed(node, f"ip route del {dst} on {node}")
        self.world.take(node, "by hand", entry, "somebody deleted it")
        self._looked_for(node)
        if by == FELIX_NAME:
            self._after_route(node, entry, there=False)
            self._deleted.setdefault(node, {})[entry] = None
            left, why = REFRESH - self.world.now % REFRESH, "Felix looks every 90 s what is missing"
            self.world.after(left, partial(self._repair, node, entry, why))

    def _repair(self, node: str, entry: RouteEntry, why: str) -> None:
        """Felix writes a route that somebody deleted, if it runs and the route is still to be there."""
        if node not in self._felix_down and entry in self._deleted.get(node, ()):
            del self._deleted[node][entry]
            self._felix_line(node, entry, why)

    # --- what others make of it: BIRD, where there is one ------------------------------------------

    def _claimed(self, node: str, owner: str, entry: Entry) -> bool:
        """Say whether a block of the plan is a node's by now."""
        return True

    def _take_unwanted(self, node: str) -> None:
        """Felix takes out lines about blocks that are no longer so, where blocks change."""

    def _after_route(self, node: str, entry: Entry, *, there: bool) -> None:
        """Felix's route of a block, or a line beside it, has come or gone."""

    def _after_pod(self, pod: Attachment, *, there: bool) -> None:
        """The CNI plugin's route of a pod has come or gone."""

    def _looked_for(self, node: str) -> None:
        """A route is missing that was there."""

    # --- small words ------------------------------------------------------------------------------

    def _block_lines(self, node: str) -> BlockLines:
        """Return what Felix wants on a node for blocks, from the plan."""
        found: dict[str, list[Entry]] = {}
        for each in self._block_plan(node):
            about = each.peer in self.nodes or (not each.peer and isinstance(each.entry, RouteEntry))
            if each.by == FELIX_NAME and each.netns == node and about and isinstance(each.entry, OF_BLOCKS):
                found.setdefault(each.peer, []).append(each.entry)
        return {owner: tuple(lines) for owner, lines in found.items()}

    def _block_plan(self, node: str) -> list[Operation]:
        """Return the part of a node's plan in which its lines about blocks are."""
        return self.plans[node]

    def _say(self, node: str, what: str) -> None:
        """Felix says what it does, where it has a lane."""
        if self._by_default:
            self.world.state(self._felix(node), what)

    @staticmethod
    def _felix(node: str) -> Lane:
        return Lane(node, FELIX_NAME)

    def _node(self, node: str) -> str:
        if node not in self.nodes:
            raise BadInput("node", node, self.nodes)
        if node in self._joining:
            raise BadInput("node", node, [each for each in self.nodes if each not in self._joining])
        return node


OF_BLOCKS = RouteEntry | NeighEntry | FdbEntry | WireguardPeer
"""What Felix writes about blocks and the nodes that have them."""
