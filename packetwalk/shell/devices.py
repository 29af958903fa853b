"""Devices as ``ip link`` and ``ip addr`` print them (iproute2 6.1)."""

from __future__ import annotations

from packetwalk.datapath.netns import Netns
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import LinkEntry, link
from packetwalk.walks.network import Network

BROADCAST = "ff:ff:ff:ff:ff:ff"
FLAGS = {
    "lo": "LOOPBACK,UP,LOWER_UP",
    "ipip": "NOARP,UP,LOWER_UP",
    "wireguard": "POINTOPOINT,NOARP,UP,LOWER_UP",
    "tun": "POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP",
}
WIRED = ("veth", "eth")


def numbers(ns: Netns) -> dict[str, int]:
    """Return the number of each device."""
    return link.numbers(ns.name, ns.links)


def other_end(terminal: Terminal, link: LinkEntry) -> str:
    """Return what stands behind a device's name: ``@if4``, ``@name``, ``@NONE``, or nothing."""
    if link.kind == "ipip":
        return "@NONE"
    if link.kind == "eth":
        return f"@if{_socket(terminal.state.network, terminal.name, link)}"
    if link.peer is None:
        return ""
    netns, name = link.peer
    return f"@{name}" if netns == terminal.name else f"@if{numbers(terminal.state.netns(netns))[name]}"


def _socket(network: Network, netns: str, nic: LinkEntry) -> int:
    """Return the number of the port that a NIC is plugged into: after ``lo`` and the bridges."""
    names = [*(node.name for node in network.nodes), ROUTER, INTERNET]
    nics = [
        (name, link)
        for name in names
        for link in network.fabric.netns(name).links.values()
        if link.kind == "eth"
    ]
    segments = {link.segment for _, link in nics}
    return 2 + len(segments) + [(name, link.ifname) for name, link in nics].index((netns, nic.ifname))


def namespace_id(ns: Netns, link: LinkEntry) -> int | None:
    """Return the number by which the namespace of a veth's or a NIC's other end is known here."""
    wired = [
        each
        for each in sorted(ns.links.values(), key=lambda each: numbers(ns)[each.ifname])
        if each.kind == "eth" or (each.peer and each.peer[0] != ns.name)
    ]
    ends = list(dict.fromkeys("wire" if each.kind == "eth" else each.peer[0] for each in wired if each))  # type: ignore[index]
    if link not in wired:
        return None
    return ends.index("wire" if link.kind == "eth" else link.peer[0])  # type: ignore[index]


def state(ns: Netns, link: LinkEntry) -> str:
    """Return the operational state."""
    if link.kind == "bridge":
        return "UP" if ns.ports.get(link.ifname) else "DOWN"
    return "UP" if link.kind in WIRED else "UNKNOWN"


def flags(ns: Netns, link: LinkEntry) -> str:
    """Return the device's flags."""
    if state(ns, link) == "DOWN":
        return "NO-CARRIER,BROADCAST,MULTICAST,UP"
    return FLAGS.get(link.kind, "BROADCAST,MULTICAST,UP,LOWER_UP")


def hardware(link: LinkEntry) -> str:
    """Return the link layer's name and addresses."""
    if link.kind == "lo":
        return f"link/loopback {link.address} brd {link.address}"
    if link.kind == "ipip":
        return f"link/ipip {link.local or '0.0.0.0'} brd 0.0.0.0"
    if not link.address:
        return "link/none "
    return f"link/ether {link.address} brd {BROADCAST}"


def lines(terminal: Terminal, link: LinkEntry, *, mode: bool, details: bool = False) -> str:
    """Return the two lines of a device; ``ip addr`` leaves the mode out."""
    ns = terminal.ns
    queue = "fq_codel" if link.kind == "tun" else "noqueue"
    length = 500 if link.kind == "tun" else 1000
    head = f"{numbers(ns)[link.ifname]}: {link.ifname}{other_end(terminal, link)}: <{flags(ns, link)}>"
    master = f" master {link.master}" if link.master else ""
    text = f"{head} mtu {link.mtu} qdisc {queue}{master} state {state(ns, link)}"
    text += f"{' mode DEFAULT' if mode else ''} group default qlen {length}\n    {hardware(link)}"
    number = namespace_id(ns, link)
    text += f" link-netnsid {number}" if number is not None else ""
    return f"{text}{_details(link) if details else ''}\n"


def _details(link: LinkEntry) -> str:
    """Return what ``ip -d`` adds, for a VXLAN device with the kernel's defaults of Linux 6.18."""
    return (
        " promiscuity 0  allmulti 0 minmtu 68 maxmtu 65535 \n"
        f"    vxlan id {link.vni} local {link.local} dev {link.link} srcport 0 0 dstport {link.port} "
        "nolearning ttl auto ageing 300 udpcsum noudp6zerocsumtx noudp6zerocsumrx addrgenmode eui64 "
        "numtxqueues 1 numrxqueues 1 gso_max_size 65536 gso_max_segs 65535 tso_max_size 524280 "
        "tso_max_segs 65535 gro_max_size 65536 "
    )


def brief(terminal: Terminal, link: LinkEntry, what: str) -> str:
    """Return the line of ``ip -br``."""
    name = f"{link.ifname}{other_end(terminal, link)}"
    return f"{name:<16} {state(terminal.ns, link):<14} {what} \n"
