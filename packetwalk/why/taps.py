"""Whether the taps of a recording saw of a packet what the model computes."""

from __future__ import annotations

from packetwalk.capture.recording import Sent
from packetwalk.capture.tunnel_ports import tunnel_ports
from packetwalk.datapath.run import Run
from packetwalk.proof.compare import frames
from packetwalk.trace.packet import Packet
from packetwalk.why.asking import UNKNOWN, Errand, Fate, sent
from packetwalk.why.seen import seen

OTHERWISE = "went another way"
"""What is said of a packet of which the taps saw something else than the model computes."""


def taps(fate: Fate) -> str:
    """Return whether the taps saw of such a packet what the model computes; nothing where none was recorded."""
    asked, of = fate.question, fate.loaded.recording
    for each in of.sent:
        if _is_asked(each, asked):
            said = seen(each, asked, tunnel_ports(of, each.frames))
            if said and _has_missing(fate):
                return said
            difference = frames.difference(_as_sent(fate, each), of, each)
            if not difference:
                return f"the recorded packet {_named(each, asked)} went the same way, frame by frame"
            if said and UNKNOWN in (
                fate.verdict,
                sent(fate.loaded, asked._replace(packet=each.packet)).verdict,
            ):
                return said
            return f"the recorded packet {_named(each, asked)} {OTHERWISE}: {difference}"
    found = (seen(each, asked, tunnel_ports(of, each.frames)) for each in of.sent)
    return next(filter(None, found), "")


def _named(recorded: Sent, asked: Errand) -> str:
    """Return a packet's name, with its size where that is not what was asked for."""
    like = (recorded.packet.size, recorded.packet.df) == (asked.packet.size, asked.packet.df)
    return recorded.name if like else f"{recorded.name}, of {recorded.packet.size} bytes,"


def _has_missing(fate: Fate) -> bool:
    """Say whether the model had to do without tables, so that its frames may be others."""
    return any(place.missing for place in fate.loaded.places)


def _is_asked(recorded: Sent, asked: Errand) -> bool:
    return (recorded.src, recorded.dst, recorded.dport, recorded.packet.proto) == (
        asked.src.netns,
        asked.dst.address,
        asked.dst.port,
        asked.packet.proto,
    )


def _as_sent(fate: Fate, recorded: Sent) -> Run:
    packet: Packet = recorded.packet
    return fate.loaded.send(recorded.src, recorded.dst, packet, recorded.dport)
