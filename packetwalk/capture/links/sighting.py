"""A frame as it was seen at a tap, and how it came about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.frames import Frame
from packetwalk.capture.identity import Stack
from packetwalk.wire import Ipv4

IPV4_HEADER = 20

Tap = tuple[str, bool]  # a device of the namespace, and whether frames come in there


class Sighting(NamedTuple):
    """A frame, read: ``packet`` is the innermost packet that can be read, ``key`` identifies it.

    ``content`` are the bytes behind the packet's IP header, as they were captured.
    """

    frame: Frame
    stack: Stack
    packet: Stack
    content: bytes
    key: tuple | None

    @property
    def coming(self) -> bool:
        """Whether it came into its namespace by this device."""
        return self.frame.direction == "in"

    @property
    def tap(self) -> Tap:
        """Where in its namespace it was seen."""
        return self.frame.dev, self.frame.direction == "in"

    @property
    def fragment(self) -> bool:
        """Whether it is only a part of a datagram."""
        return bool(self.packet) and isinstance(self.packet[0], Ipv4) and self.packet[0].fragment

    @property
    def number(self) -> tuple[int, int] | None:
        """What fragments and their datagram have in common: nobody on the way changes its number."""
        head = self.packet[0] if self.packet else None
        return (head.id, head.protocol) if isinstance(head, Ipv4) else None


class Link(NamedTuple):
    """How a frame came about: ``before`` is its predecessor.

    ``how`` is ``wire`` (the other end of a veth pair, or another NIC of a segment), ``same`` (the same
    packet in the same namespace), ``copy`` (one more of a flood), ``cut`` (a fragment of it), ``segment``
    (some of its bytes, and of those of ``others``: cut or put together by an offload), ``wire-segment`` (the
    same, at the other end of a wire), ``whole`` and ``recut`` (gathered from fragments, of which ``before``
    is the last; then perhaps cut again), ``hidden`` (wrapped so that only order tells), or ``first``.
    """

    how: str
    before: int | None = None
    others: tuple[int, ...] = ()

    @property
    def by_wire(self) -> bool:
        """Whether it came from the other end of a wire."""
        return self.how in ("wire", "wire-segment")


def read(frame: Frame, tunnel_ports: Mapping[int, str]) -> Sighting:
    """Read a frame; what is no tunnel's packet on its port is a program's datagram.  ValueError for what is no frame."""
    try:
        stack = frame.read(tunnel_ports)
    except ValueError:
        stack = frame.read({})
    packet = identity.inner(stack)
    content = b""
    if packet and isinstance(packet[0], Ipv4):
        start = wire.size(stack[: len(stack) - len(packet)]) + IPV4_HEADER
        content = frame.data[start : start + wire.size(packet[1:])]
    return Sighting(frame, stack, packet, content, identity.key(packet, content))
