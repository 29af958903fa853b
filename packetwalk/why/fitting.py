"""A packet that may not be cut and is too big: whether its sender is told, and what then passes.

Path MTU discovery (RFC 1191) at work is no fault: a program that may send no bigger packet gets 'message too long', or
an ICMP error tells its kernel which MTU the path has (``icmp_unreach``, ``__ip_rt_update_pmtu``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from packetwalk.trace.step import Step
from packetwalk.why.asking import FAILS, HEADERS, UNKNOWN, Errand, Fate, sent
from packetwalk.wire import Icmp

MOST = 8
"""So many times a sender is told of a smaller MTU at most."""


class Fitted(NamedTuple):
    """What the sender of too big a packet sends after it was told: ``size`` bytes of payload, and what becomes of them."""

    size: int
    fate: Fate

    def __str__(self) -> str:
        if self.fate.verdict == UNKNOWN:
            return f"whether {self.size} bytes arrive is not known: {self.fate.unknown}"
        return f"{self.size} bytes arrive, and are answered (tried)"


def fitted(refused: Fate) -> Fitted | None:
    """Return the packet that the sender sends once it was told; None where it is not told, or that one is known to be lost."""
    fate = refused
    for _ in range(MOST):
        mtu, asked = _told(fate), fate.question
        size = mtu - HEADERS[asked.packet.proto]
        if not 0 < size < fate.walk.packet.size:
            return None
        smaller = replace(fate.walk.packet, size=size)
        fate = sent(refused.loaded, Errand(asked.src, asked.dst, smaller))
        if fate.verdict != FAILS:
            return Fitted(size, fate)
    return None


def _told(fate: Fate) -> int:
    """Return the MTU, in bytes, of which the sender of a request is told; 0 where it is not."""
    ended, sender = fate.ended, fate.question.src.netns
    if ended.disposition != "too_big" or ended.name != "request":
        return 0
    if ended.steps[-1].netns == sender and ended.steps[-1].note[0] == "message-too-long":
        return int(ended.steps[-1].note[2])
    errors = (trace.steps[-1] for trace in fate.walk.traces if trace.name == "error")
    return next((_mtu(last) for last in errors if last.netns == sender and last.event == "deliver"), 0)


def _mtu(arrived: Step) -> int:
    """Return what an ICMP error says of the MTU."""
    icmp = next((header for header in arrived.after if isinstance(header, Icmp)), None)
    return icmp.mtu if icmp is not None and icmp.too_big else 0
