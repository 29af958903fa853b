"""flanneld on every node, with the API server as its store: leases, node events, what it repairs and what never.

Source: github.com/flannel-io/flannel at v0.28.9, pkg/subnet/kube/kube.go, pkg/backend/vxlan/vxlan_network.go,
pkg/backend/route_network.go, pkg/trafficmngr/iptables/iptables.go.  Delays are those of its log
(flannel-vxlan-0.28.9-switch, logs/) where no timer says them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from packetwalk.control.deeds import Verbs
from packetwalk.control.timeline import API, MILLISECOND, SECOND, Lane
from packetwalk.control.world import Stream, World
from packetwalk.errors import BadInput
from packetwalk.plan.edit import reworded
from packetwalk.tables import (
    AddrEntry,
    Entry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    NftRule,
    RouteEntry,
    SocketEntry,
)
from packetwalk.walks.network import Network

PROGRAM, KERNEL, BY_HAND, API_SERVER = "flanneld", "kernel", "by hand", "kube-apiserver"
SYNCED = 1000 * MILLISECOND  # from its start until it has all Nodes: it looks once a second
DEVICE = 8 * MILLISECOND  # from there to its device
RULES = 130 * MILLISECOND  # from there to its rules
BACKEND = 145 * MILLISECOND  # from there until it heeds the Nodes
RESYNC = 5 * SECOND  # --iptables-resync: how often it looks at its rules
ROUTE_CHECK = 10 * SECOND  # routeCheckRetries: how often host-gw looks at its routes
ANEW = 4 * MILLISECOND  # from the loss of its device to a new one: 4.3 ms


class Lease(NamedTuple):
    """What the API server knows of a node: its podCIDR, and whether its flanneld has written itself down there."""

    cidr: str
    published: bool = True


class NodePart(NamedTuple):
    """What flanneld wants on a node, from the plan: its device's lines, its rules, and the lines about each other node."""

    device: tuple[tuple[Entry, str], ...]
    rules: tuple[Entry, ...]
    peers: dict[str, tuple[Entry, ...]]


Leases = dict[str, Lease]


class Flanneld:
    """The flanneld of a node."""

    def __init__(self, world: World, control: FlannelControl, node: str, part: NodePart) -> None:
        self.world, self.node, self.part, self._control = world, node, part, control
        self.lane = Lane(node, PROGRAM)
        self.alive, self._running = False, False
        self.heeded: Leases = {}  # what its watch has told of others
        self.routes: dict[str, RouteEntry] = {}  # those that host-gw looks after, by the node
        self._life = 0

    def up(self) -> None:
        """Be there, and have been for a while."""
        for entry, by in self.part.device:
            self.world.tables[self.node][entry] = by
        for name, lease in self._control.leases.items():
            if lease.published and name != self.node:
                for entry in self._about(name, lease):
                    self.world.tables[self.node][entry] = PROGRAM
                self._heed(name, lease)
        for entry in self.part.rules:
            self.world.tables[self.node][entry] = PROGRAM
        self.alive = True
        self._look_after()

    # --- its life -------------------------------------------------------------------------------

    def start(self) -> None:
        """Start: the device, the rules, then what is to be written for each Node."""
        self.alive = True
        self._life += 1
        self.world.state(self.lane, "started")
        self._later(SYNCED, self._synced)

    def _synced(self) -> None:
        """Take the podCIDR out of the Node, or end; the lease is published before anything of it is used."""
        if self._control.leases.get(self.node) is None:
            self.end(f"ended: node {self.node} not found")
            return
        self._later(DEVICE, self._device)
        self._later(RULES, lambda: self._rules("flanneld has started"))
        self._later(BACKEND, self._backend)

    def _device(self) -> None:
        self._make_device("flanneld has started")
        self._control.publish(self.node)

    def _make_device(self, why: str) -> None:
        """Make the device with the MAC of the node's annotation, and give it the lease's address."""
        self._drop_others([self._own(entry) for entry, _ in self.part.device], AddrEntry)
        for entry, by in self.part.device:
            self.world.write(self.node, by, self._own(entry), why)

    def _backend(self) -> None:
        """Heed all Nodes; what an earlier life has written of others stays."""
        self.world.state(self.lane, "heeds the Nodes")
        self.heeded, self.routes = {}, {}
        for name, lease in self._control.leases.items():
            self._added(name, lease, "flanneld has started")
        self._look_after()

    def _look_after(self) -> None:
        self._running = True
        if all(isinstance(each, IptablesRule) for each in self.part.rules):  # nftables' are written once
            self._every(RESYNC, lambda: self._rules("flanneld looks every 5 s at its rules"))
        if self._control.network.mode.name == "host-gw":
            self._every(ROUTE_CHECK, self._check_routes)

    def end(self, how: str) -> None:
        """End: what is in the kernel stays, and goes on without it."""
        self.alive, self._running = False, False
        self._life += 1
        self.world.state(self.lane, how)

    # --- what it hears --------------------------------------------------------------------------

    def hear(self, name: str, lease: Lease | None) -> None:
        """Take in what the API server says of a Node; without flanneld's own annotations nobody heeds one."""
        if not self._running or name == self.node:
            return
        if lease is None:
            self._removed(name)
        else:
            self._added(name, lease, f"{name} has published its lease")

    def _added(self, name: str, lease: Lease, why: str) -> None:
        if name == self.node or not lease.published or self.heeded.get(name) == lease:
            return
        self._heed(name, lease)
        for entry in self._about(name, lease):
            self._write(entry, why)

    def _removed(self, name: str) -> None:
        lease = self.heeded.pop(name, None)
        self.routes.pop(name, None)
        for entry in self._about(name, lease) if lease else ():
            self.world.take(self.node, PROGRAM, entry, f"the Node {name} was deleted")

    def _heed(self, name: str, lease: Lease) -> None:
        self.heeded[name] = lease
        for entry in self._about(name, lease):
            if isinstance(entry, RouteEntry):
                self.routes[name] = entry

    def _write(self, entry: Entry, why: str) -> None:
        """Write a line; one that needs a device finds none where that has gone."""
        device = _device(entry)
        here = {each.ifname for each in self.world.tables[self.node] if isinstance(each, LinkEntry)}
        if device == "eth0" or device in here:
            self.world.write(self.node, PROGRAM, entry, why)

    # --- what it looks after --------------------------------------------------------------------

    def _rules(self, why: str) -> None:
        """Write the rules of a table anew, all of them, if one is missing (``ensureIPTables``)."""
        wanted, there = [self._own(each) for each in self.part.rules], self.world.tables[self.node]
        self._drop_others(wanted, *map(type, wanted))
        for table in dict.fromkeys(each.chain_table for each in wanted):
            rules = [each for each in wanted if each.chain_table == table]
            if all(each in there for each in rules):
                continue
            for each in rules:
                self.world.take(self.node, PROGRAM, each, "one is missing, so flanneld deletes all")
            for each in rules:
                self.world.write(self.node, PROGRAM, each, why)

    def _check_routes(self) -> None:
        for entry in self.routes.values():
            self.world.write(self.node, PROGRAM, entry, "flanneld looks every 10 s at its routes")

    def lost_device(self) -> None:
        """Its device is gone: a new one is made at once, without anything for other nodes."""
        if self._running:
            self._later(ANEW, lambda: self._make_device("flanneld has seen that its device is gone"))

    # --- small words ----------------------------------------------------------------------------

    def _drop_others(self, wanted: list[Any], *kinds: type) -> None:
        """Take away what an earlier range has left of some kinds."""
        for entry, by in list(self.world.tables[self.node].items()):
            if by == PROGRAM and isinstance(entry, kinds) and entry not in wanted:
                self.world.take(self.node, PROGRAM, entry, "the node has another range now")

    def _own(self, entry: Entry) -> Any:
        lease = self._control.leases.get(self.node)
        return self._control.in_range(entry, self.node, lease.cidr) if lease else entry

    def _about(self, name: str, lease: Lease) -> tuple[Entry, ...]:
        return tuple(self._control.in_range(each, name, lease.cidr) for each in self.part.peers.get(name, ()))

    def _every(self, period: int, do: Callable[[], None]) -> None:
        def again() -> None:
            do()
            self._later(period, again)

        self._later(period, again)

    def _later(self, delay: int, do: Callable[[], None]) -> None:
        life = self._life
        self.world.after(delay, lambda: do() if self._life == life else None)


class FlannelControl:
    """The Nodes that the API server holds, and the flanneld of every node."""

    coming = "join"  # the verb about what is not there at first

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """``pending`` are nodes that join later, ``ended`` those whose flanneld has not been started."""
        self.world, self.network = world, network
        self.ranges = {node.name: str(network.cluster.pod_cidr(node)) for node in network.nodes}
        for name in pending:
            self._node(name)
        self.leases: Leases = {
            name: Lease(cidr, name not in ended) for name, cidr in self.ranges.items() if name not in pending
        }
        self.flannelds = {name: Flanneld(world, self, name, _part(network, name)) for name in self.ranges}
        self._api = Lane(API, API_SERVER)
        self._watches = {name: Stream(world, self._api, each.lane) for name, each in self.flannelds.items()}
        for name, each in self.flannelds.items():
            if name not in pending | ended:
                each.up()

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        node = ("NODE",)
        return {
            "kill": (self.kill, node),
            "stop": (self.stop, node),
            "start": (self.start, node),
            "cut": (self.cut, node),
            "mend": (self.mend, node),
            "delete": (self.delete, node),
            "register": (self.register, node),
            "register-elsewhere": (self.register_elsewhere, node),
            "join": (self.join, node),
            "tunnel-del": (self.tunnel_del, node),
            "route-del": (self.route_del, ("NODE", "DST")),
            "neigh-del": (self.neigh_del, ("NODE", "ADDRESS")),
            "fdb-del": (self.fdb_del, ("NODE", "MAC")),
            "rule-del": (self.rule_del, ("NODE", "CHAIN", "NUMBER")),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen, node by node; the kernel holds the tables."""
        own = (Lane(name, program) for name in self.ranges for program in (PROGRAM, KERNEL))
        return (self._api, *own)

    # --- deeds about programs and Nodes ---------------------------------------------------------

    def kill(self, node: str) -> None:
        """End flanneld at once (kill -9)."""
        self._end(node, f"kill -9 flanneld on {node}", "killed")

    def stop(self, node: str) -> None:
        """End flanneld by SIGTERM: "Exiting cleanly", and everything stays."""
        self._end(node, f"SIGTERM to flanneld on {node}", "ended")

    def start(self, node: str) -> None:
        """Start flanneld again."""
        found = self._flanneld(node)
        if found.alive:
            raise BadInput("program to start", f"flanneld on {node}", ["one that has ended"])
        self.world.deed(node, f"flanneld on {node} starts")
        found.start()

    def cut(self, node: str) -> None:
        """Take the wire of a node down."""
        self.world.plug(self._node(node), whole=False)

    def mend(self, node: str) -> None:
        """Bring the wire of a node up again."""
        self.world.plug(self._node(node), whole=True)

    def delete(self, node: str) -> None:
        """Delete a Node object, while the machine runs on."""
        if self._node(node) not in self.leases:
            raise BadInput("Node to delete", node, self.leases)
        self.world.deed(node, f"kubectl delete node {node}")
        self._set(node, None)

    def register(self, node: str) -> None:
        """Make the Node again, as its kubelet does: the same podCIDR, and nothing of flanneld's on it."""
        self._register(node, self.ranges[self._node(node)])

    def register_elsewhere(self, node: str) -> None:
        """Make the Node again, and let it have the first range that no node ever had."""
        cluster = self.network.cluster
        beyond = cluster.node_by_name[self._node(node)]._replace(index=cluster.size)
        self._register(node, str(cluster.pod_cidr(beyond)))

    def join(self, node: str) -> None:
        """Let a node come that was not there: its kubelet registers it, its flanneld starts."""
        self._register(node, self.ranges[self._node(node)])
        if not self.flannelds[node].alive:
            self.flannelds[node].start()

    def publish(self, node: str) -> None:
        """Write a lease into the annotations of its Node, as flanneld does when it starts."""
        lease = self.leases.get(node)
        if lease is not None and not lease.published:
            self._set(node, lease._replace(published=True))

    def _register(self, node: str, cidr: str) -> None:
        if node in self.leases:
            raise BadInput(
                "Node to register",
                node,
                [each for each in self.ranges if each not in self.leases] or ["one that was deleted"],
            )
        self.world.deed(node, f"the kubelet on {node} registers it, podCIDR {cidr}")
        self._set(node, Lease(cidr, published=False))

    def _set(self, node: str, lease: Lease | None) -> None:
        """Keep what is new of a Node, and tell every flanneld."""
        if lease is None:
            del self.leases[node]
            what = f"Node {node} is gone"
        else:
            self.leases[node] = lease
            by = "with flanneld's annotations" if lease.published else "without flanneld's annotations"
            what = f"Node {node}, podCIDR {lease.cidr}, {by}"
        for name, each in self.flannelds.items():
            if each.alive:
                self._watches[name].send("Node", what, partial(each.hear, node, lease))

    # --- deeds about the kernel -----------------------------------------------------------------

    def tunnel_del(self, node: str) -> None:
        """Delete flanneld's device: the kernel takes with it all that leads through it."""
        there = self.world.tables[self._node(node)]
        device = next((each for each in there if isinstance(each, LinkEntry)), None)
        if device is None:
            raise BadInput(
                f"device of flanneld's on {node}", "none", ["one in the modes of VXLAN, while it is there"]
            )
        self.world.deed(node, f"ip link del {device.ifname} on {node}")
        for entry, by in list(there.items()):
            if by == KERNEL or _device(entry) == device.ifname:
                self.world.take(node, KERNEL, entry, f"{device.ifname} is gone")
        self.flannelds[node].lost_device()

    def route_del(self, node: str, dst: str) -> None:
        """Delete a route by hand."""
        self._lost(node, RouteEntry, lambda each: each.dst, dst, "ip route del {}")

    def neigh_del(self, node: str, address: str) -> None:
        """Delete a neighbour by hand."""
        self._lost(node, NeighEntry, lambda each: each.dst, address, "ip neigh del {} dev flannel.1")

    def fdb_del(self, node: str, mac: str) -> None:
        """Delete an entry of the tunnel's forwarding table by hand."""
        self._lost(node, FdbEntry, lambda each: each.mac, mac, "bridge fdb del {} dev flannel.1")

    def rule_del(self, node: str, chain: str, number: str) -> None:
        """Delete a rule by hand, the NUMBERth of flanneld's own in a chain."""
        chains: dict[str, list[Entry]] = {}
        for entry, by in self.world.tables[self._node(node)].items():
            if by == PROGRAM and isinstance(entry, IptablesRule | NftRule):
                chains.setdefault(entry.chain, []).append(entry)
        known = {f"{name} {at}": each for name, rules in chains.items() for at, each in enumerate(rules, 1)}
        if f"{chain} {number}" not in known:
            raise BadInput(f"rule of flanneld's on {node}", f"{chain} {number}", known or ["none there now"])
        self.world.deed(node, f"rule {number} of flanneld's in {chain} is deleted on {node}")
        self.world.take(node, BY_HAND, known[f"{chain} {number}"], "somebody deleted it")

    def _lost(self, node: str, kind: type, key: Callable[[Any], str], wanted: str, command: str) -> None:
        found = {key(each): each for each in self.world.tables[self._node(node)] if isinstance(each, kind)}
        if wanted not in found:
            raise BadInput(f"{kind.__name__} of flanneld's on {node}", wanted, found or ["none there now"])
        self.world.deed(node, f"{command.format(wanted)} on {node}")
        self.world.take(node, BY_HAND, found[wanted], "somebody deleted it")

    # --- small words ----------------------------------------------------------------------------

    def in_range(self, entry: Entry, node: str, cidr: str) -> Entry:
        """Return a line of the plan about a node as it is when the node has a range."""
        old, new = (each.removesuffix(".0/24") + "." for each in (self.ranges[node], cidr))
        return entry if old == new else reworded(entry, lambda text: text.replace(old, new))

    def _end(self, node: str, deed: str, how: str) -> None:
        found = self._flanneld(node)
        if not found.alive:
            raise BadInput("program to end", f"flanneld on {node}", ["one that runs"])
        self.world.deed(node, deed)
        found.end(how)

    def _flanneld(self, node: str) -> Flanneld:
        return self.flannelds[self._node(node)]

    def _node(self, node: str) -> str:
        if node not in self.ranges:
            raise BadInput("node", node, self.ranges)
        return node


def _device(entry: Any) -> str:
    """Return the device that a line is about, if it is about one."""
    return getattr(entry, "dev", None) or getattr(entry, "ifname", None) or ""


def _part(network: Network, node: str) -> NodePart:
    """Return what flanneld is to write on a node."""
    device: list[tuple[Entry, str]] = []
    rules: list[Entry] = []
    peers: dict[str, tuple[Entry, ...]] = {}
    kinds = {each.entry.kind for each in network.plan(node) if isinstance(each.entry, LinkEntry)}
    for each in network.plan(node):
        if each.netns != node:
            continue
        if each.by == PROGRAM and each.peer:
            peers[each.peer] = (*peers.get(each.peer, ()), each.entry)
        elif each.by == PROGRAM and isinstance(each.entry, LinkEntry | AddrEntry):
            device.append((each.entry, PROGRAM))
        elif isinstance(each.entry, SocketEntry) and each.by == KERNEL and "vxlan" in kinds:
            device.append((each.entry, KERNEL))
        elif each.by == PROGRAM:
            rules.append(each.entry)
    return NodePart(tuple(device), tuple(rules), peers)
