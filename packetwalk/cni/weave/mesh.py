"""The peers of Weave Net's mesh: names, connections, routes, and the security associations that encrypt them.

Sources are paths in github.com/weaveworks/weave (2.8.1) and github.com/weaveworks/mesh.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from packetwalk.plan.cluster import Cluster, Node, made_mac
from packetwalk.plan.edit import drop, entries, together
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    BroadcastEntry,
    ConnectionEntry,
    FailedEntry,
    IptablesRule,
    MeshPeerEntry,
    PeerConnection,
    UnicastEntry,
    XfrmPolicyEntry,
    XfrmStateEntry,
)
from packetwalk.tables.weaver import NOWHERE

PORT, VXLAN_PORT, MARK = 6783, 6784, 0x20000
FASTDP_OVERHEAD, SLEEVE_OVERHEAD, SLEEVE_SECRET = 50, 62, 24
KUBE_UTILS = "prog/kube-utils/main.go getKubePeers, as built with the netlink library of 2.9.0"
ROUTES = "mesh/routes.go calculateUnicast, calculateBroadcast"
SWITCH = "router/overlay_switch.go"
IPSEC = "net/ipsec/ipsec.go"
MASKED = f"{MARK:#x}/{MARK:#x}"

Pair = frozenset[int]


class MeshState(NamedTuple):
    """The state of the mesh: pairs of node indexes without a connection, or with only sleeve.

    ``mtu`` is the pods', in bytes: the fast datapath's heartbeats are as long as the longest frame.
    ``underlay`` is the MTU that PMTU tests find, where it is not the cluster's.
    ``backwards`` are the pairs whose connection the node that came earlier has made.
    """

    mtu: int
    cut: frozenset[Pair] = frozenset()
    slow: frozenset[Pair] = frozenset()
    underlay: int | None = None
    backwards: frozenset[Pair] = frozenset()


@lru_cache(maxsize=8192)
def peer_name(node: Node) -> str:
    """Return a peer's name: the MAC of its bridge (made from the machine's UUIDs on a real node)."""
    return made_mac(f"weave {node.machine}")


def short_id(node: Node) -> int:
    """Return a peer's 12-bit number: different for 4096 nodes (random on a real one, settled by gossip)."""
    return (node.index * 2503 + 1234) & 0xFFF


def uid(node: Node) -> int:
    """Return the 64 bits that a weaver draws when it starts (a formula here)."""
    digest = hashlib.sha1(f"uid {node.machine}".encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[:8])


def spi(src: Node, dst: Node) -> int:
    """Return the number of the security association for one direction (the kernel of the receiver draws it)."""
    digest = hashlib.sha1(f"spi {src.name} {dst.name}".encode(), usedforsecurity=False).digest()
    return 0xC0000000 | int.from_bytes(digest[:4]) & 0x0FFFFFFF


def is_fast(mtu: int, underlay: int, *, encrypted: bool) -> bool:
    """Say whether the longest frames of pods with an MTU cross an underlay by the fast datapath, all in bytes."""
    return (esp_length(mtu) if encrypted else mtu + FASTDP_OVERHEAD) <= underlay


def sleeve_carries(underlay: int, *, encrypted: bool) -> int:
    """Return the longest IP packet that sleeve carries in one piece, in bytes."""
    return underlay - SLEEVE_OVERHEAD - SLEEVE_SECRET * encrypted


def esp_length(mtu: int) -> int:
    """Return the outer IP length of a full inner packet: padding makes it a multiple of 4."""
    clear = 8 + 8 + 14 + mtu + 2
    return 20 + 8 + 8 + clear + -clear % 4 + 16


def plan(cluster: Cluster, mode: str, node: Node, links: MeshState) -> Iterator[Operation]:
    """Return what weaver on ``node`` knows of the others, and what it made for encryption."""
    name, source = node.name, "mesh/peers.go"
    for peer in (node, *(other for other in cluster.nodes if other is not node)):
        known = PeerConnections(cluster, peer, links)
        entry = MeshPeerEntry(peer_name(peer), peer.name, short_id(peer), uid(peer), known, 0)
        yield Operation(name, entry, "weaver", source, about(node, peer))
    if mode == "fastdp-encrypted":
        yield from _encryption(name)
    for peer in neighbours(cluster, node, links):
        made = connection(cluster, mode, node, peer, links)
        yield Operation(name, made, "weaver", SWITCH, peer.name)
        if mode == "fastdp-encrypted" and made.overlay == "fastdp":
            yield from _association(name, node, peer)
    itself = FailedEntry(f"{node.address}:{PORT}", "cannot connect to ourself, retry: never", False)
    yield Operation(name, itself, "weaver", KUBE_UTILS)
    yield Operation(name, UnicastEntry(peer_name(node), NOWHERE), "weaver", ROUTES)
    for dest, via in routes(cluster, node, links).items():
        yield Operation(name, UnicastEntry(peer_name(dest), peer_name(via)), "weaver", ROUTES, dest.name)
    for origin, hops in broadcasts(cluster, node, links):
        copies = BroadcastEntry(peer_name(origin), tuple(peer_name(peer) for peer in hops))
        yield Operation(name, copies, "weaver", ROUTES, about(node, origin))


def about(node: Node, peer: Node) -> str:
    """Return whom an entry for a peer is about: nobody else, when it is for the node itself."""
    return "" if peer is node else peer.name


def connection(cluster: Cluster, mode: str, node: Node, peer: Node, links: MeshState) -> ConnectionEntry:
    """Return a connection: the fast datapath where the mode, the path and the MTU allow it, else sleeve."""
    encrypted, underlay = mode.endswith("encrypted"), links.underlay or cluster.mtu
    fast = (
        mode.startswith("fastdp")
        and is_fast(links.mtu, underlay, encrypted=encrypted)
        and frozenset((node.index, peer.index)) not in links.slow
    )
    mtu = links.mtu if fast else sleeve_carries(underlay, encrypted=encrypted)
    return ConnectionEntry(
        peer_name(peer),
        peer.name,
        peer.address,
        node.address,
        "fastdp" if fast else "sleeve",
        mtu,
        encrypted,
        PORT if _dials(node, peer, links) else port(peer),
    )


def _dials(node: Node, peer: Node, links: MeshState) -> bool:
    """Say who makes a connection: the one that comes later finds the other there (recorded)."""
    return (node.index > peer.index) != (frozenset((node.index, peer.index)) in links.backwards)


def port(node: Node) -> int:
    """Return the TCP port from which a node dials (the kernel chooses one for each connection)."""
    return 32768 + short_id(node)


class PeerConnections(Sequence[PeerConnection]):
    """What everybody knows of one peer's connections, made when asked for: in a large mesh they are many."""

    def __init__(self, cluster: Cluster, node: Node, links: MeshState) -> None:
        """``node`` is the peer; ``links`` is the state of the mesh."""
        self._asked = cluster, node, links

    @cached_property
    def _made(self) -> tuple[PeerConnection, ...]:
        _, node, links = self._asked
        out = []
        for peer in neighbours(*self._asked):
            dials = _dials(node, peer, links)
            address = f"{peer.address}:{PORT if dials else port(peer)}"
            out.append(PeerConnection(peer_name(peer), peer.name, address, dials))
        return tuple(out)

    def __len__(self) -> int:
        return len(self._made)

    def __getitem__(self, index):
        return self._made[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PeerConnections) and self._made == other._made

    def __hash__(self) -> int:
        return hash(self._asked[1])


def neighbours(cluster: Cluster, node: Node, links: MeshState) -> list[Node]:
    """Return the peers with a connection, by name as the mesh sorts them."""
    cut = {index for pair in links.cut if node.index in pair for index in pair}
    return sorted(
        (peer for peer in cluster.nodes if peer is not node and peer.index not in cut), key=peer_name
    )


def tree(cluster: Cluster, root: Node, links: MeshState) -> dict[Node, Node]:
    """Return each reachable peer's parent in a breadth-first search from ``root`` (mesh/peer.go)."""
    parents: dict[Node, Node] = {}
    missing = {peer for peer in cluster.nodes if peer is not root}
    queue = [root]
    for parent in queue:
        if not missing:
            break
        found = [peer for peer in neighbours(cluster, parent, links) if peer in missing]
        parents.update(dict.fromkeys(found, parent))
        missing.difference_update(found)
        queue += found
    return parents


def routes(cluster: Cluster, node: Node, links: MeshState) -> dict[Node, Node]:
    """Return the next peer on the way to each: the first hop in the tree from this node."""
    out: dict[Node, Node] = {}
    for peer, parent in tree(cluster, node, links).items():
        out[peer] = peer if parent is node else out[parent]
    return out


def broadcasts(cluster: Cluster, node: Node, links: MeshState) -> Iterator[tuple[Node, list[Node]]]:
    """Yield, for each origin, the peers to which this node passes its broadcasts: its children in the tree.

    A peer with all connections reaches everybody itself; nobody passes its broadcasts on.
    """
    partial = {index for pair in links.cut for index in pair}
    for origin in (node, *routes(cluster, node, links)):
        last = origin is not node and origin.index not in partial
        below = {} if last else tree(cluster, origin, links)
        yield origin, [peer for peer, parent in below.items() if parent is node]


def _encryption(name: str) -> Iterator[Operation]:
    """Return the rules that every node with encryption has (``resetIPTables``)."""
    for table, chain, spec in (
        ("mangle", "INPUT", "-j WEAVE-IPSEC-IN"),
        ("mangle", "WEAVE-IPSEC-IN-MARK", f"-j MARK --set-xmark {MASKED}"),
        ("filter", "INPUT", "-j WEAVE-IPSEC-IN"),
        ("mangle", "OUTPUT", "-j WEAVE-IPSEC-OUT"),
        ("mangle", "WEAVE-IPSEC-OUT-MARK", f"-j MARK --set-xmark {MASKED}"),
        ("filter", "OUTPUT", f"! -p esp -m policy --dir out --pol none -m mark --mark {MASKED} -j DROP"),
    ):
        yield Operation(name, IptablesRule(table, chain, spec), "weaver", IPSEC)


def _association(name: str, node: Node, peer: Node) -> Iterator[Operation]:
    """Return what encrypts the traffic with one peer, and drops what comes from it in clear."""
    me, other = node.address, peer.address
    inwards, vxlan = f"-s {other}/32 -d {me}/32", f"-p udp -m udp --dport {VXLAN_PORT}"
    agreed = f"-p esp -m esp --espspi {spi(peer, node)}"
    for table, chain, spec in (
        ("mangle", "WEAVE-IPSEC-IN", f"{inwards} {agreed} -j WEAVE-IPSEC-IN-MARK"),
        ("filter", "WEAVE-IPSEC-IN", f"{inwards} {vxlan} -m mark ! --mark {MASKED} -j DROP"),
        ("mangle", "WEAVE-IPSEC-OUT", f"-s {me}/32 -d {other}/32 {vxlan} -j WEAVE-IPSEC-OUT-MARK"),
    ):
        yield Operation(name, IptablesRule(table, chain, spec), "weaver", IPSEC, peer.name)
    yield Operation(name, XfrmStateEntry(other, me, spi(peer, node)), "weaver", IPSEC, peer.name)
    yield Operation(name, XfrmStateEntry(me, other, spi(node, peer)), "weaver", IPSEC, peer.name)
    yield Operation(
        name, XfrmPolicyEntry(me, other, "udp", MARK, spi(node, peer)), "weaver", IPSEC, peer.name
    )


WITHOUT = together(
    drop(
        entries(
            MeshPeerEntry,
            ConnectionEntry,
            FailedEntry,
            UnicastEntry,
            BroadcastEntry,
            XfrmPolicyEntry,
            XfrmStateEntry,
        )
    ),
    drop(entries(source={IPSEC})),
)
"""The edit that takes away all of ``plan`` above, so that another state of the mesh can take its place."""
