"""A packet to send, the one before it, and which frames are its story: the same whatever kernel it is sent in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Probe, Sent
from packetwalk.tables import SysctlEntry
from packetwalk.tables.sysctl import DEVICE, FORWARD, FORWARDING, MACHINE, usual_value
from packetwalk.trace.packet import Packet
from packetwalk.wire import Tcp

IPV6, HOP_BY_HOP, ICMPV6, BETWEEN_NEIGHBOURS = b"\x86\xdd", 0, 58, range(130, 144)
ETHERNET, IPV4, IGMP, TCP, BGP = 14, b"\x08\x00", 2, 6, (179).to_bytes(2)


def warming(probe: Probe) -> Warm | None:
    """Return a usual packet to the same goal, by the port below; none before a packet that is to be the first."""
    packet = probe.packet
    return None if packet.cold else Warm(probe.dst, Packet(packet.proto, sport=packet.sport - 1))


class Warm(NamedTuple):
    """A packet before the one that is recorded, so that the neighbours on its way are known.

    ``dst`` is an address; ``frames`` with IPv4 follow it, and, if it is ``answered``, an answer.
    """

    dst: str
    packet: Packet
    frames: int = 0
    answered: bool = True


def is_ipv4(frame: Frame) -> bool:
    """Say whether a frame is of IPv4, but no IGMP: whether it is waited for."""
    return frame.bare or (frame.data[12:14] == IPV4 and frame.data[23] != IGMP)


def is_ipv6(frame: Frame) -> bool:
    """Say whether a frame is of IPv6, but of no neighbours' discovery and no listeners' report."""
    data = frame.data
    between = data[20] == HOP_BY_HOP or (data[20] == ICMPV6 and data[54] in BETWEEN_NEIGHBOURS)
    return not frame.bare and data[12:14] == IPV6 and not between


def beside(frame: Frame) -> bool:
    """Say whether a frame belongs to a BGP session, which lives beside the packet's story."""
    ip = frame.data[0 if frame.bare else ETHERNET :]
    ports = ip[(ip[0] & 15) * 4 :][:4]
    return is_ipv4(frame) and ip[9] == TCP and BGP in (ports[:2], ports[2:])


def _segment(frame: Frame) -> bool:
    """Say whether a frame carries a segment of TCP, however wrapped."""
    try:
        return any(isinstance(header, Tcp) for header in frame.stack)
    except ValueError:
        return False


def sent(probe: Probe, seen: Iterable[Frame], leaves_out: Callable[[Frame], bool] = beside) -> Sent:
    """Return a packet with those of the frames seen that are its story."""
    late = probe.packet.proto != "tcp"  # then a segment is an earlier connection's, sent again
    return Sent(*probe, frames=tuple(frame for frame in seen if not leaves_out(frame) and not (late and _segment(frame))))


def settings(always: Iterable[str], devices: Iterable[str], setting: Callable[[str], str | None]) -> str:
    """Return the settings of the machine, then those of devices of which the data path asks and that somebody has changed."""
    found = {key: setting(key) for key in (*always, *MACHINE)}
    forwards = found.get(FORWARD)
    for key in (f"net.ipv4.conf.{dev}.{name}" for dev in sorted(devices) if dev != "default" for name in DEVICE):
        usual = forwards if FORWARDING.fullmatch(key) else usual_value(key)
        if key not in found and (value := setting(key)) not in (None, usual):
            found[key] = value
    return "".join(f"{SysctlEntry(key, value)}\n" for key, value in found.items() if value is not None)
