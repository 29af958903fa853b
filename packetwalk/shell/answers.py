"""What came back to a program that sent a packet: the answer, or the error that somebody sent."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk import wire
from packetwalk.datapath.ip import FRAGMENT_TIME
from packetwalk.datapath.run import Run
from packetwalk.walks.refusal import BY_ROUTE, NO_ROOM, NOWHERE, refusal
from packetwalk.wire.icmp import TIME_EXCEEDED, UNREACHABLE

ARP_WAITS = 3.0  # seconds until the kernel gives a neighbour up (mcast_solicit times retrans_time)
NET, HOST, PROTOCOL, PORT, TOO_BIG = 0, 1, 2, 3, 4


class Answer(NamedTuple):
    """``kind`` is ``reply``, ``error`` (ICMP), ``local`` (refused by the sender's own kernel) or ``none``.

    ``source`` is who sent it, ``ttl`` what was left of it; ``icmp`` the error's header; ``mtu`` what the
    sender's kernel named, ``refusal`` what its call failed with; ``late`` errors come after the seconds that ARP waits for an answer.
    """

    kind: str
    source: str = ""
    ttl: int = 0
    icmp: wire.Icmp | None = None
    mtu: int = 0
    late: bool = False
    refusal: str = ""


def answer(run: Run) -> Answer:
    """Return what the program that sent the first packet of a run got to know."""
    request = run.traces[0]
    for trace in run.traces[1:]:
        last = trace.steps[-1]
        if (last.event, last.netns) == ("deliver", run.client):
            head = next(h for h in last.after if isinstance(h, wire.Ipv4))
            if trace.name in ("reply", "fragment"):  # a fragment that completes the reply
                return Answer("reply", head.src, head.ttl)
            icmp = next((h for h in last.after if isinstance(h, wire.Icmp)), None)
            if trace.name == "error" and icmp is not None and (icmp.type, icmp.code) != FRAGMENT_TIME:
                about = run.traces[trace.cause[0]] if trace.cause else request
                late = about.disposition == "neighbor_unreachable"
                return Answer("error", head.src, head.ttl, icmp, late=late)
    if request.disposition == "too_big" and request.steps[-1].netns == run.client:
        return Answer("local", mtu=request.steps[-1].note[2])
    refused = refusal(run)
    if refused in (NO_ROOM, NOWHERE, *BY_ROUTE.values()):
        return Answer("local", refusal=refused)
    if request.disposition == "neighbor_unreachable" and request.steps[-1].netns == run.client:
        head = next(h for h in request.steps[-1].before if isinstance(h, wire.Ipv4))
        return Answer("error", head.src, 64, wire.Icmp(UNREACHABLE, HOST), late=True)
    return Answer("none")


def message(icmp: wire.Icmp) -> str:
    """Return an ICMP error in the words of ping (``pr_icmph``)."""
    if icmp.type == TIME_EXCEEDED:
        return "Time to live exceeded"
    return {
        NET: "Destination Net Unreachable",
        HOST: "Destination Host Unreachable",
        PROTOCOL: "Destination Protocol Unreachable",
        PORT: "Destination Port Unreachable",
        TOO_BIG: f"Frag needed and DF set (mtu = {icmp.mtu})",
        10: "Destination Host Prohibited",
        13: "Packet filtered",
    }.get(icmp.code, f"Dest Unreachable, Bad Code: {icmp.code}")
