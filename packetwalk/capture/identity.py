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
PORTED = (6, 17)  # protocols with ports
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


def key(packet: Stack, content: bytes) -> tuple | None:
    """Return what identifies a packet given by ``inner``; None when it cannot be read.

    ``content`` are the bytes behind its IP header.
    """
    if not packet:
        return None
    head = packet[0]
    if isinstance(head, Arp):
        return "arp", head.op, head.spa, head.tpa
    rest = packet[1:]
    if head.fragment:
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
            quoted = content[8:]
            return "error", icmp.type, icmp.code, icmp.mtu, quoted[2:6], quoted[9:10]
        case Icmp() as icmp:
            return "icmp", icmp.type, icmp.seq, content[8:]
        case Tcp() as tcp:
            return "tcp", tcp.seq, tcp.ack, tcp.flags, content[tcp.size :]
        case Udp():
            return "udp", content[8:]
    return "ip", head.protocol, head.id, content


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


def flow(packet: Stack) -> tuple[int, tuple]:
    """Return (protocol, ``ends``) by which a connection knows a packet: an error goes as an answer to what it quotes.

    An echo has its identifier in the place of both ports.
    """
    icmp = packet[1] if len(packet) > 1 else None
    if not isinstance(icmp, Icmp):
        return packet[0].protocol, ends(packet)
    if icmp.type not in ERRORS:
        return packet[0].protocol, (packet[0].src, icmp.id, packet[0].dst, icmp.id)
    quoted = content_of(packet)[8:]
    behind = quoted[(quoted[0] & 15) * 4 :]
    src, dst = (".".join(str(byte) for byte in quoted[at : at + 4]) for at in (12, 16))
    ports = (behind[:2], behind[2:4]) if quoted[9] in PORTED else (behind[4:6], behind[4:6])
    sport, dport = (int.from_bytes(port) for port in ports)
    return quoted[9], (dst, dport, src, sport)
