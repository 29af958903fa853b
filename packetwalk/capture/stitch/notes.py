"""What is said of a step beside its table line, as ``packetwalk.trace.sentences`` reads it."""

from __future__ import annotations

from packetwalk import wire
from packetwalk.capture.identity import Stack
from packetwalk.capture.lookup import TUNNELS
from packetwalk.tables import LinkEntry
from packetwalk.wire import Arp, Icmp, Tcp


def made(packet: Stack, name: str) -> tuple:
    """Return the note of a packet that its namespace made."""
    if not packet:
        return ("seen-first",)
    head = packet[1] if len(packet) > 1 else None
    size = wire.size(packet[2:])
    if isinstance(head, Icmp):
        if head.type == 8:
            return "ping", size
        return ("echo-reply",) if head.type == 0 else ("seen-first",)
    if isinstance(head, Tcp):
        if "S" in head.flags:
            return ("syn-ack", head.sport) if "A" in head.flags else ("syn",)
        return ("ack",) if name == "ack" else ("seen-first",)
    return ("udp", size) if name == "request" else ("datagram-reply",)


def asks(arp: Arp, dev: str) -> tuple:
    """Return the note of an ARP message that is sent."""
    return ("arp-request", arp.tpa) if arp.op == 1 else ("arp-reply", arp.spa, dev)


def arrived(packet: Stack) -> tuple:
    """Return the note of a packet that has arrived."""
    ip, head = packet[0], packet[1] if len(packet) > 1 else None
    if isinstance(head, Icmp):
        if head.type == 8:
            return ("delivered-echo",)
        if head.type == 0:
            return "delivered-reply", wire.size(packet[1:]), ip.src, ip.ttl
        return ("delivered-error", f"ICMP type {head.type}, code {head.code}")
    if isinstance(head, Tcp):
        if "S" in head.flags:
            return ("delivered-syn-ack",) if "A" in head.flags else ("delivered-syn", head.dport)
        return ("delivered-rst",) if "R" in head.flags else ("delivered-ack",)
    return (
        ("delivered-data", head.dport)
        if head is not None and hasattr(head, "dport")
        else ("delivered-unknown",)
    )


def later(packet: Stack) -> tuple:
    """Return the note of a packet that has arrived in a connection of TCP which is open."""
    tcp, size = packet[1], wire.size(packet[2:])
    if size:
        return "delivered-stream", size, tcp.dport
    return "delivered-fin" if "F" in tcp.flags else "delivered-acknowledged", tcp.dport


def wrapper(link: LinkEntry) -> str:
    """Return what wraps and unwraps at a device: the device itself, or a program that reads it."""
    return link.ifname if link.kind in TUNNELS else f"A program that reads {link.ifname}"
