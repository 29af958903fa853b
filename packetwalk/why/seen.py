"""What taps saw of a packet that is asked about, whoever sent it: evidence that needs no table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packetwalk.capture import identity
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Sent
from packetwalk.trace.packet import PROTOCOLS
from packetwalk.why.asking import Errand
from packetwalk.wire import Icmp, Ipv4, Tcp

ECHO, REPLY = 8, 0


def seen(sent: Sent, asked: Errand, ports: Mapping[int, str]) -> str:
    """Return how far such a packet came in a recorded conversation, and whether it was answered; or nothing.

    ``ports`` are those of tunnels.
    """
    there = [*_packets(sent, asked, ports, back=False)]
    if not any(frame.netns == asked.src.netns and frame.direction == "out" for frame, _ in there):
        return ""
    answers = [
        packet
        for frame, packet in _packets(sent, asked, ports, back=True)
        if frame.netns == asked.src.netns and frame.direction == "in"
    ]
    if answers:
        reset = all(any(isinstance(head, Tcp) and "R" in head.flags for head in packet) for packet in answers)
        return f"such a packet was seen in {sent.name}, and {'a reset' if reset else 'an answer'} came back"
    if any(frame.netns == asked.dst.netns and frame.direction == "in" for frame, _ in there):
        return f"such a packet was seen to arrive in {asked.dst.netns} ({sent.name}); no answer came back"
    last = there[-1][0]
    return f"such a packet was seen last at {last.dev} of {last.netns}, {last.direction} ({sent.name})"


def _packets(
    sent: Sent, asked: Errand, ports: Mapping[int, str], *, back: bool
) -> Iterator[tuple[Frame, tuple[Any, ...]]]:
    """Yield the frames whose innermost packet goes from one end to the other, or back."""
    one, other = asked.src.address, asked.dst.address
    for frame in sent.frames:
        try:
            packet = identity.inner(frame.read(ports))
        except ValueError:
            continue
        if not packet or not isinstance(packet[0], Ipv4):
            continue
        src, sport, dst, dport = identity.ends(packet)
        ends, port = ((dst, src), sport) if back else ((src, dst), dport)
        echo = isinstance(packet[1], Icmp) and packet[1].type == (REPLY if back else ECHO)
        said = echo if asked.packet.proto == "icmp" else port == asked.dst.port
        if ends == (one, other) and packet[0].protocol == PROTOCOLS[asked.packet.proto] and said:
            yield frame, packet
