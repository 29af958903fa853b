"""A packet that no tap saw before: who made it, and what it answers."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.stitch import explain, notes, stacks
from packetwalk.capture.stitch.work import Work
from packetwalk.wire import Arp, Ethernet, Icmp, Ipv4, Tcp


def origin(work: Work, k: int) -> int:
    """Begin the journey of a frame's packet and return its number."""
    seen = work.seen[k]
    netns, packet = seen.frame.netns, seen.packet
    whole = work.linker.whole(k)
    name, cause = _name(work, k, whole or packet)
    where = work.begin(name, whole or packet, cause)
    if seen.coming:
        return where
    ip = (whole or stacks.bare(seen.stack)) if not isinstance(seen.stack[0], Arp) else seen.stack
    if packet and isinstance(packet[0], Arp):
        work.step(
            where, netns, seen.frame.dev, "originate", seen.stack, notes.asks(packet[0], seen.frame.dev)
        )
        return where
    work.step(where, netns, None, "originate", ip, notes.made(whole or packet, name))
    if not isinstance(seen.stack[0], Ethernet) or explain.by_route(work, netns, seen):
        explain.route(work, where, netns, seen.frame.dev, ip)
    if whole:
        mtu = work.tables[netns].links[seen.frame.dev].mtu
        note = "fragment", wire.size(whole), mtu, len(work.linker.parts(k))
        work.step(where, netns, seen.frame.dev, "fragment", stacks.bare(seen.stack), note)
    explain.address(work, where, netns, seen)
    return where


def _name(work: Work, k: int, packet: Stack) -> tuple[str, tuple[int, int] | None]:
    """Return what a new packet is, and the step that made it."""
    seen = work.seen[k]
    if not packet:
        return "request", None
    if isinstance(packet[0], Arp):
        return "arp", _arp_cause(work, k, packet[0])
    parts = work.linker.parts(k)
    if parts and parts[0] != k and parts[0] in work.at:
        return "fragment", work.before_cut(work.at[parts[0]].journey)
    for where, netns in reversed(work.ended):
        if netns == seen.frame.netns and identity.answers(packet, _goal(work, where)):
            return _reply(work, packet), work.last(where)
    if isinstance(packet[1], Icmp) and packet[1].type in identity.ERRORS:
        quoted = identity.content_of(packet)[8:]
        for where in range(len(work.journeys) - 1, -1, -1):
            last = identity.inner(work.now(where))
            if last and isinstance(last[0], Ipv4) and wire.encode(last)[2:6] == quoted[2:6]:
                return "error", work.last(where)
        return "error", None
    return "request", None


def _reply(work: Work, packet: Stack) -> str:
    """Return what an answer is: of TCP, by its flags and by whether the connection is open already."""
    tcp = next((header for header in packet if isinstance(header, Tcp)), None)
    if tcp is None:
        return "reply"
    open_already = any(journey.name == "ack" for journey in work.journeys)
    if set(tcp.flags) & set("RF"):
        return "close" if open_already else "reset"
    if open_already:
        return "data"
    return "reply" if "S" in tcp.flags else "ack"


def _goal(work: Work, where: int) -> Stack:
    """Return the packet of a journey as it arrived."""
    arrived = [s.after for s in work.journeys[where].steps if s.event in ("deliver", "reassemble")]
    return identity.inner(arrived[-1]) if arrived else ()


def _arp_cause(work: Work, k: int, arp: Arp) -> tuple[int, int] | None:
    """Return the step that made an ARP message: the question, or the packet that waits for an answer."""
    frame = work.seen[k].frame
    if arp.op == 2:
        asked = [w for w, n in work.ended if n == frame.netns and work.journeys[w].name in ("arp", "copy")]
        return work.last(asked[-1]) if asked else None
    for later in range(k + 1, len(work.seen)):
        other, link = work.seen[later], work.links[later]
        waits = other.packet and isinstance(other.packet[0], Ipv4)
        if waits and other.frame.netns == frame.netns and other.frame.dev == frame.dev and not other.coming:
            return work.last(work.at[link.before].journey) if link.before in work.at else None
    return None
