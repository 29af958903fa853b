"""What is compared of a frame, as one line of text.

A number that somebody drew at random (a port after masquerading, the identifier of a ping) becomes
``#1``, ``#2`` ... in the order of its first appearance: which number it is does not matter, where it
changes and comes back does.  What is not in the line at all is named in ``MASKS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from packetwalk import wire
from packetwalk.wire import Arp, Data, Ethernet, Icmp, IcmpHeader, Internet, Ipv4, Tcp, Udp, Vxlan
from packetwalk.wire.icmp import REDIRECT
from packetwalk.wire.sleeve import Sleeve, SleeveFrame

ERRORS = (3, 5, 11, 12)
ECHOES6, INFORMS, ICMPV6 = (128, 129), 128, 58  # of ICMPv6: echoes, the first type that is no error; its number
NEAR = 1 << 16  # bytes from the first of a stream within which a sequence number is told from there


class DecodedFrame(NamedTuple):
    """A frame at a device of the model, or of the recording in the model's names."""

    netns: str
    dev: str
    direction: str
    stack: tuple[Any, ...]
    data: bytes


class Reader:
    """Writes frames as lines, naming random numbers in the order in which they are met."""

    def __init__(self, macs: Mapping[str, str], known: Iterable[int], *, ids: bool = True) -> None:
        """``macs`` gives each MAC its owner's name; ``known`` are ports that nobody drew.

        Without ``ids`` all identifiers, of echo requests and of fragments, are one.
        """
        self.macs, self.known, self.ids = macs, set(known), ids
        self.names: dict[tuple[str, int], str] = {}
        self.first: dict[str, int] = {}
        self.asked: set[tuple[str, int, str, int]] = set()  # the ends of segments that open a connection

    def line(self, seen: DecodedFrame) -> str:
        """Return one frame as text."""
        size = wire.size(seen.stack)
        return f"{seen.netns:8} {seen.dev:12} {seen.direction:3} {size:4} | " + " | ".join(
            text
            for k, header in enumerate(seen.stack)
            for text in [self._header(header, seen.stack[k - 1], seen.stack[k + 1 :])]
        )

    def _number(self, kind: str, value: int) -> str:
        if kind != "port" and not self.ids:
            return "#"
        if value in self.known:
            return str(value)
        return self.names.setdefault((kind, value), f"#{len(self.names) + 1}")

    def _header(self, header: Any, outer: Any, inner: wire.Stack) -> str:
        match header:
            case Ethernet():
                return f"{self._mac(header.src)} > {self._mac(header.dst)} {header.type:#06x}"
            case Arp():
                return (
                    f"arp {header.op} {header.spa} {self._mac(header.sha)} asks "
                    f"{header.tpa} {self._mac(header.tha)}"
                )
            case Ipv4():
                return self._ip(header)
            case Internet():
                ends = f"{header.src} > {header.dst}"
                return f"{ends} next {header.protocol} limit {header.ttl} class {header.tos}"
            case Udp():
                ends = (
                    "* > "
                    if inner and isinstance(inner[0], Vxlan)
                    else f"{self._number('port', header.sport)} > "
                )
                return f"udp {ends}{self._number('port', header.dport)}"
            case Tcp():
                return self._tcp(header, outer)
            case Icmp():
                echo = f" id {self._number('id', header.id)}" if header.type in (0, 8) else ""
                hop = f" by {header.id >> 8}.{header.id & 255}.{header.seq >> 8}.{header.seq & 255}"
                hop = hop if header.type == REDIRECT else ""
                return f"icmp {header.type}/{header.code} mtu {header.mtu}{echo}{hop}"
            case IcmpHeader():
                echo = f" id {self._number('id', header.id)}" if header.type in ECHOES6 else ""
                return f"icmpv6 {header.type}/{header.code} mtu {header.mtu}{echo}"
            case Sleeve():
                return f"sleeve from {self._mac(header.sender)}"
            case SleeveFrame():
                return f"{self._mac(header.src)} to {self._mac(header.dst)}"
            case Vxlan():
                return f"vxlan {header.vni} flags {header.flags:#x}"
            case Data() if isinstance(outer, IcmpHeader) and outer.proto == "icmpv6" and outer.type < INFORMS:
                return f"data {header.size}, quotes {self._quoted6(header.content)}"
            case Data() if isinstance(outer, Icmp) and outer.type in ERRORS:
                return f"data {header.size}, quotes {self._quoted(header.content)}"
        return f"data {header.size}"

    def _mac(self, mac: str) -> str:
        return self.macs.get(mac, mac)

    def _ip(self, ip: Ipv4) -> str:
        flags = " df" * ip.df + " more" * ip.mf
        if ip.mf or ip.offset:
            flags += f" fragment {self._number('ip', ip.id)}@{ip.offset}"
        return f"{ip.src} > {ip.dst} proto {ip.protocol} ttl {ip.ttl} tos {ip.tos}{flags}"

    def _tcp(self, tcp: Tcp, ip: Ipv4) -> str:
        ends = f"{self._number('port', tcp.sport)} > {self._number('port', tcp.dport)}"
        way = (ip.src, tcp.sport, ip.dst, tcp.dport)  # ports alone do not tell: a rule may have made both the same
        if tcp.flags == "S":
            self.asked.add(way)
        if "S" in tcp.flags:
            self.first.setdefault("B" if "A" in tcp.flags else "A", tcp.seq)
        window = f" window {tcp.window}" if "S" in tcp.flags else ""
        me, other = "AB" if way in self.asked else "BA"
        return (
            f"tcp {ends} {tcp.flags} seq {self._relative(me, tcp.seq)} "
            f"ack {self._relative(other, tcp.ack)}{window} {options(tcp.options)}"
        )

    def _relative(self, name: str, value: int) -> str:
        """Return a sequence number as the place in the stream of one of the two ends."""
        far = (value - self.first.get(name, value)) % 2**32
        return f"{name}+{far}" if name in self.first and far < NEAR else str(value)

    def _quoted(self, content: bytes) -> str:
        head = content[:2] + (20).to_bytes(2) + content[4:20]  # the quotation is cut short
        ip: Any = wire.decode(head, first="ip")[0]
        raw = content[20:28]
        size = int.from_bytes(content[2:4])
        ports = [raw[4:6]] if ip.protocol == 1 else [raw[0:2], raw[2:4]]
        kind = "id" if ip.protocol == 1 else "port"
        return f"{self._ip(ip)} length {size} " + " > ".join(
            self._number(kind, int.from_bytes(port)) for port in ports
        )


    def _quoted6(self, content: bytes) -> str:
        """Return what an error of ICMPv6 quotes: addresses, and the begin of what they carry."""
        ip: Any = wire.decode(content[:4] + bytes(2) + content[6:40], first="ipv6")[0]
        size, raw = int.from_bytes(content[4:6]), content[40:48]
        ports = [raw[4:6]] if ip.protocol == ICMPV6 else [raw[0:2], raw[2:4]]
        kind = "id" if ip.protocol == ICMPV6 else "port"
        numbers = " > ".join(self._number(kind, int.from_bytes(port)) for port in ports)
        return f"{ip.src} > {ip.dst} limit {ip.ttl} length {size} {numbers}"


def options(raw: bytes) -> str:
    """Return TCP options as tcpdump would, without the values of timestamps and window scale."""
    out, at = [], 0
    while at < len(raw):
        kind = raw[at]
        length = 1 if kind in (0, 1) else raw[at + 1]
        value = raw[at + 2 : at + length]
        names = {0: "end", 1: "nop", 2: "mss", 3: "wscale", 4: "sack", 8: "stamps"}
        shown = f" {int.from_bytes(value)}" if kind == 2 else ""
        out.append(names.get(kind, f"option {kind}") + shown)
        at += length
    return "[" + ", ".join(out) + "]"
