"""Connection tracking of one network namespace during one walk, or those of one socket's packets.

Mirrors ``nf_conntrack``: a connection has the tuple of its first packet and the tuple expected of
the reply; NAT changes the second, and every later packet is rewritten from the pair.
"""

from __future__ import annotations

from copy import copy
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


NAMES = {1: "icmp", 4: "ipencap", 6: "tcp", 17: "udp", 50: "esp", 58: "icmpv6"}
ECHOING = ("icmp", "icmpv6")


PORTED = ("udp", "tcp")


def tuple_of(stack: tuple, at: int) -> Tuple:
    """Return what connection tracking knows a packet by; ``at`` is its IP header."""
    ip, l4 = stack[at], stack[at + 1]
    name = NAMES.get(ip.protocol) or str(ip.protocol)
    if l4.proto in PORTED:
        return _tuple((name, ip.src, l4.sport, ip.dst, l4.dport))
    if ip.mf and not ip.offset and name in PORTED:  # a first fragment has the ports with it
        content = l4.content
        return _tuple((name, ip.src, int.from_bytes(content[:2]), ip.dst, int.from_bytes(content[2:4])))
    ident = l4.id if l4.proto in ECHOING else 0
    return _tuple((name, ip.src, ident, ip.dst, ident))


_tuple = partial(tuple.__new__, Tuple)


class Connection:
    """A tracked connection; ``reply`` is what an answer looks like on arrival.

    The kernel's ``status``: ``replied`` is IPS_SEEN_REPLY; ``bound`` holds for which ends, ``dst`` and
    ``src``, NAT has decided (IPS_DST_NAT_DONE, IPS_SRC_NAT_DONE), ``translated`` those that it changed
    (IPS_DST_NAT, IPS_SRC_NAT); ``state`` is TCP's.
    """

    __slots__ = ("bound", "confirmed", "original", "replied", "reply", "state", "translated")

    def __init__(self, original: Tuple) -> None:
        self.original, self.reply = original, original.reversed()
        self.confirmed = self.replied = False
        self.bound: frozenset[str] = frozenset()
        self.translated: frozenset[str] = frozenset()
        self.state = "0"

    def ahead(self, *, original: bool) -> Tuple:
        """Return what a packet is when NAT has done all: the answer's tuple turned round."""
        return (self.reply if original else self.original).reversed()

    def expect(self, end: str, address: str, port: int) -> None:
        """Change an end, ``dst`` or ``src``, of what the first packet becomes (``nf_nat_setup_info``)."""
        if end == "dst":
            reply = self.reply._replace(src=address, sport=port)
        else:
            reply = self.reply._replace(dst=address, dport=port)
        if reply.protocol in ECHOING:  # an echo carries one identifier both ways
            reply = reply._replace(sport=port, dport=port)
        if reply != self.reply:
            self.reply = reply
            self.translated |= {end}

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

    def taken(self, connection: Connection, reply: Tuple) -> bool:
        """Say whether answers with this tuple belong to another connection (``nf_conntrack_tuple_taken``)."""
        found = self._by_tuple.get(reply)
        return found is not None and found[0] is not connection

    def confirm(self, connection: Connection) -> None:
        """Enter the connection, both ways; done after POSTROUTING or INPUT as the kernel does."""
        if connection.confirmed:
            return
        connection.confirmed = True
        self._by_tuple[connection.original] = (connection, True)
        self._by_tuple.setdefault(connection.reply, (connection, False))

    def kill(self, connection: Connection) -> None:
        """Forget a connection (``nf_ct_kill``); packets that have it keep it."""
        self._by_tuple = {key: each for key, each in self._by_tuple.items() if each[0] is not connection}

    def copy(self) -> Conntrack:
        """Return the same connections, to go their own way."""
        other = Conntrack()
        for connection in self.connections():
            again = copy(connection)
            again.confirmed = False
            other.confirm(again)
        return other

    def connections(self) -> list[Connection]:
        """Return the connections, in the order in which they were confirmed."""
        return [connection for connection, original in self._by_tuple.values() if original]


STATES = "0srefcltx2"
"""A letter for each state of TCP: none, SYN sent, SYN received, established, FIN wait, close wait, last ACK,
time wait, close, SYN sent by both."""
SEGMENTS = {
    True: {"S": "ss-----ss2", "SA": "iiriiiiiir", "F": "iiffllltxi", "A": "eieeccttxi", "R": "ixxxxxxxxx"},
    False: {"S": "i2iiiiisi2", "SA": "ir-------r", "F": "iiffllltxi", "A": "i-reccttx-", "R": "ixxxxxxxxx"},
}
"""``tcp_conntracks`` of nf_conntrack_proto_tcp.c: by direction (original or not) and kind of segment, what
follows each of the states; i is invalid, - is ignored."""


def segment(connection: Connection, flags: str, *, original: bool) -> bool:
    """Take a segment of TCP into account (``nf_conntrack_tcp_packet``); False when it is invalid.

    A connection may begin in the middle, with ACK (``nf_conntrack_tcp_loose``); windows are not checked.
    """
    kind = next((each for each in ("R", "SA", "S", "F", "A") if set(each) <= set(flags)), "")
    follows = SEGMENTS[original].get(kind, "iiiiiiiiii")[STATES.index(connection.state)]
    if follows == "i":
        return False
    if follows != "-":
        connection.state = follows
    return True
