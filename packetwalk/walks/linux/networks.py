"""The entries of the small networks, by namespace; what changes them in one point."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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

Entries = Mapping[str, list[Entry]]

LO = LinkEntry("lo", "lo", 65536, "00:00:00:00:00:00")
RED, BLUE, GREEN, BR = (f"02:00:00:00:00:{n:02x}" for n in (1, 2, 3, 254))


def veth(
    device: str,
    mac: str,
    peer: str,
    peer_device: str,
    *,
    master: str | None = None,
    creates: bool = True,
) -> LinkEntry:
    """Return one end of a veth pair, MTU 1500."""
    return LinkEntry(device, "veth", 1500, mac, master, (peer, peer_device), creates=creates)


def pair() -> Entries:
    """Two namespaces and a veth pair."""
    return {
        "red": [
            LO,
            veth("veth-red", RED, "blue", "veth-blue"),
            AddrEntry("veth-red", "192.0.2.1", 24),
        ],
        "blue": [
            LO,
            veth("veth-blue", BLUE, "red", "veth-red", creates=False),
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
        host.append(veth(f"v-{name}", port, name, "eth0", master="br0"))
        out[name] = [
            LO,
            veth("eth0", mac, "host", f"v-{name}", creates=False),
            AddrEntry("eth0", f"192.0.2.{number}", 24),
        ]
    return out


def routed() -> Entries:
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


def written_down() -> Entries:
    """The bridged network with one neighbour that somebody wrote down and nobody has."""
    net = switched()
    net["red"].append(NeighEntry("192.0.2.77", "eth0", "02:00:00:00:00:77", "PERMANENT"))
    return net


def known_macs() -> Entries:
    """The bridged network, bridge FDB filled by earlier traffic, red with blue's MAC written down."""
    net = switched()
    net["host"] += [
        FdbEntry(mac, f"v-{name}", master="br0")
        for name, mac in (("red", RED), ("blue", BLUE), ("green", GREEN))
    ]
    net["red"].append(NeighEntry("192.0.2.2", "eth0", BLUE, "PERMANENT"))
    net["blue"].append(NeighEntry("192.0.2.1", "eth0", RED, "PERMANENT"))
    return {**net, **tunnel()}


def tunnel() -> Entries:
    """Two machines on one veth pair, each with a VXLAN device, joined as flanneld joins them."""
    ends = {
        "left": ("192.0.2.1", "02:00:00:00:00:01", "10.244.1.0"),
        "right": ("192.0.2.2", "02:00:00:00:00:02", "10.244.2.0"),
    }
    out: dict[str, list[Entry]] = {}
    for name, peer in (("left", "right"), ("right", "left")):
        address, mac, inner = ends[name]
        far, far_mac, far_inner = ends[peer]
        nic = f"02:00:00:00:0a:0{1 if name == 'left' else 2}"
        out[name] = [
            LO,
            veth("eth0", nic, peer, "eth0", creates=name == "left"),
            AddrEntry("eth0", address, 24),
            LinkEntry("vx0", "vxlan", 1450, mac, vni=1, local=address, link="eth0", port=8472),
            AddrEntry("vx0", inner, 32),
            SocketEntry("udp", 8472, "kernel (vxlan)"),
            NeighEntry(far_inner, "vx0", far_mac, "PERMANENT"),
            FdbEntry(far_mac, "vx0", far, flags=("self",), state="permanent"),
            RouteEntry(f"{far_inner}/24", "vx0", far_inner, onlink=True),
        ]
    return out


def guarded() -> Entries:
    """A machine between inside and outside that masquerades, with a counting rule at each hook."""
    counters = [
        IptablesRule("mangle", hook, "-p icmp")
        for hook in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
    ]
    masquerade = IptablesRule("nat", "POSTROUTING", "-s 10.0.0.0/24 -o out0 -j MASQUERADE")
    return {
        "inside": [
            LO,
            veth("eth0", RED, "fw", "in0", creates=False),
            AddrEntry("eth0", "10.0.0.2", 24),
            RouteEntry("default", "eth0", "10.0.0.1"),
        ],
        "fw": [
            LO,
            veth("in0", "02:00:00:00:0b:01", "inside", "eth0"),
            veth("out0", "02:00:00:00:0b:02", "outside", "eth0"),
            AddrEntry("in0", "10.0.0.1", 24),
            AddrEntry("out0", "192.0.2.1", 24),
            SysctlEntry("net.ipv4.ip_forward", "1"),
            masquerade,
            *counters,
        ],
        "outside": [
            LO,
            veth("eth0", BLUE, "fw", "out0", creates=False),
            AddrEntry("eth0", "192.0.2.9", 24),
        ],
    }


def without(kind: type, *where: str) -> Callable[[Entries], Entries]:
    """Return a change that takes all entries of one kind out of some namespaces."""
    return lambda net: {
        name: [e for e in entries if name not in where or not isinstance(e, kind)]
        for name, entries in net.items()
    }


def loopback_up(net: Entries) -> Entries:
    return {name: [LO, *entries] for name, entries in net.items()}
