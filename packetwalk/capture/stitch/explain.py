"""The table lines that lie between two sightings: which route, which neighbour led here."""

from __future__ import annotations

from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import IPV4_HEADER, Sighting
from packetwalk.capture.stitch.work import Work
from packetwalk.wire import Ethernet, Ipv4


def route(work: Work, where: int, netns: str, dev: str, stack: Stack, came: str = "") -> None:
    """Say which route led a packet, which ``came`` by a device or is the machine's own, to a device, if a recorded table has one."""
    ips = [header for header in stack if isinstance(header, Ipv4)]
    if not ips:
        return
    ip = ips[0] if identity.wrapped(stack) else ips[-1]
    dst = ip.dst
    route = work.tables[netns].route(dst, dev, ip.src, came)
    if route is None or (route.type != "local" and dev not in route.devices):
        return
    hop = route.by(dev)
    if route.hops:
        note: tuple = ("one-of-several", dst, route.dst, len(route.hops), hop.gateway or dst, dev)
    elif route.gateway:
        note = ("gateway", dst, route.dst, route.gateway, route.dev)
    elif route.dst == dst:
        note = ("host-route", dst, route.dev)
    else:
        note = ("onlink", dst, route.dst, route.dev)
    if route.type == "local":
        note = ("local", dst)
    elif len(ips) > 1 or not identity.inner(stack):
        note = ("outer-route", dst)
    work.step(where, netns, None, "route", stack, note, route, looked_up=True)


def address(work: Work, where: int, netns: str, seen: Sighting) -> None:
    """Say which neighbour the frame is addressed to."""
    if seen.frame.bare or not isinstance(seen.stack[0], Ethernet):
        return
    tables, mac = work.tables[netns], seen.stack[0].dst
    outer = next((header for header in seen.stack if isinstance(header, Ipv4)), None)
    if outer is None:
        return
    dev = seen.frame.dev
    route = tables.route(outer.dst, dev, outer.src)
    leads = route is not None and dev in route.devices
    hop = (route.by(dev).gateway if route is not None and leads else None) or outer.dst
    entry = tables.neighbour(hop, dev)
    known = entry if entry and entry.lladdr == mac else None
    note: tuple = ("neigh", hop, mac) if leads or known else ("addressed", mac)
    if known and known.state == "PERMANENT":
        note = ("neigh-permanent", hop, mac, "a program")
    work.step(where, netns, seen.frame.dev, "neigh", seen.stack, note, known, looked_up=known is not None)


def by_route(work: Work, netns: str, seen: Sighting) -> bool:
    """Whether the way of a new packet is one that a route names; a program may send frames by any device."""
    ip = next(header for header in seen.stack if isinstance(header, Ipv4))
    route = work.tables[netns].route(ip.dst, seen.frame.dev, ip.src)
    return route is not None and seen.frame.dev in route.devices


def cut(work: Work, k: int) -> tuple:
    """Return the note of a fragment: size of the whole and MTU in bytes, number of parts."""
    frame, datagram = work.seen[k].frame, work.linker.datagram(k)
    mtu = work.tables[frame.netns].links[frame.dev].mtu
    return "fragment", datagram.length + IPV4_HEADER, mtu, len(datagram.parts)
