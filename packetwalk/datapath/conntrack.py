"""Connection tracking and NAT of one network namespace during one walk.

Mirrors ``nf_conntrack``: a connection has the tuple of its first packet and the tuple expected of
the reply; NAT changes the second, and every later packet is rewritten from the pair.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from packetwalk.tables import ConntrackEntry


class Tuple(NamedTuple):
    """What identifies one direction of a connection; ICMP echo has its identifier as both ports."""

    protocol: str
    src: str
    sport: int
    dst: str
    dport: int

    def reversed(self) -> Tuple:
        """Return the tuple of an answer."""
        protocol, src, sport, dst, dport = self
        return _tuple((protocol, dst, dport, src, sport))


NAMES = {1: "icmp", 4: "ipencap", 6: "tcp", 17: "udp", 50: "esp"}


def tuple_of(stack: tuple, at: int) -> Tuple:
    """Return what connection tracking knows a packet by; ``at`` is its IP header."""
    ip, l4 = stack[at], stack[at + 1]
    name = NAMES.get(ip.protocol) or str(ip.protocol)
    if l4.proto in ("udp", "tcp"):
        return _tuple((name, ip.src, l4.sport, ip.dst, l4.dport))
    ident = l4.id if l4.proto == "icmp" else 0
    return _tuple((name, ip.src, ident, ip.dst, ident))


_tuple = partial(tuple.__new__, Tuple)


class Connection:
    """A tracked connection; ``reply`` is what an answer looks like on arrival."""

    __slots__ = ("assured", "confirmed", "original", "reply", "translated")

    def __init__(self, original: Tuple) -> None:
        self.original, self.reply = original, original.reversed()
        self.assured = self.confirmed = self.translated = False

    def destination_to(self, address: str, port: int | None) -> None:
        """Apply DNAT: the answer will come from ``address`` and ``port``."""
        self._expect(src=address, sport=port or self.reply.sport)

    def source_to(self, address: str, port: int | None) -> None:
        """Apply SNAT: the answer will go to ``address`` and ``port``."""
        self._expect(dst=address, dport=port or self.reply.dport)

    def _expect(self, **changes) -> None:
        """Change the expected answer; ICMP echo carries one identifier both ways."""
        self.translated = True
        reply = self.reply._replace(**changes)
        if reply.protocol == "icmp":
            ident = changes.get("dport", reply.dport)
            reply = reply._replace(sport=ident, dport=ident)
        self.reply = reply

    def entry(self) -> ConntrackEntry:
        """Return the line that ``conntrack -L`` prints."""
        o, r = self.original, self.reply
        return ConntrackEntry(o.protocol, o.src, o.dst, o.sport, o.dport, r.src, r.dst, r.sport, r.dport)


class Conntrack:
    """The connections of one network namespace."""

    def __init__(self) -> None:
        self._by_tuple: dict[Tuple, tuple[Connection, bool]] = {}

    def find(self, packet: Tuple) -> tuple[Connection, bool] | None:
        """Return (connection, True when the packet goes in the original direction), or None."""
        return self._by_tuple.get(packet)

    def confirm(self, connection: Connection) -> None:
        """Enter the connection, both ways; done after POSTROUTING or INPUT as the kernel does."""
        if connection.confirmed:
            return
        connection.confirmed = True
        self._by_tuple[connection.original] = (connection, True)
        self._by_tuple.setdefault(connection.reply, (connection, False))

    def connections(self) -> list[Connection]:
        """Return the connections, in the order in which they were confirmed."""
        return [connection for connection, original in self._by_tuple.values() if original]
