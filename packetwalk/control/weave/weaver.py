"""Weaver on one node: what it knows, what it passes on, and the lines in which all that can be seen.

Mirrors mesh local_peer.go and gossip_channel.go.  Its memory (peers, routes, connections, the
ring as it knows it) goes with it; addresses, sets and rules stay in the kernel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address, IPv4Network, summarize_address_range
from math import ceil, log2

from packetwalk.cni.weave import mesh
from packetwalk.cni.weave.rules import LOCAL
from packetwalk.control.timeline import COMPUTED, Lane
from packetwalk.control.weave import timers
from packetwalk.control.weave.allocator import IpamAllocator, IpamNews
from packetwalk.control.weave.connection import MeshConnection
from packetwalk.control.weave.dialling import ConnectionMaker
from packetwalk.control.weave.topology import PeerLink, PeerView, Topology
from packetwalk.control.world import World
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.tables import Entry, IpSet, RingEntry
from packetwalk.wire.address import ipv4_from_int

PROGRAM = "weaver"
Heard = Callable[["Weaver"], str]
"""What a message does to the weaver that hears it; a text says why the connection must end."""


@dataclass(frozen=True)
class WeaverNode:
    """What a weaver is told, and what the plan says that it makes only by being there (``own``)."""

    cluster: Cluster
    mode: str
    node: Node
    network: IPv4Network
    mtu: int
    own: tuple[Entry, ...]


class Weaver:
    """A weaver; ``fleet`` are all of the cluster, by node, this one among them."""

    def __init__(self, world: World, machine: WeaverNode, fleet: Mapping[str, Weaver]) -> None:
        self.world, self.machine, self._fleet = world, machine, fleet
        self.node, self.network = machine.node.name, machine.network
        self.name = mesh.peer_name(machine.node)
        self.lane = Lane(self.node, PROGRAM)
        self.overlay, _, encrypted = machine.mode.partition("-")
        self._sealed = encrypted or "unencrypted"
        self.udp = mesh.VXLAN_PORT if self.overlay == "fastdp" else mesh.PORT
        self.alive = self.listening = False
        self.connections: dict[str, MeshConnection] = {}
        self.topology = Topology(machine.cluster, machine.mode, machine.node, machine.mtu)
        self.allocator = IpamAllocator(self, len(machine.cluster.nodes) // 2 + 1)
        self._life = self._version = 0
        self.maker = ConnectionMaker(self)
        self._changed = self._telling = False  # news of this peer, or of the ring, are on their way
        self._written: dict[Entry, None] = {}

    # --- what is done to it -----------------------------------------------------------------------

    def start(self) -> None:
        """Start the program; it listens a moment later."""
        self.alive = True
        self._life += 1
        self._version = 0
        self.topology.views.clear()
        self.maker.start([peer for peer in self._fleet if peer != self.node])
        self.log("weave 2.9.0 starts")
        self.later(timers.STARTS, self._listens)

    def _listens(self) -> None:
        self.listening = True
        self._show_myself()
        self.allocator.start()
        self.keep("weaver has started")
        self.maker.attend_all()
        self.later(timers.GOSSIP, self._gossip)

    def end(self) -> None:
        """End, by whatever signal: the kernel resets its connections, its memory is gone."""
        self.alive = self.listening = False
        self._life += 1
        for connection in list(self.connections.values()):
            connection.shut("ended")
        self.connections.clear()
        self._changed = self._telling = False
        self.world.state(self.lane, "ended; the kernel's flows stay" if self.overlay == "fastdp" else "ended")
        for entry in self._written:
            self.world.take(self.node, PROGRAM, entry, "it was in weaver's memory")
        self._written.clear()

    def later(self, delay: int, do: Callable[[], None]) -> None:
        """Do something later, if this start of the program still runs then."""
        life = self._life
        self.world.after(delay, lambda: do() if self._life == life else None)

    def log(self, what: str) -> None:
        """Say something of itself."""
        self.world.state(self.lane, what)

    # --- names ------------------------------------------------------------------------------------

    def lane_of(self, node: str) -> Lane:
        """Return where the weaver of another node speaks."""
        return self._fleet[node].lane

    def name_of(self, node: str) -> str:
        """Return a node's peer name."""
        return self._fleet[node].name

    def node_of(self, name: str) -> str:
        """Return the node of a peer name."""
        return next(each.node for each in self._fleet.values() if each.name == name)

    def weaver_on(self, node: str) -> Weaver:
        """Return the weaver of a node."""
        return self._fleet[node]

    def index_of(self, node: str) -> int:
        """Return a node's place among those of the cluster."""
        return self.machine.cluster.node_by_name[node].index

    def address_of(self, node: str) -> str:
        """Return where the weaver of a node listens."""
        return f"{self._fleet[node].machine.node.address}:{mesh.PORT}"

    def knows(self, node: str) -> bool:
        """Say whether a node is a peer now."""
        return node == self.node or node in self.topology.views

    def greeting(self) -> str:
        """Return what it says first over a connection."""
        return f"weave, version 2, {self._sealed}; peer {self.name}({self.node}); overlays: fastdp sleeve"

    # --- connections ------------------------------------------------------------------------------

    def add(self, connection: MeshConnection) -> bool:
        """Take a connection into the mesh; of two to one peer one is kept (by their numbers there, by who dialled here)."""
        peer = connection.peer
        there = self.connections.get(peer)
        twice = f"Multiple connections to {peer} added to {self.node}"
        if there is not None and self._better(there, connection):
            connection.shut(twice)
            return False
        new = not self.topology.carries(peer)
        self.connections[peer] = connection
        if there is not None:
            there.shut(twice)
            self._version += 1
        self.maker.made(connection)
        self.topology.views.setdefault(peer, PeerView(peer, 0, -1))
        self._news_of_me()
        self.log(f"{peer}: connection added{' (new peer)' if new else ''}")
        self.keep(f"there is a connection to {peer}")
        if new:
            self._tell_all(connection)
        return True

    def _better(self, one: MeshConnection, than: MeshConnection) -> bool:
        """Say whether the connection that is there stays: that of the node that came later (drawn on a real one)."""
        return self.index_of(one.link.dialler) > self.index_of(than.link.dialler)

    def established(self, connection: MeshConnection) -> None:
        """A connection carries frames."""
        self._news_of_me()
        self.log(f"{connection.peer}: connection fully established")
        self.keep(f"the connection to {connection.peer} is established")

    def gone(self, connection: MeshConnection, error: str) -> None:
        """A connection has ended: forget who cannot be reached without it, and try to have it again."""
        peer = connection.peer
        if not self.alive:
            return
        if self.connections.get(peer) is connection:
            del self.connections[peer]
            self.log(f"{peer}: connection deleted")
            self._news_of_me()
            self._collect()
        self.maker.ended(connection, error)

    def reads(self, connection: MeshConnection) -> str:
        """Return what could not be done, as Go says it: to read from a connection between two addresses."""
        mine, theirs = self.machine.node, self._fleet[connection.peer].machine.node
        here, there = (mesh.port(mine), mesh.PORT) if connection.dialled else (mesh.PORT, mesh.port(theirs))
        return f"read tcp {mine.address}:{here}->{theirs.address}:{there}"

    # --- gossip of the topology ---------------------------------------------------------------------

    def _show_myself(self) -> None:
        links = tuple(
            PeerLink(peer, each.dialled, each.state == "established")
            for peer, each in self.connections.items()
        )
        self.topology.views[self.node] = PeerView(self.node, self._life, self._version, links)

    def _news_of_me(self) -> None:
        """There is something new of this peer itself: it is told a second after the first of such changes."""
        self._version += 1
        self._show_myself()
        self._tell_soon()

    def _tell_soon(self) -> None:
        if not self._changed:
            self._changed = True
            self.later(timers.UPDATE, self._update)

    def _update(self) -> None:
        self._changed = False
        self._tell([self.topology.views[self.node]])

    def _tell(self, views: Iterable[PeerView], origin: str | None = None) -> None:
        """Pass on what is known of peers, to some neighbours: here the first by name, drawn on a real node."""
        views = tuple(views)
        some = max(1, ceil(2 * log2(len(self.topology.views)))) if len(self.topology.views) > 1 else 0
        peers = [peer for peer in sorted(self.connections, key=self.name_of) if peer != origin]
        for peer in peers[:some]:
            self._tell_one(self.connections[peer], views)

    def _tell_one(self, connection: MeshConnection, views: tuple[PeerView, ...]) -> None:
        views = tuple(each for each in views if each.version >= 0)
        text = f"topology: {'; '.join(map(str, views))}"
        hear = partial(_hears, lambda there: there.hear_topology(self.node, views))
        connection.say("TOPOLOGY", text, hear, COMPUTED)

    def hear_topology(self, sender: str, views: tuple[PeerView, ...]) -> str:
        """Take in what a neighbour tells of peers; what is new is passed on."""
        if any(
            each.node == self.node and each.life != self._life and each.version >= self._version
            for each in views
        ):
            self._version = max(each.version for each in views if each.node == self.node)
            self._news_of_me()
        new = self.topology.take_in(views)
        if new:
            self._tell(new, sender)
            self.keep(f"{sender} told of {', '.join(each.node for each in new)}")
            self.later(timers.COLLECT, self._collect)
        return ""

    def _collect(self) -> None:
        """Forget peers to which nothing leads."""
        reached = self.topology.reached()
        lost = [node for node in self.topology.views if node not in reached and node not in self.connections]
        for node in lost:
            del self.topology.views[node]
            self.log(f"Removed unreachable peer {node}")
        if lost:
            self.keep(f"nobody reaches {', '.join(lost)}")

    def _gossip(self) -> None:
        """Tell neighbours all that is known, every 30 seconds."""
        self._tell(self.topology.views.values())
        for peer in sorted(self.connections, key=self.name_of):
            self._tell_ring(self.connections[peer], None, self.allocator.news())
        self.later(timers.GOSSIP, self._gossip)

    def _tell_all(self, connection: MeshConnection) -> None:
        """Tell a new neighbour all that is known."""
        self._tell_one(connection, tuple(self.topology.views.values()))
        self._tell_ring(connection, None, self.allocator.news())

    # --- messages of IPAM ---------------------------------------------------------------------------

    def broadcast(self) -> None:
        """Tell everybody of the ring or the vote, as it will be when routes have been calculated."""
        if not self._telling:
            self._telling = True
            self.later(timers.ROUTES, self._tell_everybody)

    def _tell_everybody(self) -> None:
        self._telling = False
        self._broadcast(self.allocator.news(), self.node)

    def _broadcast(self, news: IpamNews, origin: str, sender: str = "") -> None:
        """Pass on what ``origin`` tells everybody, but not to where it came from: peers may see the tree differently."""
        for peer in self.topology.children(origin):
            if peer in self.connections and peer not in (sender, origin):
                self._tell_ring(self.connections[peer], origin, news)

    def _tell_ring(self, connection: MeshConnection, origin: str | None, news: IpamNews) -> None:
        hear = partial(_hears, lambda there: there.hear_ring(self.node, origin, news))
        connection.say("IPAM", news.text, hear, COMPUTED)

    def hear_ring(self, sender: str, origin: str | None, news: IpamNews) -> str:
        """Take in what a peer told everybody, or a neighbour in passing (no ``origin``)."""
        before = self.allocator.news()
        error = self.allocator.hear(origin, news)
        if origin and not error and (origin == sender or self.allocator.news() != before):
            self._broadcast(self.allocator.news(), origin, sender)
        return error

    def unicast(self, peer: str, text: str, hear: Heard, sender: str = "") -> bool:
        """Send one peer a message of IPAM, by others where there is no connection; False if none leads there.

        What came from ``sender`` does not go back to it.
        """
        via = self.topology.hop(peer)
        if via is None or via == sender or via not in self.connections:
            return False
        passing = partial(_hears, lambda there: there.passed_on(self.node, peer, text, hear))
        self.connections[via].say("IPAM", text if via == peer else f"(for {peer}) {text}", passing, COMPUTED)
        return True

    def passed_on(self, sender: str, peer: str, text: str, hear: Heard) -> str:
        """Hear a message for this peer, or send it further."""
        if peer == self.node:
            return hear(self)
        self.unicast(peer, text, hear, sender)
        return ""

    # --- lines --------------------------------------------------------------------------------------

    def keep(self, why: str) -> None:
        """Keep the lines that can be seen in step with what is known."""
        if not self.listening:
            return
        self._show_myself()
        wanted = dict.fromkeys(self._lines())
        for entry in [each for each in self._written if each not in wanted]:
            self.world.take(self.node, PROGRAM, entry, why)
        for entry in wanted:
            self.world.write(self.node, PROGRAM, entry, why)
        self._written = wanted
        self._keep_set(why)

    def _lines(self) -> Iterable[Entry]:
        yield from self.machine.own
        yield from self.topology.lines()
        yield from self.maker.lines()
        for token, (start, end) in self.allocator.ring.parts():
            known = self.knows(token.peer)
            name = self.name_of(token.peer)
            yield RingEntry(ipv4_from_int(start), end - start, name, token.peer, known, token.version)

    def _keep_set(self, why: str) -> None:
        """Keep the set of the ranges that this peer gives away; it stays in the kernel."""
        own = [
            str(network)
            for start, end in self.allocator.own()
            for network in summarize_address_range(IPv4Address(start), IPv4Address(end - 1))
        ]
        new = IpSet(LOCAL, tuple(own), options="comment")
        there = [
            each for each in self.world.tables[self.node] if isinstance(each, IpSet) and each.name == LOCAL
        ]
        if there == [new]:
            return
        for old in there:
            self.world.take(self.node, PROGRAM, old, why)
        self.world.write(self.node, PROGRAM, new, why)


def _hears(hear: Heard, end: MeshConnection) -> None:
    """Let the weaver at an end of a connection hear something; the connection ends if that cannot be."""
    error = hear(end.weaver)
    if error:
        end.shut(error)
