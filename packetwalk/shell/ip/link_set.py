"""``ip link set``: MTU and MAC of a device, up and down, the bridge that it is a port of."""

from __future__ import annotations

from packetwalk.shell.ip import link_state
from packetwalk.shell.terminal import Failure, Terminal, Unknown
from packetwalk.shell.words import Words, mac, number, twice
from packetwalk.tables import FdbEntry, LinkEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.link import PORT
from packetwalk.tables.neighbour import NEIGHBOURS

LARGEST = {"lo": 2**32 - 1, "ipip": 65515}
SMALLEST = {"lo": 0}
WITHOUT_PORTS = 1500  # bytes, of a bridge (br_mtu_min)
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
KNOWN = "mtu BYTES, address MAC, up, down, master BRIDGE, nomaster"


def run(terminal: Terminal, words: Words) -> str:
    """Run ``ip link set``; all words are read before anything is changed."""
    dev, mtu, address, up, master = "", None, None, None, None
    while words:
        word = words.next()
        if word in ("up", "down"):
            up = word == "up"
            continue
        if word == "mtu":
            mtu = _signed(words.next())
        elif word in ("master", "nomaster"):
            master = _master(terminal, words.next()) if word == "master" else ""
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
    if master is not None and master != (link.master or ""):
        _set_master(terminal, terminal.link(dev), master)
    if mtu is not None:
        _set_mtu(terminal, terminal.link(dev), mtu)
    if up is not None:
        (link_state.bring_up if up else link_state.take_down)(terminal, terminal.link(dev))
    return ""


def _master(terminal: Terminal, name: str) -> str:
    return terminal.link(name, 'Error: argument "{}" is wrong: Device does not exist\n', 255).ifname


def _set_master(terminal: Terminal, link: LinkEntry, master: str) -> None:
    """Make a device a port of a bridge, or of none: it behaves as a new port, and what was learnt there goes (``br_add_if``)."""
    if master:
        _may_be_port(link, terminal.link(master))
    for entry in terminal.ns.entries(FORWARDING):
        if entry.ifname == link.ifname and entry.master and terminal.state.written(terminal.name, entry):
            terminal.state.remove(terminal.name, entry)
    usual = {each: LinkEntry._field_defaults[each] for each in (*PORT, "state")}
    terminal.state.replace(terminal.name, link, link._replace(master=master or None, **usual))
    for bridge in filter(None, (link.master, master)):
        _follow_ports(terminal, terminal.link(bridge))


def _may_be_port(link: LinkEntry, bridge: LinkEntry) -> None:
    if bridge.kind != "bridge":
        raise Failure("RTNETLINK answers: Operation not supported", 2)
    if link.kind == "bridge":
        raise Failure("Error: Can not enslave a bridge to a bridge.", 2)
    if link.kind == "lo":
        raise Failure("RTNETLINK answers: Invalid argument", 2)
    if not link.address:
        raise Unknown("ip link set", f"{link.ifname} master", "ports with Ethernet frames")


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
    least = min((port.mtu for port in terminal.ns.ports.get(bridge.ifname, ())), default=WITHOUT_PORTS)
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
