"""What a tunnel does with a packet: it wraps what is handed to it, and takes off what it wrapped."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture.links import Seen
from packetwalk.capture.stitch import explain, notes, stacks
from packetwalk.capture.stitch.work import Work
from packetwalk.wire import Ethernet, Ipv4


def wrap(work: Work, where: int, then: Seen, k: int, *, cut: bool, hidden: bool) -> None:
    """Say what a tunnel did with the packet that was handed to it."""
    seen, netns, dev = work.seen[k], then.frame.netns, then.frame.dev
    tables = work.tables[netns]
    link = tables.links[dev]
    if link.kind == "vxlan" and isinstance(then.stack[0], Ethernet):
        entry = tables.owner(then.stack[0].dst, dev)
        if entry:
            note: tuple = ("vtep", entry.mac, entry.dst)
            work.step(where, netns, dev, "fdb", then.stack, note, entry, looked_up=True)
    part = stacks.bare(seen.stack)
    outside = work.linker.whole(k) if cut else part
    more = wire.size(outside) - wire.size(then.stack)
    note = ("wrapped-unread" if hidden else "wrapped-by", notes.wrapper(link), more)
    work.step(where, netns, dev, "encap", outside, note, link)
    explain.route(work, where, netns, seen.frame.dev, outside)
    if cut:
        work.step(where, netns, seen.frame.dev, "fragment", part, explain.cut(work, k))
    explain.address(work, where, netns, seen)


def unwrap(work: Work, where: int, then: Seen, seen: Seen, *, hidden: bool) -> None:
    """Say that a tunnel took off what another had put on."""
    netns, dev = seen.frame.netns, seen.frame.dev
    outer = next((header for header in then.stack if isinstance(header, Ipv4)), None)
    if outer is not None:
        explain.route(work, where, netns, then.frame.dev, work.now(where))
    less = wire.size(then.stack) - wire.size(seen.stack)
    link = work.tables[netns].links[dev]
    note = ("unwrapped-unread" if hidden else "unwrapped-by", notes.wrapper(link), less)
    work.step(where, netns, dev, "decap", seen.stack, note, link)
