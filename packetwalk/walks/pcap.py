"""The frames of a walk as a capture: what tcpdump on every device would have written."""

from __future__ import annotations

from typing import Literal

from packetwalk import wire
from packetwalk.trace.step import Step
from packetwalk.walks.walk import Walk

Direction = Literal["in", "out"]
STEP_NS = 1000
START_NS = 1_700_000_000_000_000_000
ETHERNET, RAW = wire.pcap.ETHERNET, 101
"""Link types of capture files: frames with an Ethernet header; bare IP packets, as a layer-3 tunnel has."""


def frames(walk: Walk, linktype: int | None = None) -> list[tuple[str, int, Direction, bytes]]:
    """Return (``netns:device``, time in ns, ``in`` or ``out``, bytes) in the order of time.

    Times are made: a microsecond a step.  With ``linktype`` only the frames of that type.
    """
    out = []
    for step in walk.steps:
        if linktype not in (None, _linktype(step)):
            continue
        if step.event in ("ingress", "egress") and step.dev and step.dev != "lo":
            direction: Direction = "in" if step.event == "ingress" else "out"
            out.append(
                (
                    f"{step.netns}:{step.dev}",
                    START_NS + step.seq * STEP_NS,
                    direction,
                    wire.encode(step.after),
                )
            )
    return out


def _linktype(step: Step) -> int:
    return ETHERNET if step.after and step.after[0].proto == "eth" else RAW


def pcap(walk: Walk) -> bytes:
    """Return the Ethernet frames of a walk as one pcap file.

    It does not say which device saw a frame, and it has one link type: the bare packets that go in and
    out of layer-3 tunnels are left out.
    """
    return wire.pcap.write_pcap([(time, data) for _, time, _, data in frames(walk, ETHERNET)])


def pcapng(walk: Walk) -> bytes:
    """Return all frames of a walk as one pcapng file with an interface for each device."""
    seen = frames(walk)
    bare = {name for name, *_ in frames(walk, RAW)}
    names = list(dict.fromkeys(name for name, *_ in seen))
    packets = [(names.index(name), time, direction, data) for name, time, direction, data in seen]
    return wire.pcap.write_pcapng([(name, RAW if name in bare else ETHERNET) for name in names], packets)
