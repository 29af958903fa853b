"""Frames of a node's captures: whole in length, in the kernel's order, and by what each is known again."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from typing import Any, NamedTuple

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.frames import LONGEST, Frame
from packetwalk.capture.headers import headers_only
from packetwalk.capture.joining.node_file import NodePlace
from packetwalk.capture.link_types import READ, linked
from packetwalk.tables.printed import objects
from packetwalk.wire import Internet, Ipv4

WIRE = 64  # bytes of a datagram by which it is known again


class Captured(NamedTuple):
    """A frame and what it is known by at other taps: ``outer`` as it is on the wire, ``inner`` without what wraps it.

    ``packet`` is the innermost packet that can be read, ``ttl`` its time to live; keys are None where there is no IP.
    """

    frame: Frame
    packet: tuple[Any, ...]
    outer: Hashable
    inner: Hashable
    ttl: int


class Taken(NamedTuple):
    """What the taps of one namespace saw, and what of it is not kept, in words."""

    seen: list[Captured]
    notes: list[str]


def taken(place: NodePlace, netns: str, *, payload: bool = False) -> Taken:
    """Return the frames of a namespace; without ``payload`` every byte after a frame's headers is zero."""
    depth = _depths(place.files)
    seen: list[tuple[tuple[int, int], Captured]] = []
    notes = [
        f"{netns}: {count} frames at {dev} had no room in the capture"
        for dev, count in place.lost.items()
        if count
    ]
    for (dev, way), capture in sorted(place.captures.items()):
        if dev not in depth:
            notes += [f"{netns}: {dev} was gone at the end; its frames are left out"] * bool(capture.records)
            continue
        if capture.linktype not in READ:
            notes.append(f"{netns}: frames of link type {capture.linktype} at {dev} are left out")
            continue
        unread = 0
        for time_ns, length, data in capture.records:
            whole = linked(capture.linktype, data.ljust(min(length, LONGEST), b"\0"))
            found = whole and _seen(netns, dev, way, time_ns, whole.data, whole.bare, payload)
            if found is None:
                unread += 1
            else:
                seen.append(((time_ns, depth[dev] if way == "in" else -depth[dev]), found))
        if unread:
            notes.append(f"{netns}: {unread} frames {way} at {dev} cannot be read, or are IPv6; left out")
    return Taken([each for _, each in sorted(seen, key=lambda pair: pair[0])], notes)


def _seen(
    netns: str, dev: str, way: Any, time_ns: int, data: bytes, bare: bool, payload: bool
) -> Captured | None:
    if bare and data[:1] and data[0] >> 4 != 4:
        return None
    first = "ip" if bare else "eth"
    try:
        stack = wire.decode(data, first)
        packet = identity.inner(stack)
        known = identity.key(packet, identity.content_of(packet) if packet else b"")
        inner = None
        if packet and isinstance(packet[0], Ipv4):
            inner = identity.ends(packet), packet[0].id, known
        kept = data if payload else headers_only(data, first)
    except (ValueError, IndexError):
        return None
    outermost = next((each for each in stack if isinstance(each, Internet)), None)
    if outermost and outermost.version != 4:  # no walk tells of it
        return Captured(Frame(netns, dev, way, time_ns, kept, bare), (), None, None, 0)
    outer = next((header for header in stack if isinstance(header, Ipv4)), None)
    ttl = packet[0].ttl if inner else 0
    return Captured(
        Frame(netns, dev, way, time_ns, kept, bare),
        packet,
        _on_the_wire(data[0 if bare else 14 :]) if outer else None,
        inner,
        ttl,
    )


def _on_the_wire(data: bytes) -> Hashable:
    """Return what of an IP packet routers and cards leave alone: no TTL, no checksum."""
    start = (data[0] & 15) * 4 if data else 0
    body, protocol = data[start : start + WIRE], data[9:10]
    if protocol == b"\x11":
        body = body[:6] + body[8:]
    elif protocol == b"\x06":
        body = body[:16]
    return data[4:8], protocol, data[12:20], body


def _depths(files: Mapping[str, str]) -> dict[str, int]:
    """Return how far each device is from the cables: what comes in by a card is seen at its bridge or tunnel after it.

    The kernel gives a frame its time once on its way in; those of one time are told apart by this.
    """
    links = {each["ifname"]: each for each in objects(files, "link.json")}

    def below(name: str) -> Iterator[str]:
        yield from (each for each, link in links.items() if link.get("master") == name)
        info = links[name].get("linkinfo", {})
        lower = info.get("info_data", {}).get("link") if info.get("info_kind") == "vxlan" else None
        kind = info.get("info_kind")
        if kind in ("vlan", "macvlan", "ipvlan"):
            lower = links[name].get("link")
        if lower is not None and lower in links:
            yield str(lower)

    def depth(name: str, above: tuple[str, ...]) -> int:
        kind = links[name].get("linkinfo", {}).get("info_kind")
        tunnel = int(kind not in (None, "veth", "bridge", "dummy"))
        return max(
            (depth(each, (*above, name)) + 1 for each in below(name) if each not in above and each != name),
            default=tunnel,
        )

    return {name: depth(name, ()) for name in links}
