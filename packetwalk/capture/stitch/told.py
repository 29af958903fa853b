"""Which frames of a packet are told of, and in words which are not: nothing is left out in silence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from packetwalk.capture.frames import Frame, counted
from packetwalk.capture.links.sighting import Sighting, read
from packetwalk.capture.recording import Sent
from packetwalk.wire import Arp, Data, Ethernet, Ipv4, Vlan

IGMP = 2
IPV6 = 0x86DD
OTHERS = {IPV6: "of IPv6", 0x88CC: "of LLDP"}
OPTIONED = 0x45, 0x4F  # the first byte of an IPv4 header: without options, and with as many as there can be


class ToldFrames(NamedTuple):
    """The frames that are told of, in the recording's order; ``left_out`` says which are not."""

    seen: list[Sighting]
    left_out: tuple[str, ...]


def told(sent: Sent, tunnel_ports: Mapping[int, str]) -> ToldFrames:
    """Read the frames: those of ARP and IPv4 are told of, but for IGMP, which nobody asked for."""
    seen: list[Sighting] = []
    missing: Counter[str] = Counter()
    for frame in sent.frames:
        try:
            each = read(frame, tunnel_ports)
        except (ValueError, IndexError):
            missing[_unread(frame)] += 1
            continue
        first = next((header for header in each.stack if isinstance(header, (Ipv4, Arp))), None)
        if any(header.proto == "ipv6" for header in each.stack):
            missing[OTHERS[IPV6]] += 1
        elif first is None or _carries_other(each):
            missing[_other(each)] += 1
        elif not (isinstance(first, Ipv4) and first.protocol == IGMP):
            seen.append(each)
    left_out = (counted(count, what) for what, count in missing.items() if what)
    return ToldFrames(seen, (*left_out, *sent.notes))


def _carries_other(seen: Sighting) -> bool:
    """Whether the innermost frame of a tunnel has neither IPv4 nor ARP."""
    return isinstance(seen.stack[-1], Data) and any(
        isinstance(header, (Ethernet, Vlan)) for header in seen.stack[-2:-1]
    )


def _unread(frame: Frame) -> str:
    """Return what a frame is that cannot be read: perhaps only a packet of another version."""
    bare = frame.bare and frame.data[:1] and frame.data[0] >> 4 == 6
    framed = not frame.bare and frame.data[12:14] == IPV6.to_bytes(2)
    return OTHERS[IPV6] if bare or framed else "that cannot be read"


def _other(seen: Sighting) -> str:
    """Return what a frame is that has neither IPv4 nor ARP; nothing for a report to routers, which has options."""
    heads = [header for header in seen.stack if isinstance(header, (Ethernet, Vlan))]
    kind = heads[-1].type if heads else 0x0800
    if kind != 0x0800:
        return OTHERS.get(kind, f"of EtherType {kind:#06x}")
    packet = seen.stack[-1].content if isinstance(seen.stack[-1], Data) else b""
    if packet and OPTIONED[0] < packet[0] <= OPTIONED[1]:
        return "with IP options" if packet[9] != IGMP else ""
    return "that cannot be read"
