"""Devices as iproute2 prints them (6.1): what is said of each, as the members of ``-j`` and as text."""

from __future__ import annotations

from typing import Any

from packetwalk.datapath.netns import Netns
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.shell.terminal import Terminal
from packetwalk.tables import LinkEntry
from packetwalk.tables.link import numbers as counted
from packetwalk.walks.network import Network

BROADCAST = "ff:ff:ff:ff:ff:ff"
FLAGS = {
    "lo": "LOOPBACK,UP,LOWER_UP",
    "ipip": "NOARP,UP,LOWER_UP",
    "wireguard": "POINTOPOINT,NOARP,UP,LOWER_UP",
    "tun": "POINTOPOINT,MULTICAST,NOARP,UP,LOWER_UP",
}
WIRED = ("veth", "eth")
PORT = ("hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "isolated")
"""What can be switched of a bridge's port."""
KINDS = {"eth": "veth", "lo": "", "openvswitch": ""}
"""The kernel's name of a kind where it is another one; a node's card is one end of a cable, as in Docker."""


def numbers(ns: Netns) -> dict[str, int]:
    """Return the number of each device."""
    return counted(ns.name, ns.links)


def every(terminal: Terminal) -> list[LinkEntry]:
    """Return the devices by number."""
    order = numbers(terminal.ns)
    return sorted(terminal.ns.links.values(), key=lambda link: order[link.ifname])


def kind(link: LinkEntry) -> str:
    """Return what the kernel calls the kind of a device."""
    return KINDS.get(link.kind, link.kind)


def other_end(terminal: Terminal, link: LinkEntry) -> str | int | None:
    """Return what stands behind a device's name: a number of another namespace, a name of this one."""
    if link.kind == "ipip":
        return "NONE"
    if link.kind == "eth":
        return _socket(terminal.state.network, terminal.name, link)
    if link.peer is None:
        return None
    netns, name = link.peer
    return name if netns == terminal.name else numbers(terminal.state.netns(netns))[name]


def shown_name(terminal: Terminal, link: LinkEntry) -> str:
    """Return a device's name with its other end: ``eth0@if4``, ``tunl0@NONE``, ``cni0``."""
    end = other_end(terminal, link)
    if end is None:
        return link.ifname
    return f"{link.ifname}@{f'if{end}' if isinstance(end, int) else end}"


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


def state(terminal: Terminal, link: LinkEntry) -> str:
    """Return the operational state."""
    if not link.up:
        return "DOWN"
    if not terminal.state.network.fabric.carrier[terminal.ns.name, link.ifname]:
        return "LOWERLAYERDOWN" if link.kind == "veth" else "DOWN"
    return "UP" if link.kind in (*WIRED, "bridge") else "UNKNOWN"


def flags(terminal: Terminal, link: LinkEntry) -> str:
    """Return the device's flags; of two ends that see each other M-DOWN tells that the other one is down."""
    every = FLAGS.get(link.kind, "BROADCAST,MULTICAST,UP,LOWER_UP")
    far = terminal.state.netns(link.peer[0]).links.get(link.peer[1]) if link.peer else None
    seen = link.peer is not None and link.peer[0] == terminal.name
    other = ",M-DOWN" if seen and far is not None and not far.up else ""
    if not link.up:
        return every.replace(",UP,LOWER_UP", "") + other
    if not terminal.state.network.fabric.carrier[terminal.ns.name, link.ifname]:
        return "NO-CARRIER," + every.replace(",LOWER_UP", "") + other
    return every


def switches(link: LinkEntry) -> dict[str, str]:
    """Return how a bridge's port behaves, in the words of the tools."""
    return {name: "on" if getattr(link, name) else "off" for name in PORT}


def hardware(link: LinkEntry) -> tuple[str, str, str]:
    """Return the link layer's name, the device's address there and the broadcast address; nothing where none is."""
    if link.kind == "lo":
        return "loopback", link.address, link.address
    if link.kind == "ipip":
        return "ipip", link.local or "0.0.0.0", "0.0.0.0"
    return ("ether", link.address, BROADCAST) if link.address else ("none", "", "")


def described(terminal: Terminal, link: LinkEntry, *, mode: bool) -> dict[str, Any]:
    """Return the members that ``ip -j link`` prints, in their order; ``ip addr`` leaves the mode out."""
    ns = terminal.ns
    end = other_end(terminal, link)
    layer, address, broadcast = hardware(link)
    out: dict[str, Any] = {"ifindex": numbers(ns)[link.ifname]}
    if isinstance(end, int):
        out["link_index"] = end
    elif end is not None:
        out["link"] = None if end == "NONE" else end
    out |= {"ifname": link.ifname, "flags": flags(terminal, link).split(","), "mtu": link.mtu}
    out["qdisc"] = "fq_codel" if link.kind == "tun" else "noqueue"
    out |= {"master": link.master} if link.master else {}
    out["operstate"] = state(terminal, link)
    out |= {"linkmode": "DEFAULT"} if mode else {}
    out |= {"group": "default", "txqlen": 500 if link.kind == "tun" else 1000, "link_type": layer}
    out |= {"address": address, "broadcast": broadcast} if address else {}
    number = namespace_id(ns, link)
    return out if number is None else {**out, "link_netnsid": number}


def head(terminal: Terminal, told: dict[str, Any], *, family: str = "") -> str:
    """Return the first line of a device; what asks for IPv6 alone is told less."""
    link = terminal.ns.links[told["ifname"]]
    text = f"{told['ifindex']}: {shown_name(terminal, link)}: <{','.join(told['flags'])}> mtu {told['mtu']}"
    text += f" qdisc {told['qdisc']}" if family != "inet6" else ""
    text += f" master {told['master']}" if "master" in told else ""
    text += f" state {told['operstate']}"
    text += f" mode {told['linkmode']}" if "linkmode" in told else ""
    text += f" group {told['group']}" if family != "inet6" else ""
    return f"{text} qlen {told['txqlen']}"


def layer(told: dict[str, Any]) -> str:
    """Return the second line of a device."""
    addresses = f"{told['address']} brd {told['broadcast']}" if "address" in told else ""
    return f"    link/{told['link_type']} {addresses}"


def lines(terminal: Terminal, link: LinkEntry, *, mode: bool, details: str = "", family: str = "") -> str:
    """Return what is printed of a device; who asks for one family's addresses is not told the link layer's."""
    told = described(terminal, link, mode=mode)
    text = head(terminal, told, family=family)
    if not family:
        text += f"\n{layer(told)}"
    text += f" link-netnsid {told['link_netnsid']}" if "link_netnsid" in told else ""
    return f"{text}{details}\n"


def brief(terminal: Terminal, link: LinkEntry, what: str) -> str:
    """Return the line of ``ip -br``."""
    return f"{shown_name(terminal, link):<16} {state(terminal, link):<14} {what} \n"
