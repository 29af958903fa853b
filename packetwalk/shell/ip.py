"""``ip``: its options, its objects ``link`` and ``addr``; ``route`` and ``neigh`` have files of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from packetwalk.links import LinkEntry
from packetwalk.shell import devices, neighbours, routes
from packetwalk.shell.place import Failure, Place, Unknown, Words


class Options(NamedTuple):
    """What stands before the object."""

    brief: bool = False
    details: bool = False
    json: bool = False


SHOW = ("", "show", "list", "ls", "lst", "sh", "s")
LARGEST = {"veth": 65535, "eth": 65535, "vxlan": 65535, "bridge": 65535, "lo": 2**31 - 1}
SMALLEST = 68


def run(place: Place, arguments: list[str]) -> str:
    """Run ``ip OPTIONS OBJECT COMMAND``."""
    words, options = Words(arguments), Options()
    while words.peek().startswith("-"):
        word = words.next()
        known = {"-br": "brief", "-brief": "brief", "-d": "details", "-details": "details"}
        known |= {"-j": "json", "-json": "json"}
        if word in known:
            options = options._replace(**{known[word]: True})
        elif word not in ("-4", "-o", "-s", "-n", "-N") or word in ("-o", "-s"):
            raise Unknown("ip", word, "-4, -br, -d, -j")
    name = words.next()
    for full, act in OBJECTS.items():
        if full.startswith(name):
            return act(place, words, options)
    raise Failure(f'Object "{name}" is unknown, try "ip help".')


def _link(place: Place, words: Words, options: Options) -> str:
    command = words.next() if words else ""
    if command == "set":
        return _set(place, words)
    if command not in SHOW:
        raise Unknown("ip link", command, "show, set DEV mtu BYTES, set DEV address MAC")
    chosen = _chosen(place, words)
    if options.json:
        return json.dumps([link.json() for link in chosen]) + "\n"
    if options.brief:
        return "".join(
            devices.brief(
                place, link, f"{link.address or link.local or ''} <{devices.flags(place.ns, link)}>"
            )
            for link in chosen
        )
    if options.details and any(link.kind != "vxlan" or link.vni is None for link in chosen):
        raise Unknown("ip", "-d", "ip -d link show DEVICE, of a VXLAN device")
    return "".join(devices.lines(place, link, mode=True, details=options.details) for link in chosen)


def _chosen(place: Place, words: Words) -> list[LinkEntry]:
    """Return the devices that the words choose, by number."""
    wanted = None
    while words:
        word = words.next()
        if word == "type":
            kind = words.next()
            return [link for link in _all(place) if link.kind == kind]
        if word == "master":
            master = words.next()
            return [link for link in _all(place) if link.master == master]
        wanted = words.next() if word == "dev" else word
    return [place.link(wanted, 'Device "{}" does not exist.')] if wanted else _all(place)


def _all(place: Place) -> list[LinkEntry]:
    order = devices.numbers(place.ns)
    return sorted(place.ns.links.values(), key=lambda link: order[link.ifname])


def _set(place: Place, words: Words) -> str:
    name = words.next()
    link = place.link(words.next() if name == "dev" else name)
    while words:
        word = words.next()
        if word == "up":
            continue
        if word == "mtu":
            _set_mtu(place, link, words.next())
        elif word == "address":
            _set_address(place, link, words.next())
        else:
            raise Unknown("ip link set", word, "mtu BYTES, address MAC, up")
        link = place.link(link.ifname)
    return ""


def _set_mtu(place: Place, link: LinkEntry, value: str) -> None:
    if not value.isdigit():
        raise Failure(f'Error: argument "{value}" is wrong: Invalid "mtu" value', 255)
    if int(value) > LARGEST.get(link.kind, 65535):
        raise Failure("Error: mtu greater than device maximum.", 2)
    if int(value) < SMALLEST:
        raise Failure("Error: mtu less than device minimum.", 2)
    place.state.replace(place.name, link, link._replace(mtu=int(value)))


def _set_address(place: Place, link: LinkEntry, value: str) -> None:
    """Change a device's MAC; the kernel then forgets its neighbours, permanent ones too (``neigh_changeaddr``)."""
    if not re.fullmatch(r"[0-9a-f]{1,2}(:[0-9a-f]{1,2})*", value.lower()):
        raise Failure(f'"{value}" is invalid lladdr.', 1)
    if value.count(":") != 5:
        raise Failure(f"Invalid address length {value.count(':') + 1} - must be 6 bytes", 1)
    if not link.address or link.kind == "lo":
        raise Unknown("ip link set", f"address of {link.ifname}", "address MAC of a device that has one")
    for entry in list(place.ns.neighs.values()):
        if entry.dev == link.ifname:
            place.state.remove(place.name, entry)
    place.state.replace(place.name, link, link._replace(address=value.lower()))


def _addr(place: Place, words: Words, options: Options) -> str:
    command = words.next() if words else ""
    if command not in SHOW:
        raise Unknown("ip addr", command, "show")
    chosen = _chosen(place, words)
    if options.brief:
        return "".join(
            devices.brief(place, link, " ".join([*_addresses(place, link), *_local6(link)]))
            for link in chosen
        )
    return "".join(devices.lines(place, link, mode=False) + "".join(_lines(place, link)) for link in chosen)


def _addresses(place: Place, link: LinkEntry) -> list[str]:
    if link.kind == "lo":
        return ["127.0.0.1/8"]
    return [f"{each.local}/{each.prefixlen}" for each in place.ns.addrs if each.dev == link.ifname]


def _local6(link: LinkEntry) -> list[str]:
    return ["::1/128"] if link.kind == "lo" else []


def _lines(place: Place, link: LinkEntry) -> list[str]:
    lifetime = "       valid_lft forever preferred_lft forever\n"
    scope = "host" if link.kind == "lo" else "global"
    out = [f"    inet {each} scope {scope} {link.ifname}\n{lifetime}" for each in _addresses(place, link)]
    return [*out, *(f"    inet6 {each} scope host \n{lifetime}" for each in _local6(link))]


def _route(place: Place, words: Words, options: Options) -> str:
    return routes.run(place, words, as_json=options.json)


def _neigh(place: Place, words: Words, options: Options) -> str:
    return neighbours.run(place, words, as_json=options.json)


def _rule(place: Place, words: Words, options: Options) -> str:
    command = words.next() if words else ""
    if command not in SHOW:
        raise Unknown("ip rule", command, "show")
    if options.json:
        return json.dumps([rule.json() for rule in place.ns.fib.rules]) + "\n"
    return "".join(f"{rule}\n" for rule in place.ns.fib.rules) + "32767:\tfrom all lookup default\n"


OBJECTS: dict[str, Callable[[Place, Words, Options], str]] = {
    "address": _addr,
    "link": _link,
    "neighbour": _neigh,
    "neighbor": _neigh,
    "route": _route,
    "rule": _rule,
}
PROGRAMS = {"ip": run}
