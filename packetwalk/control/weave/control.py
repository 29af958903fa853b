"""Weave Net's control plane: weaver and weave-npc on every node, and the CNI plugin where a pod starts.

Sleeve and the fast datapath, encrypted or not, have the same one; what differs is over which port heartbeats go.  A flow
of the kernel's that outlives its weaver is not followed: the other routers delete theirs when a route of the mesh changes
(router/fastdp.go), so pods lose it all the same, unless both ends' routers die in one moment.  The keys, states and policies
of IPsec are those of the plan throughout.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from packetwalk.cni.weave import NETWORK, faults, npc
from packetwalk.cni.weave.rules import LOCAL
from packetwalk.control.deeds import Verbs
from packetwalk.control.timeline import SECOND, Lane
from packetwalk.control.weave import timers
from packetwalk.control.weave.weaver import PROGRAM, Weaver, WeaverNode
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import NAMESPACES, Pod
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    BroadcastEntry,
    CaptureEntry,
    ConnectionEntry,
    Entry,
    FailedEntry,
    IpSet,
    LinkEntry,
    MeshPeerEntry,
    RingEntry,
    RouteEntry,
    SocketEntry,
    UnicastEntry,
)
from packetwalk.walks.network import Network
from packetwalk.wire.address import ipv4_from_int

EXPOSE, CNI_PLUGIN, IPAM, NPC = "weave expose", "weave-net plugin", "weave-ipam", "weave-npc"
MEMORY = (
    *(SocketEntry, CaptureEntry, MeshPeerEntry, ConnectionEntry, FailedEntry),
    *(UnicastEntry, BroadcastEntry, RingEntry),
)
"""What goes with weaver: its sockets, and what it knows."""
BRIDGE = "weave:expose"  # the name under which the bridge has its address
FIRST = 1 * SECOND  # from the start of a cluster's routers to the first address: all have heard of each other
LATE = 3 * SECOND  # how much later a late node's router starts
PODS = 10 * SECOND  # from the routers' start to the pods'


class WeavePod(NamedTuple):
    """What the CNI plugin makes of a pod: lines on the node and in the pod, there with an address to fill in."""

    pod: Pod
    on_node: tuple[Entry, ...]
    in_pod: tuple[tuple[Entry, str], ...]


class WeaveControl:
    """All programs of a cluster; deeds end and start them, cut wires, and start and end pods."""

    coming: tuple[str, ...] = ("pod",)

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """``pending`` are pods that are not there yet, ``ended`` nodes whose weaver has not been started."""
        for pod in pending:
            network.address(pod)
        self.world, self.network = world, network
        self.nodes = {node.name: node for node in network.nodes}
        plans = {name: network.plan(name) for name in self.nodes}
        self._pods = {pod.name: _made(plans[pod.node], pod) for pod in network.pods}
        self._bridges = {name: _bridge(plan, name) for name, plan in plans.items()}
        self._addresses: dict[str, str] = {}
        self._deleted: set[str] = set()  # nodes without a Node object
        self._absent = {
            name for name, each in self._pods.items() if name in pending or each.pod.node in ended
        }
        self.weavers: dict[str, Weaver] = {}
        for name, plan in plans.items():
            self.weavers[name] = Weaver(world, _machine(network, name, plan), self.weavers)
        for plan in plans.values():
            world.governed += [(each.netns, each.entry) for each in plan if _is_governed(each)]
        late = {node.name for node in network.cluster.late}
        for name in self.nodes:
            self._write_sets(name)
            if name not in ended:
                world.after(LATE if name in late else 0, partial(self._begin, name, FIRST))
        for name in self._pods:
            if name not in self._absent:
                world.after(PODS, partial(self._attach, name))

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        node, pair = ("NODE",), ("NODE", "[NODE]")
        return {
            "kill": (self.kill, node),
            "stop": (self.stop, node),
            "start": (self.start, node),
            "start-afresh": (self.start_afresh, node),
            "cut": (self.cut, pair),
            "mend": (self.mend, pair),
            "rmpeer": (self.rmpeer, ("NODE", "PEER")),
            "delete": (self.delete, node),
            "fill": (self.fill, node),
            "pod": (self.pod, ("POD",)),
            "pod-ends": (self.pod_ends, ("POD",)),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node; the kernel holds the tables."""
        return tuple(Lane(name, program) for name in self.nodes for program in (PROGRAM, "kernel"))

    # --- weaver -----------------------------------------------------------------------------------

    def kill(self, node: str) -> None:
        """End weaver at once (kill -9)."""
        self._running(node)
        self.world.deed(node, f"kill -9 weaver on {node}")
        self._end(node)

    def stop(self, node: str) -> None:
        """End weaver by SIGTERM: its peers hear the same."""
        self._running(node)
        self.world.deed(node, f"SIGTERM to weaver on {node}")
        self._end(node)

    def _end(self, node: str) -> None:
        """End weaver; pods that wait for an address hear that the connection is closed."""
        self.weavers[node].end()
        self._absent |= self.weavers[node].allocator.asked.keys() & self._pods.keys()
        self.weavers[node].allocator.asked.clear()

    def start(self, node: str) -> None:
        """Start weaver, with what it has on its disk."""
        self._ended(node)
        if node in self._deleted:
            raise BadInput("program to start", f"weaver on {node}, whose Node was deleted", ["start-afresh"])
        self.world.deed(node, f"weaver on {node} starts")
        self._begin(node)

    def start_afresh(self, node: str) -> None:
        """Boot a node whose peer was removed: launch.sh deletes weaver's data first, and there are no pods."""
        self._ended(node)
        self.world.deed(node, f"{node} boots, weaver's data is deleted")
        for name, each in self._pods.items():
            if each.pod.node == node and name in self._addresses:
                self._detach(name, "the node has booted")
        self.weavers[node].allocator.forget()
        self._deleted.discard(node)
        there = [each for each in self.world.tables[node] if isinstance(each, AddrEntry)]
        for entry in there:
            self.world.take(node, EXPOSE, entry, "the node has booted")
        self._begin(node)

    def _begin(self, node: str, expose: int = 0) -> None:
        weaver = self.weavers[node]
        weaver.start()
        weaver.later(max(timers.STARTS + timers.EXPOSE, expose), partial(self._expose, node))

    def _expose(self, node: str) -> None:
        """Ask for the bridge's address."""
        self.weavers[node].allocator.allocate(BRIDGE, partial(self._exposed, node))

    def _exposed(self, node: str, address: int) -> None:
        entry = self._bridges[node]._replace(local=ipv4_from_int(address))
        self.world.write(node, EXPOSE, entry, "the bridge has its address")

    def rmpeer(self, node: str, peer: str) -> None:
        """Take over the ranges of a peer that is gone, on one node."""
        self._listening(node)
        if self._node(peer) == node or self.weavers[node].knows(peer):
            raise BadInput("peer to remove", peer, [f"one that {node} does not reach"])
        self.world.deed(node, f"weave rmpeer {peer} on {node}")
        self._take_over(node, peer)

    def _take_over(self, node: str, peer: str) -> None:
        count = self.weavers[node].allocator.take_over(peer)
        self.weavers[node].log(f"{count} IPs taken over from {peer}")

    def delete(self, node: str) -> None:
        """Delete the Node object of a node that is gone: kube-utils on the others reclaims its ranges, once."""
        if self.weavers[self._node(node)].alive:
            ended = [
                name for name, each in self.weavers.items() if not each.alive and name not in self._deleted
            ]
            raise BadInput("Node to delete", node, ended or ["one whose weaver has ended: stop it first"])
        self.world.deed(node, f"kubectl delete node {node}")
        self._deleted.add(node)
        first = timers.RECLAIM
        for name, weaver in self.weavers.items():
            if weaver.listening:
                weaver.later(first, partial(self._reclaim, name, node))
                first = timers.RECLAIM_LATER

    def _reclaim(self, node: str, gone: str) -> None:
        """kube-utils on a node looks for peers without a Node, removes them, and says to weaver whom to connect to."""
        weaver = self.weavers[node]
        if gone in self._deleted and not weaver.knows(gone):
            if weaver.allocator.ring.owned(gone):
                self._take_over(node, gone)
            weaver.maker.forget(gone)

    def fill(self, node: str) -> None:
        """Let all addresses be in use that a node has left."""
        self._listening(node)
        allocator = self.weavers[node].allocator
        if not allocator.own():
            raise BadInput("node to fill", node, ["one that has a part of the range"])
        self.world.deed(node, f"pods on {node} take all addresses that it has left")
        self.weavers[node].log(f"{allocator.fill()} more IPs are in use")

    # --- wires ------------------------------------------------------------------------------------

    def cut(self, node: str, other: str = "") -> None:
        """Take the wire of a node down, or let a firewall drop all between two nodes."""
        self._wire(node, other, whole=False)

    def mend(self, node: str, other: str = "") -> None:
        """Bring the wire of a node up again, or take the firewall's rules away."""
        self._wire(node, other, whole=True)

    def _wire(self, node: str, other: str, *, whole: bool) -> None:
        state = "whole again" if whole else "cut"
        self._node(node)
        if not other:
            self.world.plug(node, whole=whole)
            if whole:
                self._sets_later(node)
            return
        if self._node(other) == node:
            raise BadInput("second node", other, [each for each in self.nodes if each != node])
        self.world.deed(node, f"the link between {node} and {other} is {state}")
        self.world.part(node, other, whole=whole)
        for here, far in ((node, other), (other, node)):
            wall = faults.wall(self.nodes[here], self.nodes[far])
            do = self.world.take if whole else self.world.write
            do(here, wall.by, wall.entry, f"the link is {state}")

    # --- pods -------------------------------------------------------------------------------------

    def pod(self, name: str) -> None:
        """Start a pod: CNI ADD asks weaver on its node for an address."""
        if name not in self._absent:
            raise BadInput("pod to start", name, sorted(self._absent) or ["a pod that is said to come"])
        node = self._pods[name].pod.node
        self.world.deed(node, f"CNI ADD of pod {name}")
        if not self.weavers[node].listening:
            self.weavers[node].log(f"CNI ADD of {name} fails: 127.0.0.1:6784: connection refused")
            return
        self._absent.discard(name)
        self.world.after(timers.CNI, partial(self._attach, name))

    def pod_ends(self, name: str) -> None:
        """End a pod: CNI DEL gives its address back."""
        if name not in self._addresses:
            raise BadInput("pod to end", name, sorted(self._addresses) or ["a pod that runs"])
        self.world.deed(self._pods[name].pod.node, f"CNI DEL of pod {name}")
        self._detach(name, "the pod has ended")

    def _attach(self, name: str) -> None:
        """Connect a pod when it has an address; the bridge's comes first."""
        node = self._pods[name].pod.node
        weaver = self.weavers[node]
        if not weaver.listening:
            self._absent.add(name)
            weaver.log(f"CNI ADD of {name} fails: 127.0.0.1:6784: connection refused")
            return
        weaver.allocator.allocate(BRIDGE, partial(self._exposed, node))
        weaver.allocator.allocate(name, partial(self._attached, name))

    def _attached(self, name: str, number: int) -> None:
        pod, on_node, in_pod = self._pods[name]
        address = self._addresses[name] = ipv4_from_int(number)
        bridge = ipv4_from_int(self.weavers[pod.node].allocator.space.given[BRIDGE])
        for entry in on_node:
            self.world.write(pod.node, CNI_PLUGIN, entry, f"the CNI plugin connects {name}")
        for entry, by in in_pod:
            self.world.write(name, by, _filled(entry, address, bridge), f"the CNI plugin connects {name}")
        for node in self.nodes:
            self._sets_later(node)

    def _detach(self, name: str, why: str) -> None:
        pod, on_node, _ = self._pods[name]
        del self._addresses[name]
        self._absent.add(name)
        self.weavers[pod.node].allocator.release(name)
        for entry in on_node:
            self.world.take(pod.node, CNI_PLUGIN, entry, why)
        for line, by in list(self.world.tables[name].items()):
            self.world.take(name, by, line, why)
        for node in self.nodes:
            self._sets_later(node)

    # --- weave-npc --------------------------------------------------------------------------------

    def _sets_later(self, node: str) -> None:
        self.world.after(timers.NPC, partial(self._write_sets, node))

    def _write_sets(self, node: str) -> None:
        """weave-npc has heard of all pods of the cluster; a node whose wire is cut hears nothing."""
        if self.world.unplugged(node):
            return
        members: dict[str, list[str]] = {namespace: [] for namespace in NAMESPACES}
        for name, each in self._pods.items():
            here = members.setdefault(each.pod.namespace, [])
            if name in self._addresses:
                here.append(self._addresses[name])
        there = {each.name: each for each in self.world.tables[node] if isinstance(each, IpSet)}
        for namespace, addresses in members.items():
            for entry in npc.of_namespace(namespace, *(tuple(addresses),) * 3):
                if not isinstance(entry, IpSet) or there.get(entry.name) == entry:
                    continue
                if entry.name in there:
                    self.world.take(node, NPC, there[entry.name], "weave-npc heard of a pod")
                self.world.write(node, NPC, entry, "weave-npc heard of a pod")

    # --- small words ------------------------------------------------------------------------------

    def _running(self, node: str) -> None:
        if not self.weavers[self._node(node)].alive:
            raise BadInput("program to end", f"weaver on {node}", ["one that runs"])

    def _listening(self, node: str) -> None:
        if not self.weavers[self._node(node)].listening:
            raise BadInput("program to ask", f"weaver on {node}", ["one that runs"])

    def _ended(self, node: str) -> None:
        if self.weavers[self._node(node)].alive:
            raise BadInput("program to start", f"weaver on {node}", ["one that has ended"])

    def _node(self, node: str) -> str:
        if node not in self.nodes:
            raise BadInput("node", node, self.nodes)
        return node


def _is_governed(each: Operation) -> bool:
    """Say whether a line of the plan stands only while one of these programs keeps it there."""
    if each.by == PROGRAM:
        return isinstance(each.entry, MEMORY) or (isinstance(each.entry, IpSet) and each.entry.name == LOCAL)
    of_pod = each.by in (CNI_PLUGIN, IPAM)
    return of_pod or each.by == EXPOSE or (each.by == NPC and isinstance(each.entry, IpSet))


def _filled(entry: Entry, address: str, bridge: str) -> Entry:
    """Return a line of a pod with the addresses that it has got."""
    if isinstance(entry, AddrEntry):
        return entry._replace(local=address)
    if isinstance(entry, RouteEntry):
        return entry._replace(gateway=bridge)
    return entry


def _made(plan: list[Operation], pod: Pod) -> WeavePod:
    """Return what the CNI plugin makes of a pod, from the plan."""
    on_node = tuple(each.entry for each in plan if each.netns == pod.node and each.peer == pod.name)
    ours = [each for each in plan if each.netns == pod.name and each.by in (CNI_PLUGIN, IPAM)]
    return WeavePod(pod, on_node, tuple((each.entry, each.by) for each in ours))


def _bridge(plan: list[Operation], node: str) -> AddrEntry:
    """Return the line of the bridge's address, from the plan."""
    return next(
        each.entry
        for each in plan
        if each.netns == node and isinstance(each.entry, AddrEntry) and each.by == EXPOSE
    )


def _machine(network: Network, name: str, plan: list[Operation]) -> WeaverNode:
    """Return what weaver of a node is told."""
    here = [each.entry for each in plan if each.netns == name and each.by == PROGRAM]
    own = tuple(dict.fromkeys(each for each in here if isinstance(each, SocketEntry | CaptureEntry)))
    mtu = next(each.mtu for each in here if isinstance(each, LinkEntry) and each.ifname == "weave")
    cluster, mode = network.cluster, network.mode.name
    return WeaverNode(cluster, mode, cluster.node_by_name[name], NETWORK, mtu, own)
