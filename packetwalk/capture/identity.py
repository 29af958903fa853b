"""What stays the same in a packet on its way: by this, frames at different taps are known as one packet.

Addresses, ports, TTL, MACs and outer headers change on the way; what is asked and answered does not.
"""

from __future__ import annotations

from typing import Any

from packetwalk import wire
from packetwalk.wire import Arp, Data, Ethernet, Icmp, Ipv4, Tcp, Udp

ERRORS = (3, 5, 11, 12)
PLAIN = (Ethernet, Arp, Ipv4, Icmp, Udp, Tcp, Data)
BOXED = ("sleeve-nonce", "sleeve-box")
OPAQUE = ("wg", "wg-payload", "esp", "esp-payload", *BOXED)
FIRST = 28  # bytes at the start of a datagram that address translation may rewrite

Stack = tuple[Any, ...]


def inner(stack: Stack) -> Stack:
    """Return the innermost packet that can be read: from its IP or ARP header on; empty if none can."""
    if any(header.proto in OPAQUE for header in stack):
        return ()
    starts = [k for k, header in enumerate(stack) if isinstance(header, (Ipv4, Arp))]
    return stack[starts[-1] :] if starts else ()


def boxed(stack: Stack) -> bool:
    """Whether these are frames of Weave that its router, a program, has encrypted."""
    return any(header.proto in BOXED for header in stack)


def wrapped(stack: Stack) -> bool:
    """Whether a packet is inside another one."""
    twice = sum(isinstance(header, Ipv4) for header in stack) > 1
    return twice or any(isinstance(header, Ethernet) for header in stack[1:]) or not inner(stack)


def key(packet: Stack) -> tuple | None:
    """Return what identifies a packet given by ``inner``; None when it cannot be read."""
    if not packet:
        return None
    head = packet[0]
    if isinstance(head, Arp):
        return "arp", head.op, head.spa, head.tpa
    rest = packet[1:]
    if head.fragment:
        content = content_of(packet)
        return (
            "fragment",
            head.id,
            head.protocol,
            head.offset,
            head.mf,
            content[0 if head.offset else FIRST :],
        )
    match rest[0] if rest else None:
        case Icmp() as icmp if icmp.type in ERRORS:
            quoted = content_of(packet)[8:]
            return "error", icmp.type, icmp.code, icmp.mtu, quoted[2:6], quoted[9:10]
        case Icmp() as icmp:
            return "icmp", icmp.type, icmp.seq, content_of(packet)[8:]
        case Tcp() as tcp:
            return "tcp", tcp.seq, tcp.ack, tcp.flags, content_of(packet)[tcp.size :]
        case Udp():
            return "udp", content_of(packet)[8:]
    return "ip", head.protocol, head.id, content_of(packet)


def content_of(packet: Stack) -> bytes:
    """Return the bytes behind the IP header."""
    if len(packet) == 2 and isinstance(packet[1], Data):
        return packet[1].content
    return wire.encode(packet)[20:]


def ends(packet: Stack) -> tuple:
    """Return (source, its port, destination, its port); ports are 0 where there are none."""
    ports = next(((h.sport, h.dport) for h in packet if isinstance(h, (Udp, Tcp))), (0, 0))
    return packet[0].src, ports[0], packet[0].dst, ports[1]


def answers(packet: Stack, other: Stack) -> bool:
    """Whether a packet goes back exactly where the other came from."""
    if not packet or not other or not isinstance(packet[0], Ipv4) or not isinstance(other[0], Ipv4):
        return False
    src, sport, dst, dport = ends(other)
    return ends(packet) == (dst, dport, src, sport)


def same_datagram(one: Ipv4, other: Ipv4) -> bool:
    """Whether two IP headers are of one datagram: nobody on the way changes its number."""
    return (one.id, one.protocol) == (other.id, other.protocol)


def part_of(fragment: Stack, whole: Stack) -> bool:
    """Whether a fragment is a piece of a whole packet; what translation may rewrite is not compared."""
    if not fragment or not whole or not isinstance(whole[0], Ipv4) or whole[0].fragment:
        return False
    head = fragment[0]
    if not isinstance(head, Ipv4) or not head.fragment or not same_datagram(head, whole[0]):
        return False
    piece, content = content_of(fragment), content_of(whole)
    skip = 0 if head.offset else FIRST
    end = head.offset + len(piece)
    last = end == len(content) if not head.mf else end < len(content)
    return last and content[head.offset + skip : end] == piece[skip:]


def gathered(fragments: list[Stack]) -> Stack:
    """Put the fragments of one packet together; empty while one is missing."""
    pieces = {f[0].offset: f for f in fragments}
    content, at = b"", 0
    while at in pieces:
        piece = content_of(pieces[at])
        content += piece
        if not pieces[at][0].mf:
            head = pieces[min(pieces)][0]._replace(mf=False, offset=0)
            return wire.decode(wire.encode((head, Data(content))), first="ip")
        if not piece:
            break
        at += len(piece)
    return ()
