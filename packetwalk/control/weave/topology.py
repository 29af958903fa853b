"""Who is connected to whom, as one weaver knows it from what all others tell of themselves.

Mirrors mesh peers.go (``applyDecodedUpdate``, ``garbageCollect``); routes are those of ``packetwalk.cni.weave.mesh``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from packetwalk.cni.weave import mesh
from packetwalk.cni.weave.mesh import MeshState, Pair
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.tables import BroadcastEntry, ConnectionEntry, Entry, MeshPeerEntry, UnicastEntry
from packetwalk.tables.weaver import NOWHERE


class PeerLink(NamedTuple):
    """A connection as its peer tells of it."""

    peer: str
    dialled: bool
    established: bool

    def __str__(self) -> str:
        return f"{'->' if self.dialled else '<-'} {self.peer}{'' if self.established else ' (pending)'}"


class PeerView(NamedTuple):
    """What a peer tells of itself: ``life`` tells its starts apart, ``version`` counts what was new since."""

    node: str
    life: int
    version: int
    links: tuple[PeerLink, ...] = ()

    @property
    def age(self) -> tuple[int, int]:
        """The higher, the newer."""
        return self.version, self.life

    def __str__(self) -> str:
        return f"{self.node} v{self.version}: {', '.join(map(str, self.links)) or 'no connection'}"


class Topology:
    """The mesh in the eyes of the weaver on ``me``."""

    def __init__(self, cluster: Cluster, mode: str, me: Node, mtu: int) -> None:
        self._cluster, self._mode, self._me, self._mtu = cluster, mode, me, mtu
        self.views: dict[str, PeerView] = {}

    def take_in(self, views: Iterable[PeerView]) -> list[PeerView]:
        """Keep what is newer than what was known, and return it."""
        new = []
        for view in views:
            known = self.views.get(view.node)
            if view.node != self._me.name and (known is None or view.age > known.age):
                self.views[view.node] = view
                new.append(view)
        return new

    def reached(self) -> set[str]:
        """Return the nodes to which some chain of connections leads."""
        out, queue = {self._me.name}, [self._me.name]
        for node in queue:
            for link in self.views[node].links if node in self.views else ():
                if link.peer not in out:
                    out.add(link.peer)
                    queue.append(link.peer)
        return out

    # --- who passes things on ---------------------------------------------------------------------

    def hop(self, node: str) -> str | None:
        """Return the neighbour by which messages to a node go, over any connection."""
        return self._hop(node, established=False)

    def carries(self, node: str) -> bool:
        """Say whether frames for a node have a way."""
        return self._hop(node, established=True) is not None

    def _hop(self, node: str, *, established: bool) -> str | None:
        routes = mesh.routes(self._cluster, self._me, self._state(established=established))
        return next((via.name for dest, via in routes.items() if dest.name == node), None)

    def children(self, origin: str) -> list[str]:
        """Return the neighbours to which this peer passes what ``origin`` tells everybody."""
        root = self._cluster.node_by_name[origin]
        tree = mesh.tree(self._cluster, root, self._state(established=False))
        return [peer.name for peer, parent in tree.items() if parent is self._me]

    # --- lines --------------------------------------------------------------------------------------

    def lines(self) -> Iterator[Entry]:
        """Yield what ``weave report`` and ``weave status connections`` say of the mesh."""
        nodes = self._cluster.node_by_name
        for name in (
            self._me.name,
            *(node for node in nodes if node != self._me.name and node in self.views),
        ):
            yield self._peer(nodes[name])
        state = self._state(established=True)
        for link in sorted(
            self.views[self._me.name].links, key=lambda each: mesh.peer_name(nodes[each.peer])
        ):
            if link.established:
                yield self._connection(nodes[link.peer])
        yield UnicastEntry(mesh.peer_name(self._me), NOWHERE)
        for dest, via in mesh.routes(self._cluster, self._me, state).items():
            yield UnicastEntry(mesh.peer_name(dest), mesh.peer_name(via))
        for origin, hops in mesh.broadcasts(self._cluster, self._me, state):
            yield BroadcastEntry(mesh.peer_name(origin), tuple(map(mesh.peer_name, hops)))

    def _peer(self, peer: Node) -> MeshPeerEntry:
        """Return a peer as it tells of itself."""
        links = [each for each in self.views[peer.name].links if each.established]
        there = {each.peer for each in links}
        cut = {
            _pair(peer, other)
            for other in self._cluster.nodes
            if other.name not in there and other is not peer
        }
        state = MeshState(self._mtu, frozenset(cut), backwards=self._backwards(peer))
        known = mesh.PeerConnections(self._cluster, peer, state)
        more = max(self.views[peer.name].version, 0) - 2 * len(links)
        return MeshPeerEntry(
            mesh.peer_name(peer), peer.name, mesh.short_id(peer), mesh.uid(peer), known, more
        )

    def _connection(self, peer: Node) -> ConnectionEntry:
        state = MeshState(self._mtu, backwards=self._backwards(self._me))
        return mesh.connection(self._cluster, self._mode, self._me, peer, state)

    def _backwards(self, peer: Node) -> frozenset[Pair]:
        """Return the pairs in which a peer's connection was not made by the node that the plan says."""
        nodes = self._cluster.node_by_name
        links = self.views[peer.name].links if peer.name in self.views else ()
        others = ((nodes[each.peer], each.dialled) for each in links)
        return frozenset(
            _pair(peer, other) for other, dialled in others if dialled != (peer.index > other.index)
        )

    def _state(self, *, established: bool) -> MeshState:
        """Return the state of the mesh: for frames, connections that are established and known by both ends."""
        told = {
            (view.node, link.peer)
            for view in self.views.values()
            for link in view.links
            if link.established or not established
        }
        nodes = self._cluster.nodes
        cut = set()
        for one, other in combinations(nodes, 2):
            ends = [(one.name, other.name) in told, (other.name, one.name) in told]
            if not (all(ends) if established else any(ends)):
                cut.add(_pair(one, other))
        return MeshState(self._mtu, frozenset(cut))


def _pair(one: Node, other: Node) -> Pair:
    return frozenset((one.index, other.index))
