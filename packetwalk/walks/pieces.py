"""The Linux pieces: small networks of a few namespaces, one idea each.

A piece is a plan like a plugin's, so its commands can be run as they are; ``variants`` change one
thing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, Unpack

from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.errors import BadInput
from packetwalk.plan.operation import Operation
from packetwalk.tables import (
    AddrEntry,
    Entry,
    FdbEntry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    RouteEntry,
    SocketEntry,
    SysctlEntry,
)
from packetwalk.trace.packet import Packet, PacketOptions
from packetwalk.walks.walk import Walk

HOLDS_FOR = "Linux 6.18"
Net = Mapping[str, list[Entry]]


class Trip(NamedTuple):
    """A destination to try: from a namespace to an address."""

    name: str
    title: str
    src: str
    dst: str


class Variant(NamedTuple):
    """One thing changed: ``change`` returns the network as it is then."""

    name: str
    title: str
    change: Callable[[Net], Net]


class Piece(NamedTuple):
    """A small network: entries by namespace, trips through it, whether nobody has asked ARP yet.

    ``fits`` is the largest ping payload that needs no fragments, in bytes.
    """

    name: str
    title: str
    net: Net
    trips: tuple[Trip, ...]
    variants: tuple[Variant, ...] = ()
    cold: bool = False
    fits: int = 1472


LO = LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00")
RED, BLUE, GREEN, BR = (f"02:00:00:00:00:{n:02x}" for n in (1, 2, 3, 254))


def cable(
    netns: str,
    device: str,
    mac: str,
    peer: str,
    peer_device: str,
    *,
    master: str | None = None,
    creates: bool = True,
) -> LinkEntry:
    """Return one end of a veth pair, MTU 1500."""
    del netns
    return LinkEntry(device, "veth", 1500, mac, master, (peer, peer_device), creates=creates)


def pair() -> Net:
    """Two namespaces and a cable."""
    return {
        "red": [
            LO,
            cable("red", "veth-red", RED, "blue", "veth-blue"),
            AddrEntry("veth-red", "192.0.2.1", 24),
        ],
        "blue": [
            LO,
            cable("blue", "veth-blue", BLUE, "red", "veth-red", creates=False),
            AddrEntry("veth-blue", "192.0.2.2", 24),
        ],
    }


def switched() -> dict[str, list[Entry]]:
    """Three namespaces on the bridge br0 of the machine."""
    host: list[Entry] = [
        LO,
        LinkEntry("br0", "bridge", 1500, BR),
        SysctlEntry("net.bridge.bridge-nf-call-iptables", "0"),
    ]
    out = {"host": host}
    for number, (name, mac) in enumerate((("red", RED), ("blue", BLUE), ("green", GREEN)), 1):
        port = f"02:00:00:00:01:{number:02x}"
        host.append(cable("host", f"v-{name}", port, name, "eth0", master="br0"))
        out[name] = [
            LO,
            cable(name, "eth0", mac, "host", f"v-{name}", creates=False),
            AddrEntry("eth0", f"192.0.2.{number}", 24),
        ]
    return out


def routed() -> Net:
    """The bridged network with a machine that forwards and a choice of routes in red."""
    net = switched()
    net["host"] += [AddrEntry("br0", "192.0.2.254", 24), SysctlEntry("net.ipv4.ip_forward", "1")]
    net["red"] += [
        RouteEntry("default", "eth0", "192.0.2.254"),
        RouteEntry("198.51.100.0/24", "eth0", "203.0.113.1", onlink=True),
        RouteEntry("198.51.100.0/25", "eth0", "192.0.2.2"),
        RouteEntry("198.51.100.0/24", "eth0", "192.0.2.2", metric=100),
    ]
    net["blue"] += [AddrEntry("lo", "198.51.100.7", 32)]
    return net


def written_down() -> Net:
    """The bridged network with one neighbour that somebody wrote down and nobody has."""
    net = switched()
    net["red"].append(NeighEntry("192.0.2.77", "eth0", "02:00:00:00:00:77", "PERMANENT"))
    return net


def known_macs() -> Net:
    """The bridged network, bridge FDB filled by earlier traffic, red with blue's MAC written down."""
    net = switched()
    net["host"] += [
        FdbEntry(mac, f"v-{name}", master="br0")
        for name, mac in (("red", RED), ("blue", BLUE), ("green", GREEN))
    ]
    net["red"].append(NeighEntry("192.0.2.2", "eth0", BLUE, "PERMANENT"))
    net["blue"].append(NeighEntry("192.0.2.1", "eth0", RED, "PERMANENT"))
    return {**net, **tunnel()}


def tunnel() -> Net:
    """Two machines on one cable, each with a VXLAN device, joined as flanneld joins them."""
    ends = {
        "left": ("192.0.2.1", "02:00:00:00:00:01", "10.244.1.0"),
        "right": ("192.0.2.2", "02:00:00:00:00:02", "10.244.2.0"),
    }
    out: dict[str, list[Entry]] = {}
    for name, peer in (("left", "right"), ("right", "left")):
        address, mac, inner = ends[name]
        far, far_mac, far_inner = ends[peer]
        card = f"02:00:00:00:0a:0{1 if name == 'left' else 2}"
        out[name] = [
            LO,
            cable(name, "eth0", card, peer, "eth0", creates=name == "left"),
            AddrEntry("eth0", address, 24),
            LinkEntry("vx0", "vxlan", 1450, mac, vni=1, local=address, link="eth0", port=8472),
            AddrEntry("vx0", inner, 32),
            SocketEntry("udp", 8472, "kernel (vxlan)"),
            NeighEntry(far_inner, "vx0", far_mac, "PERMANENT"),
            FdbEntry(far_mac, "vx0", far, flags=("self",), state="permanent"),
            RouteEntry(f"{far_inner}/24", "vx0", far_inner, onlink=True),
        ]
    return out


def guarded() -> Net:
    """A machine between inside and outside that masquerades, with a counting rule at each hook."""
    counters = [
        IptablesRule("mangle", hook, "-p icmp")
        for hook in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
    ]
    masquerade = IptablesRule("nat", "POSTROUTING", "-s 10.0.0.0/24 -o out0 -j MASQUERADE")
    return {
        "inside": [
            LO,
            cable("inside", "eth0", RED, "fw", "in0", creates=False),
            AddrEntry("eth0", "10.0.0.2", 24),
            RouteEntry("default", "eth0", "10.0.0.1"),
        ],
        "fw": [
            LO,
            cable("fw", "in0", "02:00:00:00:0b:01", "inside", "eth0"),
            cable("fw", "out0", "02:00:00:00:0b:02", "outside", "eth0"),
            AddrEntry("in0", "10.0.0.1", 24),
            AddrEntry("out0", "192.0.2.1", 24),
            SysctlEntry("net.ipv4.ip_forward", "1"),
            masquerade,
            *counters,
        ],
        "outside": [
            LO,
            cable("outside", "eth0", BLUE, "fw", "out0", creates=False),
            AddrEntry("eth0", "192.0.2.9", 24),
        ],
    }


def _without(kind: type, *where: str) -> Callable[[Net], Net]:
    """Return a change that takes all entries of one kind out of some namespaces."""
    return lambda net: {
        name: [e for e in entries if name not in where or not isinstance(e, kind)]
        for name, entries in net.items()
    }


def _loopback_up(net: Net) -> Net:
    return {name: [LO, *entries] for name, entries in net.items()}


PIECES = {
    piece.name: piece
    for piece in (
        Piece(
            "netns",
            "a network namespace that was just made",
            {"red": []},
            (
                Trip("outside", "to an address on the internet", "red", "203.0.113.9"),
                Trip("itself", "to 127.0.0.1", "red", "127.0.0.1"),
            ),
            (Variant("lo-up", "the loopback device is up", _loopback_up),),
        ),
        Piece(
            "veth", "two namespaces and a cable", pair(), (Trip("across", "red to blue", "red", "192.0.2.2"),)
        ),
        Piece(
            "bridge",
            "three namespaces on a bridge",
            switched(),
            (Trip("switched", "red to blue", "red", "192.0.2.2"),),
            cold=True,
        ),
        Piece(
            "route",
            "one table, four lines that could match",
            routed(),
            (
                Trip("longest", "to 198.51.100.7", "red", "198.51.100.7"),
                Trip("metric", "to 198.51.100.200", "red", "198.51.100.200"),
                Trip("default", "to 203.0.113.9", "red", "203.0.113.9"),
            ),
        ),
        Piece(
            "neigh",
            "asking for a MAC",
            written_down(),
            (
                Trip("answered", "to 192.0.2.2", "red", "192.0.2.2"),
                Trip("nobody", "to 192.0.2.99, which nobody has", "red", "192.0.2.99"),
                Trip("written-down", "to 192.0.2.77, written down", "red", "192.0.2.77"),
            ),
            cold=True,
        ),
        Piece(
            "fdb",
            "a bridge's FDB and a VXLAN device's",
            known_macs(),
            (
                Trip("bridge", "red to blue by the bridge", "red", "192.0.2.2"),
                Trip("vxlan", "left to right by VXLAN", "left", "10.244.2.0"),
            ),
            (Variant("no-entry", "the entries are taken away", _without(FdbEntry, "host", "left")),),
        ),
        Piece(
            "vxlan",
            "two machines, a frame inside UDP",
            tunnel(),
            (Trip("wrapped", "left to right", "left", "10.244.2.0"),),
            fits=1422,
        ),
        Piece(
            "netfilter",
            "a machine that masquerades",
            guarded(),
            (
                Trip("through", "inside to outside", "inside", "192.0.2.9"),
                Trip("from-router", "the router itself to outside", "fw", "192.0.2.9"),
            ),
        ),
    )
}


def piece(name: str) -> Piece:
    """Return a piece by name; BadInput lists the valid ones."""
    if name not in PIECES:
        raise BadInput("piece", name, PIECES)
    return PIECES[name]


def walk_piece(
    name: str,
    trip: str | None = None,
    *,
    variant: str | None = None,
    **given: Unpack[PacketOptions],
) -> Walk:
    """Send one packet through a piece and return all that happened; its fields as for ``packetwalk.walk``."""
    found = piece(name)
    chosen = found.trips[0] if trip is None else next((t for t in found.trips if t.name == trip), None)
    if chosen is None:
        raise BadInput(f"trip of {name}", trip, [t.name for t in found.trips])
    net, packet = found.net, Packet.of(given, {"cold": found.cold})
    if variant is not None:
        changed = next((v for v in found.variants if v.name == variant), None)
        if changed is None:
            raise BadInput(f"variant of {name}", variant, [v.name for v in found.variants])
        net = changed.change(net)
    run = client.send(_fabric(net), chosen.src, chosen.dst, 7, packet)
    return Walk(
        plugin="linux",
        mode=name,
        scenario=chosen.name,
        title=f"{found.title}: {chosen.title}",
        holds_for=HOLDS_FOR,
        packet=packet,
        fault=variant,
        traces=run.traces,
        run=run,
    )


def _fabric(net: Net) -> Fabric:
    def place(name: str) -> NetnsPlan:
        kind = "node" if name in ("host", "fw", "left", "right") else "pod"
        operations = [Operation(name, entry, "you") for entry in net[name]]
        return NetnsPlan(name, kind, name, operations)

    return Fabric(place, {})
