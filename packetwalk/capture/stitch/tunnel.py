"""What a tunnel does with a packet: it wraps what is handed to it, and takes off what it wrapped."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.stitch import explain, notes, offloads, stacks
from packetwalk.capture.stitch.passage import Passage
from packetwalk.wire import Ethernet, Ipv4


def wraps(way: Passage) -> bool:
    """Whether a packet was put into another on its way."""
    then = way.then
    if not then.coming:
        return way.tables.kind(then.frame.dev) != "bridge"
    return identity.wrapped(way.goal) and not identity.wrapped(way.now)


def wrap(way: Passage) -> None:
    """Say what a tunnel did with the packet that was handed to it."""
    work, seen, then = way.work, way.seen, way.then
    tables, dev = way.tables, then.frame.dev
    link = tables.links[dev]
    if link.kind == "vxlan" and isinstance(then.stack[0], Ethernet):
        entry = tables.owner(then.stack[0].dst, dev)
        if entry:
            note: tuple = ("vtep", entry.mac, entry.dst)
            way.step(dev, "fdb", then.stack, note, entry, looked_up=True)
    part = stacks.bare(seen.stack)
    outside = way.goal if way.cut else part
    if way.how == "segment":  # the whole is wrapped, then cut
        outside = (*part[: len(part) - len(seen.packet)], *then.packet)
    more = wire.size(outside) - wire.size(then.stack)
    note = ("wrapped-unread" if way.how == "hidden" else "wrapped-by", notes.wrapper(link), more)
    way.step(dev, "encap", outside, note, link)
    explain.route(work, way.where, way.netns, seen.frame.dev, outside)
    if way.cut:
        way.step(seen.frame.dev, "fragment", part, explain.cut(work, way.k))
    offloads.inside(way)
    explain.address(work, way.where, way.netns, seen)


def unwraps(way: Passage) -> bool:
    """Whether a packet was taken out of another on its way."""
    if way.seen.coming:
        return True
    return way.then.coming and identity.wrapped(way.now) and not identity.wrapped(way.goal)


def unwrap(way: Passage) -> None:
    """Say that a tunnel took off what another had put on."""
    seen, then, dev = way.seen, way.then, way.seen.frame.dev
    if any(isinstance(header, Ipv4) for header in then.stack):
        explain.route(way.work, way.where, way.netns, then.frame.dev, way.now)
    out = seen.stack
    if way.how == "segment":  # each is unwrapped before they are put together
        out = (*out[: len(out) - len(seen.packet)], *then.packet)
    less = wire.size(then.stack) - wire.size(out)
    link = way.tables.links[dev]
    note = ("unwrapped-unread" if way.how == "hidden" else "unwrapped-by", notes.wrapper(link), less)
    way.step(dev, "decap", out, note, link)
    offloads.inside(way)
