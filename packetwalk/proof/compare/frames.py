"""Every frame of a packet's way, in model and recording.

What is compared of a frame is a projection (``packetwalk.capture.projection``): device, direction,
size and all header fields but those that somebody drew at random.  The order of frames is compared on
each device, in each direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from packetwalk.capture.frames import Frame
from packetwalk.capture.projection import DecodedFrame, Reader
from packetwalk.capture.recording import Recording, Sent
from packetwalk.capture.tunnel_ports import tunnel_ports
from packetwalk.datapath.run import Run
from packetwalk.proof.compare import retransmitted
from packetwalk.wire import Data, IcmpHeader, Internet, Stack, Tcp, Udp, Wireguard

MASKS = {
    "frame": "Identifiers of IP packets and of echo requests, initial sequence numbers, windows after the "
    "handshake, timestamps, the source port of a tunnel, ports that masquerading draws, and checksums over "
    "these: random or the clock's.",
    "TCP's data": "What is sent again by a timer is left out, with the errors about it: time does not pass in the "
    "model. So is the flag PSH, which depends on how much the sender hands over at once.",
    "ARP, IGMP": "Left out, and what is the like of them in IPv6, for when they are sent is a matter of time; so are the segments that close a "
    "TCP connection, or its socket, after the handshake.",
    "BGP": "The sessions of BIRD are left out: their routes are compared, as tables.",
    "WireGuard": "Its handshake and keepalive messages are left out: only its data is modelled.",
}
IGMP = 2
BETWEEN_NEIGHBOURS = range(130, 144)
WIREGUARD, WIREGUARD_TAG = 51820, 16
TapPoint = tuple[str, str, str]  # namespace, device, direction
PORTS = (80, 8080, 8472, 4789)


def difference(run: Run, recording: Recording, sent: Sent) -> str:
    """Return the first frame in which the two differ, as text; empty when there is none."""
    known = (sent.packet.sport, sent.dport, *PORTS)
    ports = tunnel_ports(recording, sent.frames)
    mine, theirs = lines(modelled(run), known), recorded(sent, ports)
    for place in sorted({*mine, *theirs}):
        ours, other = mine.get(place, []), theirs.get(place, [])
        for number in range(max(len(ours), len(other))):
            a = ours[number] if number < len(ours) else "nothing"
            b = other[number] if number < len(other) else "nothing"
            if a != b:
                return f"{' '.join(place)}: model {a}; kernel {b}"
    return ""


def recorded(sent: Sent, ports: Mapping[int, str] | None = None) -> dict[TapPoint, list[str]]:
    """Return the projected frames of a recorded packet; ``ports`` are tunnels', where those are not the usual ones."""
    return lines(belonging(sent.frames, ports), (sent.packet.sport, sent.dport, *PORTS))


def modelled(run: Run) -> Iterator[DecodedFrame]:
    """Yield the frames that the model puts on devices."""
    steps = sorted((step for trace in run.traces for step in trace.steps), key=lambda s: s.seq)
    for step in steps:
        ip = next((header for header in step.after if isinstance(header, Internet)), None)
        if _between_neighbours(step.after):
            continue
        if step.event in ("ingress", "egress") and step.dev not in (None, "lo") and ip is not None:
            way = "in" if step.event == "ingress" else "out"
            yield DecodedFrame(step.netns, step.dev or "", way, step.after, b"")


def belonging(frames: Iterable[Frame], ports: Mapping[int, str] | None = None) -> Iterator[DecodedFrame]:
    """Yield the frames that belong to the walk, as ``MASKS`` says."""
    established: set[str] = set()  # namespaces in which a handshake is complete
    seen: set[tuple] = set()
    for each in frames:
        try:
            stack = each.stack if ports is None else each.read(ports)
        except ValueError:
            continue
        head = next((header for header in stack if isinstance(header, Internet)), None)
        tcp = next((header for header in stack if isinstance(header, Tcp)), None)
        if head is None or head.protocol == IGMP or _between_neighbours(stack):
            continue
        if tcp and (set(tcp.flags) & set("FR")) and each.netns in established:
            continue
        told = retransmitted.what(stack) if each.netns in established else None
        if told and (each.netns, each.dev, each.direction, told) in seen:
            continue
        seen.add((each.netns, each.dev, each.direction, told))
        if tcp and tcp.flags == "A":
            established.add(each.netns)
        tunnel = any(
            isinstance(header, Udp) and WIREGUARD in (header.sport, header.dport) for header in stack
        )
        if tunnel and not _carries(stack):
            continue
        yield DecodedFrame(each.netns, each.dev, each.direction, stack, each.data)


def _between_neighbours(stack: Stack) -> bool:
    """Say whether neighbours speak with each other by IPv6: they ask for MACs, or report to which groups they listen."""
    return any(h.proto == "icmpv6" and h.type in BETWEEN_NEIGHBOURS for h in stack if isinstance(h, IcmpHeader))


def _carries(stack: Stack) -> bool:
    """Say whether a message of WireGuard carries a packet: a handshake does not, nor does a keepalive, data of length 0."""
    if not any(isinstance(header, Wireguard) for header in stack):
        return False
    return isinstance(stack[-1], Data) and stack[-1].size > WIREGUARD_TAG


def lines(frames: Iterable[DecodedFrame], known: Iterable[int]) -> dict[TapPoint, list[str]]:
    """Return the projected frames of each (namespace, device, direction), in order; ``known`` are ports."""
    reader = Reader({}, known, ids=False)
    out: dict[TapPoint, list[str]] = {}
    for frame in frames:
        text = reader.line(frame._replace(stack=retransmitted.without_push(frame.stack))).split(" ", 3)[-1]
        out.setdefault((frame.netns, frame.dev, frame.direction), []).append(text)
    return out
