"""``ip link set``: MTU and MAC of a device."""

from __future__ import annotations

from packetwalk.shell.ip import link_state
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, mac, number, twice
from packetwalk.tables import FdbEntry, LinkEntry
from packetwalk.tables.neighbour import NEIGHBOURS

LARGEST = {"lo": 2**32 - 1, "ipip": 65515}
SMALLEST = {"lo": 0}
VXLAN_HEADERS = 50  # bytes of the outer headers, Ethernet's included (VXLAN_HEADROOM)
OTHER = [
    "arp",
    "dynamic",
    "multicast",
    "allmulticast",
    "promisc",
    "trailers",
    "name",
    "alias",
    "txqueuelen",
    "txqlen",
    "qlen",
    "netns",
    "master",
    "nomaster",
    "vf",
    "vrf",
    "group",
    "addrgenmode",
    "link-netnsid",
    "type",
    "protodown",
    "xdp",
    "mode",
    "state",
    "index",
    "numtxqueues",
    "broadcast",
    "brd",
]
KNOWN = "mtu BYTES, address MAC, up, down"


def run(terminal: Terminal, words: Words) -> str:
    """Run ``ip link set``; all words are read before anything is changed."""
    dev, mtu, address, up = "", None, None, None
    while words:
        word = words.next()
        if word in ("up", "down"):
            up = word == "up"
            continue
        if word == "mtu":
            mtu = _signed(words.next())
        elif word in ("address", "lladdr"):
            address = words.next()
        elif word == "dev" or not dev:
            dev = words.next() if word == "dev" else word
        elif word in OTHER:
            raise Unknown("ip link set", word, KNOWN)
        else:
            raise twice("dev", word)
    if not dev:
        raise Failure('Not enough information: "dev" argument is required.', 255)
    link = terminal.link(dev)
    if address is not None:
        _set_address(terminal, link, mac(address))
    if mtu is not None:
        _set_mtu(terminal, terminal.link(dev), mtu)
    if up is not None:
        (link_state.bring_up if up else link_state.take_down)(terminal, terminal.link(dev))
    return ""


def _signed(value: str) -> int:
    """Return an MTU; a negative one is none the kernel allows, not none the program reads."""
    if value.startswith("-") and value[1:].isdigit():
        return -1
    return number(value, 'Invalid "mtu" value\n')


def _set_mtu(terminal: Terminal, link: LinkEntry, mtu: int) -> None:
    if mtu > LARGEST.get(link.kind, 65535):
        raise Failure("Error: mtu greater than device maximum.", 2)
    if mtu < SMALLEST.get(link.kind, 68):
        raise Failure("Error: mtu less than device minimum.", 2)
    lower = terminal.ns.links.get(link.link or "")
    if link.kind == "vxlan" and lower is not None and mtu > lower.mtu - VXLAN_HEADERS:
        raise Failure("RTNETLINK answers: Invalid argument", 2)
    _change_mtu(terminal, link, link._replace(mtu=mtu, mtu_by_hand=link.kind == "bridge"))
    if link.master:
        _follow_ports(terminal, terminal.link(link.master))


def _follow_ports(terminal: Terminal, bridge: LinkEntry) -> None:
    """Give a bridge the smallest MTU of its ports, unless somebody gave it one (``br_mtu_auto_adjust``)."""
    least = min((port.mtu for port in terminal.ns.ports.get(bridge.ifname, ())), default=bridge.mtu)
    if bridge.kind == "bridge" and not bridge.mtu_by_hand and least != bridge.mtu:
        _change_mtu(terminal, bridge, bridge._replace(mtu=least))


def _change_mtu(terminal: Terminal, link: LinkEntry, new: LinkEntry) -> None:
    terminal.state.replace(terminal.name, link, new)
    terminal.state.paths.change_mtu(terminal.name, link.ifname, link.mtu, new.mtu)


def _set_address(terminal: Terminal, link: LinkEntry, address: str) -> None:
    """Change a device's MAC; the kernel then forgets its neighbours, permanent ones too (``neigh_changeaddr``)."""
    if not link.address:
        raise Failure("RTNETLINK answers: Operation not supported", 2)
    if int(address[:2], 16) & 1 or set(address) == {"0", ":"}:
        raise Failure("RTNETLINK answers: Cannot assign requested address", 2)
    if link.kind == "lo":
        raise Unknown("ip link set", f"address of {link.ifname}", "address MAC of another device")
    for entry in terminal.ns.entries(NEIGHBOURS):
        if entry.dev == link.ifname:
            terminal.state.remove(terminal.name, entry)
    terminal.state.replace(terminal.name, link, link._replace(address=address))
    if any(port.address == address for port in terminal.ns.ports.get(link.ifname, ())):
        mine = FdbEntry(address, link.ifname, master=link.ifname, state="permanent")
        terminal.state.remove(terminal.name, mine)  # the port's entry was there before (fdb_add_local)
