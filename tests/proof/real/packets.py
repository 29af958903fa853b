"""What is known to differ between recorded frames and a walk's; why stands in ``known_differences.yaml``."""

from __future__ import annotations

from collections.abc import Callable

from packetwalk.capture.projection import DecodedFrame
from packetwalk.wire import Arp, Data, Ipv4, Stack, Tcp, Udp, decode
from packetwalk.wire import size as wire_size
from packetwalk.wire.sleeve import Sleeve, SleeveFrame
from tests.proof.differences import TEXT
from tests.proof.real.experiment import RealExperiment

KNOWN: dict[str, dict] = TEXT["packets"]
LATER: dict[str, str] = {each: part["reason"] for part in TEXT["packets later"] for each in part["experiments"]}
"""Why an experiment is not compared, by its recording and name."""
SLEEVE_AT = 3  # behind Ethernet, IP and UDP
Frames = list[DecodedFrame]
BRIDGES = ("weave", "cni0")
SERVERS = (8080, 5353, 80, 53)


def neighbour_refresh(experiment: RealExperiment, frames: Frames) -> Frames:
    """``neighbour-refresh``: leave out ARP where the experiment was made warm."""
    if experiment.cold:
        return frames
    return [frame for frame in frames if not any(isinstance(header, Arp) for header in frame.stack)]


def after_the_data(experiment: RealExperiment, frames: Frames) -> Frames:
    """``after-the-data``: keep of TCP the handshake, what the client writes, and that this was acknowledged."""
    begun = {tcp.seq + 1 for frame in frames for tcp in frame.stack if isinstance(tcp, Tcp) and tcp.flags == "SA"}
    out = []
    for frame in frames:
        tcp = next((header for header in frame.stack if isinstance(header, Tcp)), None)
        if tcp is None or "S" in tcp.flags or "R" in tcp.flags:
            out.append(frame)
            continue
        answer = isinstance(frame.stack[-1], Data) and tcp.seq in begun
        if "F" not in tcp.flags and not answer and (tcp.seq in begun or tcp.ack in begun):
            out.append(frame)
    return out


def asked_again(experiment: RealExperiment, frames: Frames) -> Frames:
    """``asked-again``: leave out a SYN that is sent again, at each place."""
    out, met = [], set()
    for frame in frames:
        tcp = next((header for header in frame.stack if isinstance(header, Tcp)), None)
        key = (*frame[:3], tcp.sport, tcp.dport, tcp.seq) if tcp and tcp.flags == "S" else None
        if key is None or key not in met:
            out.append(frame)
        met.add(key)
    return out


def other_answer(experiment: RealExperiment, frames: Frames) -> Frames:
    """``other-answer``: leave out what a UDP server answers."""
    return [frame for frame in frames if not _is_answer(experiment, frame)]


def _is_answer(experiment: RealExperiment, frame: DecodedFrame) -> bool:
    udp = any(isinstance(header, Udp) and header.sport in SERVERS for header in frame.stack)
    *_, inner = [header for header in frame.stack if isinstance(header, Ipv4)] or [None]
    cut = inner is not None and bool(inner.offset) and inner.dst == experiment.asks_from
    return udp or (cut and " udp " in experiment.outcome["commands"][0])


def underlay_arp(experiment: RealExperiment, frames: Frames) -> Frames:
    """``underlay-arp``: leave out what the machines ask each other."""
    return [frame for frame in frames if not (frame.dev == "eth0" and frame.netns[0] == "n" and _is_arp(frame))]


def _is_arp(frame: DecodedFrame) -> bool:
    return isinstance(frame.stack[1], Arp)


def neighbour_state(experiment: RealExperiment, frames: Frames) -> Frames:
    """``neighbour-state``: leave out where a bridged packet went by the bridge's own device."""
    if experiment.id not in KNOWN["neighbour-state"]["experiments"]:
        return frames
    return [frame for frame in frames if frame.dev not in BRIDGES or frame.direction != "out"]


def unpacked(stack: Stack) -> list[Stack]:
    """``packed-frames``: return a datagram of several records as one of each."""
    if len(stack) < SLEEVE_AT + 2 or not isinstance(stack[SLEEVE_AT], Sleeve) or not isinstance(stack[-1], Data):
        return [stack]
    records = stack[-1].content
    if isinstance(stack[SLEEVE_AT + 1], SleeveFrame):
        return [stack]
    out, at = [], 0
    while at < len(records):
        end = at + SleeveFrame.size + int.from_bytes(records[at + 12 : at + 14])
        names = (records[at : at + 6].hex(":"), records[at + 6 : at + 12].hex(":"))
        inner = decode(records[at + SleeveFrame.size : end])
        out.append((*stack[: SLEEVE_AT + 1], SleeveFrame(*names), *inner))
        at = end
    return out


def is_packed(frame: DecodedFrame) -> bool:
    """Say whether a frame came out of a datagram with others."""
    return wire_size(frame.stack) != len(frame.data)


FILTERS: dict[str, Callable[[RealExperiment, Frames], Frames]] = {
    "underlay-arp": underlay_arp,
    "neighbour-refresh": neighbour_refresh,
    "neighbour-state": neighbour_state,
    "asked-again": asked_again,
    "after-the-data": after_the_data,
    "other-answer": other_answer,
}
