"""The fragments of a datagram: which belong together, of what they are a part, what they make."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.identity import FIRST, Stack
from packetwalk.capture.links.sighting import Sighting
from packetwalk.wire import Data, Ipv4


class Pieces:
    """A datagram that is put together, one fragment after the other (``ip_frag_queue``)."""

    def __init__(self, tunnel_ports: Mapping[int, str]) -> None:
        """``tunnel_ports`` say what the whole may hold."""
        self._tunnel_ports = tunnel_ports
        self._pieces: dict[int, tuple[Ipv4, bytes]] = {}
        self._begin: list[bytes] = []  # what there is without a gap, but for the last piece
        self._length = 0

    def add(self, head: Ipv4, content: bytes) -> None:
        """Take a fragment: its IP header and the bytes behind."""
        self._pieces[head.offset] = head, content
        while self._length in self._pieces:
            head, content = self._pieces[self._length]
            if not (head.mf and content):
                break
            self._begin.append(content)
            self._length += len(content)

    @property
    def whole(self) -> Stack:
        """The packet, from its IP header on; empty while a piece is missing."""
        last = self._pieces.get(self._length)
        if last is None or last[0].mf:
            return ()
        head = self._pieces[0][0]._replace(mf=False, offset=0)
        content = b"".join([*self._begin, last[1]])
        data = wire.encode((head, Data(content)))
        try:
            return wire.decode(data, first="ip", udp_ports=self._tunnel_ports)
        except ValueError:
            return wire.decode(data, first="ip", udp_ports={})


class Datagram:
    """The fragments of one datagram that passed one tap; ``parts`` are their numbers, the first one first."""

    def __init__(
        self,
        seen: Sequence[Sighting] = (),
        parts: Sequence[int] = (),
        tunnel_ports: Mapping[int, str] | None = None,
    ) -> None:
        self._seen, self.parts, self._tunnel_ports = seen, parts, tunnel_ports or {}

    @cached_property
    def length(self) -> int:
        """Bytes behind the IP headers of all parts."""
        return sum(len(self._seen[k].content) for k in self.parts)

    @cached_property
    def whole(self) -> Stack:
        """The packet, from its IP header on; empty when a part is missing."""
        pieces = Pieces(self._tunnel_ports)
        for k in self.parts:
            pieces.add(self._seen[k].packet[0], self._seen[k].content)
        return pieces.whole

    @cached_property
    def key(self) -> tuple | None:
        """What identifies the innermost packet of the whole; None when it cannot be read."""
        packet = identity.inner(self.whole)
        return identity.key(packet, identity.content_of(packet)) if packet else None


NO_DATAGRAM = Datagram()


def datagrams(seen: Sequence[Sighting], tunnel_ports: Mapping[int, str]) -> list[Datagram]:
    """Return the datagram of each frame: the same for all its fragments, an empty one for what is whole."""
    parts: dict[tuple, list[int]] = defaultdict(list)
    for k, each in enumerate(seen):
        if each.fragment:
            parts[_same(each)].append(k)
    found = {same: Datagram(seen, numbers, tunnel_ports) for same, numbers in parts.items()}
    return [found[_same(each)] if each.fragment else NO_DATAGRAM for each in seen]


def _same(seen: Sighting) -> tuple:
    return seen.frame.netns, seen.tap, seen.number, seen.packet[0].src


def part_of(fragment: Sighting, other: Sighting) -> bool:
    """Whether a fragment is a piece of a whole packet; what translation may rewrite is not compared."""
    if not fragment.fragment or other.fragment or fragment.number != other.number:
        return False
    head, piece, content = fragment.packet[0], fragment.content, other.content
    skip = 0 if head.offset else FIRST
    end = head.offset + len(piece)
    last = end < len(content) if head.mf else end == len(content)
    return last and content[head.offset + skip : end] == piece[skip:]
