"""The frames of a walk as a capture: what tcpdump on every device would have written."""

from __future__ import annotations

from typing import Literal

from packetwalk import wire
from packetwalk.walk import Walk

Direction = Literal["in", "out"]
STEP_NS = 1000
START_NS = 1_700_000_000_000_000_000


def frames(walk: Walk) -> list[tuple[str, int, Direction, bytes]]:
    """Return (``netns:device``, time in ns, ``in`` or ``out``, bytes) in the order of time.

    Times are made: a microsecond a step.
    """
    out = []
    for step in walk.steps:
        if step.event in ("ingress", "egress") and step.dev and step.dev != "lo":
            direction: Direction = "in" if step.event == "ingress" else "out"
            out.append((f"{step.netns}:{step.dev}", START_NS + step.seq * STEP_NS, direction,
                        wire.encode(step.after)))
    return out


def pcap(walk: Walk) -> bytes:
    """Return all frames of a walk as one pcap file (it does not say which device saw a frame)."""
    return wire.pcap.write_pcap([(time, data) for _, time, _, data in frames(walk)])


def pcapng(walk: Walk) -> bytes:
    """Return all frames of a walk as one pcapng file with an interface for each device."""
    seen = frames(walk)
    names = list(dict.fromkeys(name for name, *_ in seen))
    packets = [(names.index(name), time, direction, data) for name, time, direction, data in seen]
    return wire.pcap.write_pcapng([(name, 1) for name in names], packets)
