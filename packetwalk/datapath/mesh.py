"""Weaver, Weave Net's router in user space: to which peer a frame goes, and by which neighbour.

Mirrors ``handleCapturedPacket``, ``handleForwardedPacket``, ``relay`` and ``relayBroadcast`` of weave
router/network_router.go.  How a frame travels then is the affair of the overlay (``devices.ovs``,
``devices.weaver``).
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run, Skb
from packetwalk.tables import ConnectionEntry, MacEntry, MeshPeerEntry
from packetwalk.tables.weaver import BROADCAST, CONNECTIONS, MACS, PEERS, RING, UNICAST
from packetwalk.wire import Arp
from packetwalk.wire.address import ipv4_to_int

LARGE = 32
"""More connections than this make a mesh large."""


class Hop(NamedTuple):
    """A frame from peer ``src`` to peer ``dst`` goes over ``connection``; None: it is injected here."""

    connection: ConnectionEntry | None
    src: str
    dst: str


class Mesh:
    """What one weaver knows: its peers, its connections, its routes; nothing changes in a walk."""

    def __init__(self, ns: Netns) -> None:
        """``ns`` is the node; its own peer has the name of its bridge, else it is the first written down."""
        peers = ns.entries(PEERS)
        bridge = ns.links["weave"].address if "weave" in ns.links else ""
        self.me = next((peer for peer in peers if peer.name == bridge), peers[0])
        self.peers = {peer.name: peer for peer in peers}
        self.by_short_id = {peer.short_id: peer for peer in peers}
        made = (each for each in ns.entries(CONNECTIONS) if isinstance(each, ConnectionEntry))
        self.connections = {each.peer: each for each in made}
        self.unicast = {each.dest: each for each in ns.entries(UNICAST)}
        self.broadcast = {each.source: each for each in ns.entries(BROADCAST)}
        self.ring = ns.entries(RING)
        self.device = next(iter(port for port in ("vethwe-datapath", "vethwe-pcap") if port in ns.links), "")

    def nickname(self, peer: str) -> str:
        """Return the node's name of a peer."""
        return self.peers[peer].nickname if peer in self.peers else peer


def of(ns: Netns) -> Mesh | None:
    """Return the weaver of a node, or None where there is none."""
    if not ns.entries(PEERS):
        return None
    found = ns.memo.get("mesh")
    if found is None:
        found = ns.memo["mesh"] = Mesh(ns)
    return found  # type: ignore[return-value]


def captured(run: Run, ns: Netns, skb: Skb) -> list[Hop]:
    """Decide about a frame that a local device sent; an empty list when it goes nowhere."""
    mesh, eth = of(ns), skb.stack[0]
    assert mesh is not None
    learn(run, ns, eth.src, mesh.me)
    known = place_of(run, ns, eth.dst)
    if known is None:
        hops = spread(run, ns, skb, mesh.me.name)
        if not hops:
            run.drop(ns, skb, mesh.device, None, ("weaver-alone",))
        return hops
    if known.peer == mesh.me.name:
        run.drop(ns, skb, mesh.device, known, ("weaver-local", eth.dst))
        return []
    run.emit(ns, skb, "fdb", mesh.device, known, ("weaver-mac", eth.dst, known.nickname))
    return relay(run, ns, skb, mesh.me.name, known.peer)


def forwarded(run: Run, ns: Netns, skb: Skb, src: str, dst: str) -> list[Hop]:
    """Decide about a frame that came from another peer: for this node, for everybody, or to be passed on."""
    mesh, eth = of(ns), skb.stack[0]
    assert mesh is not None
    if dst != mesh.me.name:
        return relay(run, ns, skb, src, dst)
    if src in mesh.peers:
        learn(run, ns, eth.src, mesh.peers[src])
    here = [Hop(None, src, dst)]
    known = place_of(run, ns, eth.dst)
    if known and known.peer == mesh.me.name:
        run.emit(ns, skb, "fdb", mesh.device, known, ("weaver-here", eth.dst))
        return here
    return here + spread(run, ns, skb, src)


def relay(run: Run, ns: Netns, skb: Skb, src: str, dst: str) -> list[Hop]:
    """Find the neighbour that is the next on the way to a peer."""
    mesh = of(ns)
    assert mesh is not None
    route = mesh.unicast.get(dst)
    connection = mesh.connections.get(route.via) if route else None
    if route is None or connection is None:
        run.drop(ns, skb, mesh.device, route, ("weaver-no-route", mesh.nickname(dst)))
        return []
    key = "weaver-direct" if route.via == dst else "weaver-relay"
    run.emit(ns, skb, "route", None, route, (key, mesh.nickname(dst), mesh.nickname(route.via)))
    return [Hop(connection, src, dst)]


def spread(run: Run, ns: Netns, skb: Skb, src: str) -> list[Hop]:
    """Find the neighbours to which this peer passes what ``src`` sends to everybody."""
    mesh = of(ns)
    assert mesh is not None
    entry = mesh.broadcast.get(src)
    hops = [
        Hop(mesh.connections[via], src, via)
        for via in (entry.via if entry else ())
        if via in mesh.connections
    ]
    if is_shortened(run, ns) and hops:
        return _towards(mesh, skb, hops)
    if hops:
        names = ", ".join(mesh.nickname(hop.dst) for hop in hops)
        mac = skb.stack[0].dst
        key = "weaver-flood" if is_group(mac) else "weaver-unknown"
        run.emit(ns, skb, "route", None, entry, (key, mac, names))
    return hops


def is_shortened(run: Run, ns: Netns) -> bool:
    """Say whether a flood is followed only to where it matters: unrecorded, and in a large mesh."""
    mesh = of(ns)
    return run.muted and mesh is not None and len(mesh.connections) > LARGE


def _towards(mesh: Mesh, skb: Skb, hops: list[Hop]) -> list[Hop]:
    """Return only the copy of an ARP question that can be answered, by the ring that gave the address.

    In a large mesh the question before a warm walk is not followed to thousands of nodes where it
    changes nothing; a recorded one is.
    """
    message = skb.stack[1]
    if not isinstance(message, Arp):
        return hops
    value = ipv4_to_int(message.tpa)
    for part in mesh.ring:
        if 0 <= value - ipv4_to_int(part.token) < part.size:
            via = mesh.unicast[part.peer].via if part.peer in mesh.unicast else None
            return [hop for hop in hops if hop.dst == via]
    return hops


def learn(run: Run, ns: Netns, mac: str, peer: MeshPeerEntry) -> None:
    """Note behind which peer a MAC was seen (``MacCache.AddForced``)."""
    run.learnt[ns.name, MACS.name, mac] = MacEntry(mac, peer.name, peer.nickname)


def place_of(run: Run, ns: Netns, mac: str) -> MacEntry | None:
    """Return what is known of a MAC; a broadcast address is never known."""
    return run.learnt.get((ns.name, MACS.name, mac))


def is_group(mac: str) -> bool:
    """Say whether a frame is for many (the lowest bit of the first byte)."""
    return bool(int(mac[:2], 16) & 1)
