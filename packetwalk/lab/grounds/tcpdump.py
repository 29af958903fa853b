"""Frames as ``tcpdump -n -t -e -r`` (4.99) prints them: one line a frame, its wrapped frame on the next."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator

from packetwalk import wire
from packetwalk.wire.icmp import ECHO_REPLY, ECHO_REQUEST, TIME_EXCEEDED, UNREACHABLE

TYPES = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6"}
PROTOCOLS = {6: "tcp", 17: "udp"}
OTV = 8472  # the port of Flannel's VXLAN belongs to another protocol, whose name tcpdump prints
VXLAN = 4789
FLAGS = {"F": "F", "S": "S", "R": "R", "P": "P", "A": "."}


class Listing:
    """Prints frames in order; TCP's numbers count from the handshake that it has seen."""

    def __init__(self) -> None:
        self._first: dict[frozenset, dict[tuple, int]] = {}

    def lines(self, frames: Iterable[wire.Stack]) -> Iterator[str]:
        """Return the line (for a wrapped frame, the lines) of each frame; one without Ethernet begins with IP."""
        for stack in frames:
            yield self._ethernet(stack) if isinstance(stack[0], wire.Ethernet) else f"IP {self._ip(stack)}"

    def _ethernet(self, stack: wire.Stack) -> str:
        head = stack[0]
        assert isinstance(head, wire.Ethernet)
        kind = TYPES.get(head.type, "Unknown")
        text = f"{head.src} > {head.dst}, ethertype {kind} (0x{head.type:04x}), length {wire.size(stack)}: "
        following = stack[1] if len(stack) > 1 else None
        if isinstance(following, wire.Arp):
            return text + _arp(following)
        return text + self._ip(stack[1:])

    def _ip(self, stack: wire.Stack) -> str:
        head = stack[0] if stack else None
        if not isinstance(head, wire.Ipv4):
            return "(not IPv4)"
        inner = stack[1] if len(stack) > 1 else None
        ports = ("", "")
        if isinstance(inner, wire.Udp | wire.Tcp):
            ports = (f".{inner.sport}", f".{inner.dport}")
        ends = f"{head.src}{ports[0]} > {head.dst}{ports[1]}: "
        if head.fragment:
            return ends + _fragment(head, stack[1:])
        match inner:
            case wire.Icmp():
                return ends + _icmp(inner, stack[1:])
            case wire.Udp():
                return ends + self._udp(inner, stack[2:])
            case wire.Tcp():
                return ends + self._tcp(head, inner, stack[2:])
            case wire.Ipv4():
                return ends + self._ip(stack[1:])
            case wire.Esp():
                return ends + f"ESP(spi=0x{inner.spi:08x},seq=0x{inner.seq:x}), length {wire.size(stack[1:])}"
        return ends + f"ip-proto-{head.protocol} {wire.size(stack[1:])}"

    def _udp(self, head: wire.Udp, rest: wire.Stack) -> str:
        if rest and isinstance(rest[0], wire.Vxlan):
            flags = f"flags [I] (0x{rest[0].flags:02x})"
            if head.dport == OTV:
                return f"OTV, {flags}, overlay 0, instance {rest[0].vni}\n{self._ethernet(rest[1:])}"
            if head.dport == VXLAN:
                return f"VXLAN, {flags}, vni {rest[0].vni}\n{self._ethernet(rest[1:])}"
        return f"UDP, length {wire.size(rest)}"

    def _tcp(self, ip: wire.Ipv4, head: wire.Tcp, rest: wire.Stack) -> str:
        size, seq, ack = wire.size(rest), head.seq, head.ack
        here, there = (ip.src, head.sport), (ip.dst, head.dport)
        if "A" in head.flags:
            key = frozenset((here, there))
            if key not in self._first or "S" in head.flags:
                self._first[key] = {here: seq, there: ack - 1}
            else:
                seq, ack = (seq - self._first[key][here]) % 2**32, (ack - self._first[key][there]) % 2**32
        flags = "".join(sign for letter, sign in FLAGS.items() if letter in head.flags)
        parts = [f"Flags [{flags or 'none'}]"]
        if size or set(head.flags) & set("SFR"):
            parts.append(f"seq {seq}" + (f":{(seq + size) % 2**32}" if size else ""))
        parts += [f"ack {ack}"] if "A" in head.flags else []
        parts.append(f"win {head.window}")
        parts += [f"options [{','.join(_options(head.options))}]"] if head.options else []
        return ", ".join([*parts, f"length {size}"])


def listing(frames: Iterable[wire.Stack]) -> str:
    """Return the whole listing."""
    return "".join(f"{line}\n" for line in Listing().lines(frames))


def _arp(head: wire.Arp) -> str:
    if head.op == 1:
        known = "" if head.tha == "00:00:00:00:00:00" else f" ({head.tha})"
        return f"Request who-has {head.tpa}{known} tell {head.spa}, length 28"
    return f"Reply {head.spa} is-at {head.sha}, length 28"


def _icmp(head: wire.Icmp, stack: wire.Stack) -> str:
    size = wire.size(stack)
    if head.type in (ECHO_REQUEST, ECHO_REPLY):
        word = "request" if head.type == ECHO_REQUEST else "reply"
        return f"ICMP echo {word}, id {head.id}, seq {head.seq}, length {size}"
    if head.type == TIME_EXCEEDED:
        return f"ICMP time exceeded in-transit, length {size}"
    if head.type == UNREACHABLE and len(stack) > 1 and isinstance(stack[1], wire.Data):
        return f"ICMP {_unreachable(head, stack[1].content)}, length {size}"
    return f"ICMP type-#{head.type}, length {size}"


def _unreachable(head: wire.Icmp, quoted: bytes) -> str:
    """Return what could not be reached: it is in the quoted packet, of which only the start is there."""
    protocol, dst = quoted[9], ".".join(str(byte) for byte in quoted[16:20])
    port = int.from_bytes(quoted[22:24], "big")
    return {
        0: f"net {dst} unreachable",
        1: f"host {dst} unreachable",
        2: f"{dst} protocol {protocol} unreachable",
        3: f"{dst} {PROTOCOLS.get(protocol, '')} port {port} unreachable",
        4: f"{dst} unreachable - need to frag (mtu {head.mtu})",
        13: f"host {dst} unreachable - admin prohibited filter",
    }.get(head.code, f"{dst} unreachable - #{head.code}")


def _fragment(head: wire.Ipv4, stack: wire.Stack) -> str:
    """Return a fragment: the first shows its header, the others only their protocol."""
    name = f"ip-proto-{head.protocol}"
    if head.offset:
        return name
    data = stack[0].content if stack and isinstance(stack[0], wire.Data) else b""
    if head.protocol == 1 and len(data) >= 8:
        return _icmp(wire.Icmp(data[0], data[1], *struct.unpack("!HH", data[4:8])), stack)
    return name


def _options(data: bytes) -> Iterator[str]:
    """Return TCP options as tcpdump names them."""
    named: dict[int, Callable[[bytes], str]] = {
        2: lambda value: f"mss {int.from_bytes(value, 'big')}",
        3: lambda value: f"wscale {value[0]}",
        4: lambda value: "sackOK",
        8: lambda value: "TS val {} ecr {}".format(*struct.unpack("!II", value)),
    }
    while data:
        kind, length = data[0], data[1] if data[0] > 1 and len(data) > 1 else 1
        value, data = data[2:length], data[max(length, 1) :]
        if kind == 0:
            yield "eol"
            return
        yield "nop" if kind == 1 else named.get(kind, lambda _, kind=kind: f"unknown-{kind}")(value)
