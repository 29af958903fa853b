"""The Nodes that the API server holds, what is done to them and to flanneld, and the lines that somebody deletes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from packetwalk.control.deeds import Verbs
from packetwalk.control.flannel.daemon import KERNEL, KILLED, PROGRAM, Flanneld, Lease, Leases, node_part
from packetwalk.control.timeline import API, COMPUTED, Lane
from packetwalk.control.world import Stream, World
from packetwalk.errors import BadInput
from packetwalk.plan.edit import reworded
from packetwalk.tables import Entry, FdbEntry, IptablesRule, NeighEntry, NftRule, RouteEntry
from packetwalk.walks.network import Network

BY_HAND, API_SERVER = "by hand", "kube-apiserver"


class FlannelControl:
    """The Nodes that the API server holds, and the flanneld of every node."""

    coming: tuple[str, ...] = ("join",)  # the verbs about what is not there at first

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
        self.flannelds = {name: Flanneld(world, self, name, node_part(network, name)) for name in self.ranges}
        self._api = Lane(API, API_SERVER)
        self._watches = {name: Stream(world, self._api, each.lane) for name, each in self.flannelds.items()}
        for name, each in self.flannelds.items():
            world.governed += [(name, entry) for entry in each.part.lines]
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
        self._end(node, f"kill -9 flanneld on {node}", KILLED)

    def stop(self, node: str) -> None:
        """End flanneld by SIGTERM: "Exiting cleanly"."""
        self._end(node, f"SIGTERM to flanneld on {node}", "ended", cleanly=True)

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
                self._watches[name].send("Node", what, partial(each.hear, node, lease), COMPUTED)

    # --- deeds about the kernel -----------------------------------------------------------------

    def tunnel_del(self, node: str) -> None:
        """Delete flanneld's device: the kernel takes with it all that leads through it."""
        flanneld = self._flanneld(node)
        device, mode = flanneld.device, self.network.mode.name
        if not device or mode == "udp":
            known = ["one that is there, in a mode that has a tunnel of the kernel's"]
            raise BadInput(f"device of flanneld's on {node}", device or "none", known)
        self.world.deed(node, f"ip link del {device} on {node}")
        flanneld.drop_device(f"{device} is gone")
        flanneld.lost_device()

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

    def _end(self, node: str, deed: str, how: str, *, cleanly: bool = False) -> None:
        found = self._flanneld(node)
        if not found.alive:
            raise BadInput("program to end", f"flanneld on {node}", ["one that runs"])
        self.world.deed(node, deed)
        found.end(how, cleanly=cleanly)

    def _flanneld(self, node: str) -> Flanneld:
        return self.flannelds[self._node(node)]

    def _node(self, node: str) -> str:
        if node not in self.ranges:
            raise BadInput("node", node, self.ranges)
        return node
