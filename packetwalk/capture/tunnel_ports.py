"""UDP ports that are tunnels', by the devices that were recorded: on any other a datagram is a program's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Place, Recording
from packetwalk.tables.link import LINKS
from packetwalk.tables.socket import SOCKETS
from packetwalk.wire import UDP_PORTS, Ipv4, Udp
from packetwalk.wire.wireguard import PORT

VXLAN, WIREGUARD = "vxlan", "wg"
BRIDGE_OF_WEAVE = "weave"
SPOKEN_BY = {"ip": "tun", "sleeve": BRIDGE_OF_WEAVE, VXLAN: VXLAN, WIREGUARD: "wireguard"}
"""What is announced by a port, and the kind or the name of the device that tells of it."""
MESSAGES = tuple(bytes((kind, 0, 0, 0)) for kind in (1, 2, 3, 4))
"""How each message of WireGuard begins (drivers/net/wireguard/messages.h)."""


def tunnel_ports(recording: Recording, frames: Iterable[Frame]) -> dict[int, str]:
    """Return what the datagrams to a port are, of ports that are a tunnel's.

    A VXLAN device tells its port.  Of WireGuard no listing tells it: it is a socket's where such a device is, if all that
    was sent to it begins as WireGuard's messages do.
    """
    links = [link for place in recording.places for link in place.entries(LINKS)]
    told = {link.kind for link in links} | {link.ifname for link in links}
    if "tun" in told:
        told.add("wireguard")  # a program's
    untold = any(link.kind == VXLAN and link.port is None for link in links)
    out = {port: proto for port, proto in UDP_PORTS.items() if SPOKEN_BY.get(proto, proto) in told}
    if not untold:
        out = {port: proto for port, proto in out.items() if proto != VXLAN}
    out |= {link.port: VXLAN for link in links if link.kind == VXLAN and link.port}
    return out | dict.fromkeys(_wireguard(recording.places, frames, out), WIREGUARD)


def _wireguard(places: Iterable[Place], frames: Iterable[Frame], known: Mapping[int, str]) -> set[int]:
    """Return the ports of sockets beside WireGuard devices to which nothing but its messages went."""
    sockets = {
        entry.port
        for place in places
        if any(link.kind == "wireguard" for link in place.entries(LINKS))
        for entry in place.entries(SOCKETS)
        if entry.protocol == "udp"
    }
    ports = sockets - set(known) - {PORT}
    spoken: dict[int, bool] = {}
    for frame in frames if ports else ():
        port, said = _datagram(frame)
        if port in ports:
            spoken[port] = spoken.get(port, True) and said in MESSAGES
    return {port for port, all_of_it in spoken.items() if all_of_it}


def _datagram(frame: Frame) -> tuple[int, bytes]:
    """Return the port that a datagram is for, and its first four bytes; of other frames nothing."""
    try:
        stack = frame.read({})
    except ValueError:
        return 0, b""
    at = 0
    for outer, header in zip((None, *stack), stack, strict=False):
        at += header.size
        if isinstance(header, Udp) and isinstance(outer, Ipv4):
            return header.dport, frame.data[at : at + 4]
    return 0, b""
