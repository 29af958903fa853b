"""``ip link``: show, and set with an MTU or a MAC."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from packetwalk.shell import devices
from packetwalk.shell.terminal import Failure, Terminal, Unknown, Words
from packetwalk.tables import LinkEntry

SHOW = ("", "show", "list", "ls", "lst", "sh", "s")
LARGEST = {"veth": 65535, "eth": 65535, "vxlan": 65535, "bridge": 65535, "lo": 2**31 - 1}
SMALLEST = 68


class IpOptions(NamedTuple):
    """What stands before the object."""

    brief: bool = False
    details: bool = False
    json: bool = False


def run(terminal: Terminal, words: Words, options: IpOptions) -> str:
    """Run a command of ``ip link``."""
    command = words.next() if words else ""
    if command == "set":
        return _set(terminal, words)
    if command not in SHOW:
        raise Unknown("ip link", command, "show, set DEV mtu BYTES, set DEV address MAC")
    found = chosen(terminal, words)
    if options.json:
        return json.dumps([link.json() for link in found]) + "\n"
    if options.brief:
        return "".join(
            devices.brief(
                terminal, link, f"{link.address or link.local or ''} <{devices.flags(terminal.ns, link)}>"
            )
            for link in found
        )
    if options.details and any(link.kind != "vxlan" or link.vni is None for link in found):
        raise Unknown("ip", "-d", "ip -d link show DEVICE, of a VXLAN device")
    return "".join(devices.lines(terminal, link, mode=True, details=options.details) for link in found)


def chosen(terminal: Terminal, words: Words) -> list[LinkEntry]:
    """Return the devices that the words choose, by number."""
    wanted = None
    while words:
        word = words.next()
        if word == "type":
            kind = words.next()
            return [link for link in _all(terminal) if link.kind == kind]
        if word == "master":
            master = words.next()
            return [link for link in _all(terminal) if link.master == master]
        wanted = words.next() if word == "dev" else word
    return [terminal.link(wanted, 'Device "{}" does not exist.')] if wanted else _all(terminal)


def _all(terminal: Terminal) -> list[LinkEntry]:
    order = devices.numbers(terminal.ns)
    return sorted(terminal.ns.links.values(), key=lambda link: order[link.ifname])


def _set(terminal: Terminal, words: Words) -> str:
    name = words.next()
    link = terminal.link(words.next() if name == "dev" else name)
    while words:
        word = words.next()
        if word == "up":
            continue
        if word == "mtu":
            _set_mtu(terminal, link, words.next())
        elif word == "address":
            _set_address(terminal, link, words.next())
        else:
            raise Unknown("ip link set", word, "mtu BYTES, address MAC, up")
        link = terminal.link(link.ifname)
    return ""


def _set_mtu(terminal: Terminal, link: LinkEntry, value: str) -> None:
    if not value.isdigit():
        raise Failure(f'Error: argument "{value}" is wrong: Invalid "mtu" value', 255)
    if int(value) > LARGEST.get(link.kind, 65535):
        raise Failure("Error: mtu greater than device maximum.", 2)
    if int(value) < SMALLEST:
        raise Failure("Error: mtu less than device minimum.", 2)
    terminal.state.replace(terminal.name, link, link._replace(mtu=int(value)))


def _set_address(terminal: Terminal, link: LinkEntry, value: str) -> None:
    """Change a device's MAC; the kernel then forgets its neighbours, permanent ones too (``neigh_changeaddr``)."""
    if not re.fullmatch(r"[0-9a-f]{1,2}(:[0-9a-f]{1,2})*", value.lower()):
        raise Failure(f'"{value}" is invalid lladdr.', 1)
    if value.count(":") != 5:
        raise Failure(f"Invalid address length {value.count(':') + 1} - must be 6 bytes", 1)
    if not link.address or link.kind == "lo":
        raise Unknown("ip link set", f"address of {link.ifname}", "address MAC of a device that has one")
    for entry in list(terminal.ns.neighs.values()):
        if entry.dev == link.ifname:
            terminal.state.remove(terminal.name, entry)
    terminal.state.replace(terminal.name, link, link._replace(address=value.lower()))
