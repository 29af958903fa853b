"""A packet that no tap saw before: who made it, and what it answers."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import Stack
from packetwalk.capture.stitch import explain, notes, stacks
from packetwalk.capture.stitch.work import Work
from packetwalk.wire import Arp, Ethernet, Icmp, Tcp


def origin(work: Work, k: int) -> int:
    """Begin the journey of a frame's packet and return its number."""
    seen = work.seen[k]
    netns, packet = seen.frame.netns, seen.packet
    whole = work.linker.datagram(k).whole
    name, cause = _name(work, k, whole or packet)
    where = work.journeys.begin(name, whole or packet, cause)
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
        note = "fragment", wire.size(whole), mtu, len(work.linker.datagram(k).parts)
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
    parts = work.linker.datagram(k).parts
    if parts and parts[0] != k and parts[0] in work.at:
        return "fragment", work.journeys.before_cut(work.at[parts[0]].journey)
    asked = work.journeys.answered(seen.frame.netns, packet)
    if asked is not None:
        return _reply(work, packet), work.journeys.last(asked)
    if isinstance(packet[1], Icmp) and packet[1].type in identity.ERRORS:
        about = work.journeys.quoted(identity.content_of(packet)[8:])
        return "error", None if about is None else work.journeys.last(about)
    return "request", None


def _reply(work: Work, packet: Stack) -> str:
    """Return what an answer is: of TCP, by its flags and by whether the connection is open already."""
    tcp = next((header for header in packet if isinstance(header, Tcp)), None)
    if tcp is None:
        return "reply"
    open_already = work.journeys.known("ack")
    if set(tcp.flags) & set("RF"):
        return "close" if open_already else "reset"
    if open_already:
        return "data" if wire.size(packet[2:]) else "ack"
    return "reply" if "S" in tcp.flags else "ack"


def _arp_cause(work: Work, k: int, arp: Arp) -> tuple[int, int] | None:
    """Return the step that made an ARP message: the question, or the packet that waits for an answer."""
    frame = work.seen[k].frame
    if arp.op == 2:
        asked = work.journeys.question(frame.netns)
        return None if asked is None else work.journeys.last(asked)
    waiting = work.next_to_leave(k)
    before = None if waiting is None else work.links[waiting].before
    return work.journeys.last(work.at[before].journey) if before in work.at else None
