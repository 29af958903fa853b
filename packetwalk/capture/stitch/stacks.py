"""Headers of a packet, a few taken off, put on or changed."""

from __future__ import annotations

from typing import Any

from packetwalk.capture.identity import Stack
from packetwalk.capture.links.sighting import Sighting
from packetwalk.wire import Ethernet, Ipv4


def bare(stack: Stack) -> Stack:
    """Return a packet without the Ethernet header it wears outside."""
    return stack[1:] if isinstance(stack[0], Ethernet) else stack


def within(seen: Sighting, packet: Stack) -> Stack:
    """Return a packet behind the Ethernet header of a frame, if that has one."""
    return (seen.stack[0], *packet) if isinstance(seen.stack[0], Ethernet) else packet


def kept(now: Stack, part: Stack) -> Stack:
    """Return a fragment behind the Ethernet header the packet still wears."""
    return (*now[:1], *part[1:]) if isinstance(now[0], Ethernet) and isinstance(part[0], Ethernet) else part


def changed(stack: Stack, **changes: Any) -> Stack:
    """Return a stack whose innermost packet has other addresses, ports or TTL."""
    last = max(k for k, header in enumerate(stack) if isinstance(header, Ipv4))
    out = list(stack)
    for k in range(last, len(out)):
        fields = {name: value for name, value in changes.items() if name in getattr(out[k], "_fields", ())}
        if k == last or fields.keys() <= {"sport", "dport"}:
            out[k] = out[k]._replace(**fields) if fields else out[k]
    return tuple(out)
