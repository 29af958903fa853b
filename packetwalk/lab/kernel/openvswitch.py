"""An Open vSwitch datapath of the kernel, driven from here (include/uapi/linux/openvswitch.h).

As weaver drives it with the library go-odp: no ovs-vswitchd, no database.  A frame without a flow comes
up as a miss; what is to become of it goes down as actions, once (``execute``) or for good (``flow``).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from packetwalk.errors import LabError
from packetwalk.lab.kernel.genetlink import GENERIC, Generic
from packetwalk.lab.kernel.laying import datapaths
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.netlink import attribute, attributes, text
from packetwalk.tables import LinkEntry, TunnelKey

NEW, GET, SET = 1, 3, 4
MISS, EXECUTE = 1, 3
DP_NAME, DP_UPCALL = 1, 2
PORT_NUMBER, PORT_KIND, PORT_NAME, PORT_OPTIONS, PORT_UPCALL = 1, 2, 3, 4, 5
NETDEV, VXLAN, TUNNEL_UDP = 1, 4, 1
PACKET, PACKET_KEY, PACKET_ACTIONS = 1, 2, 3
FLOW_KEY, FLOW_ACTIONS, FLOW_MASK = 1, 2, 7
KEY_PORT, KEY_ETHERNET, KEY_TUNNEL = 3, 4, 16
TUN_ID, TUN_SRC, TUN_DST, TUN_TOS, TUN_TTL, TUN_DF = range(6)
OUTPUT, SET_KEY = 1, 3
DATAPATH = struct.Struct("=i")
TTL = 64


class Miss(NamedTuple):
    """A frame without a flow; ``tunnel`` is None when it came by a port that is no tunnel."""

    frame: bytes
    port: int
    tunnel: TunnelKey | None


class Action(NamedTuple):
    """Send the frame out of a port, in a tunnel when there is a key for it."""

    port: int
    tunnel: TunnelKey | None = None


class Datapath:
    """The datapath ``name`` in the namespace of the calling thread; LabError when the kernel has none."""

    def __init__(self, name: str) -> None:
        self._asked, self.upcalls = Generic(), Generic()
        family = self._asked.family
        self._vport, self._flow, self._packet = (family(f"ovs_{x}") for x in ("vport", "flow", "packet"))
        self._head = DATAPATH.pack(socket.if_nametoindex(name))

    def port(self, name: str) -> int:
        """Return a port's number, and let its misses come here."""
        answer = self._ask(self._vport, GET, text(PORT_NAME, name), f"port {name}")
        found = attributes(answer[GENERIC.size + DATAPATH.size :])[PORT_NUMBER]
        number = int.from_bytes(found, "little")
        heard = attribute(PORT_NUMBER, number) + attribute(PORT_UPCALL, self.upcalls.port)
        self._ask(self._vport, SET, heard, f"port {name}")
        return number

    def missed(self) -> list[Miss]:
        """Wait for misses."""
        out = []
        for kind, message in self.upcalls.messages():
            if kind == self._packet and message[0] == MISS:
                found = attributes(message[GENERIC.size + DATAPATH.size :])
                key = attributes(found[PACKET_KEY])
                port = int.from_bytes(key[KEY_PORT], "little")
                out.append(Miss(found[PACKET], port, _tunnel(key.get(KEY_TUNNEL))))
        return out

    def execute(self, frame: bytes, actions: Iterable[Action]) -> None:
        """Do something with one frame."""
        body = attribute(PACKET, frame) + attribute(PACKET_KEY, b"")
        self._ask(self._packet, EXECUTE, body + attribute(PACKET_ACTIONS, _actions(actions)), "frame")

    def flow(self, miss: Miss, actions: Iterable[Action]) -> None:
        """Do the same with all frames that have this port, tunnel and MACs."""
        ends = miss.frame[6:12] + miss.frame[:6]
        key = attribute(KEY_PORT, miss.port) + attribute(KEY_ETHERNET, ends)
        mask = attribute(KEY_PORT, 0xFFFFFFFF) + attribute(KEY_ETHERNET, b"\xff" * 12)
        if miss.tunnel:
            key += attribute(KEY_TUNNEL, _tunnel_key(miss.tunnel))
            exact = struct.pack("!Q", 2**64 - 1)
            same = [attribute(TUN_ID, exact), attribute(TUN_SRC, exact[:4]), attribute(TUN_DST, exact[:4])]
            mask += attribute(KEY_TUNNEL, b"".join([*same, attribute(TUN_TTL, b"\0")]))
        body = attribute(FLOW_KEY, key) + attribute(FLOW_MASK, mask)
        self._ask(self._flow, NEW, body + attribute(FLOW_ACTIONS, _actions(actions)), "flow")

    def _ask(self, family: int, command: int, body: bytes, what: str) -> bytes:
        return self._asked.request(family, command, 1, self._head + body, f"datapath, {what}")

    def close(self) -> None:
        """Close the sockets; the datapath goes with its namespace."""
        self._asked.close()
        self.upcalls.close()


def add_datapath(name: str) -> None:
    """Make a datapath in the namespace of the calling thread."""
    body = DATAPATH.pack(0) + text(DP_NAME, name) + attribute(DP_UPCALL, 0)
    with Generic() as asked:
        asked.request(asked.family("ovs_datapath"), NEW, 2, body, f"datapath {name}")


def add_port(datapath: str, name: str, udp: int | None = None) -> None:
    """Add a device to a datapath, or make a VXLAN port on a UDP port and add that."""
    body = DATAPATH.pack(socket.if_nametoindex(datapath)) + text(PORT_NAME, name)
    body += attribute(PORT_KIND, NETDEV if udp is None else VXLAN) + attribute(PORT_UPCALL, 0)
    if udp is not None:
        body += attribute(PORT_OPTIONS, attribute(TUNNEL_UDP, struct.pack("=H", udp)))
    with Generic() as asked:
        asked.request(asked.family("ovs_vport"), NEW, 1, body, f"datapath {datapath}, port {name}")


def build(links: Iterable[LinkEntry]) -> list[list[str]]:
    """Make datapaths and their ports in the namespace of the calling thread; veths are there already.

    Returned are the commands that give all of them their addresses, and the datapaths their MTU.
    """
    every, commands = list(links), []
    for link in every:
        if link.kind == "openvswitch":
            add_datapath(link.ifname)
    switches = datapaths(every)
    for link in every:
        if link.master in switches:
            add_port(str(link.master), link.ifname, link.port if link.kind == "vxlan" else None)
        if {link.master, link.ifname} & switches:
            mtu = [] if link.kind == "vxlan" else ["mtu", str(link.mtu)]
            commands.append(["ip", "link", "set", link.ifname, "address", link.address, *mtu, "up"])
    return commands


def available(namespace: Namespace) -> bool:
    """Say whether the kernel makes switches; it is tried out."""
    with suppress(LabError):
        namespace.inside(lambda: add_datapath("trial0"))
        return True
    return False


def _tunnel(raw: bytes | None) -> TunnelKey | None:
    if raw is None:
        return None
    key = attributes(raw)
    src, dst = (socket.inet_ntoa(key[kind]) for kind in (TUN_SRC, TUN_DST))
    return TunnelKey(int.from_bytes(key[TUN_ID], "big"), src, dst)


def _tunnel_key(tunnel: TunnelKey) -> bytes:
    return (
        attribute(TUN_ID, struct.pack("!Q", tunnel.vni))
        + attribute(TUN_SRC, socket.inet_aton(tunnel.src))
        + attribute(TUN_DST, socket.inet_aton(tunnel.dst))
        + attribute(TUN_TTL, bytes([TTL]))
    )


def _actions(actions: Iterable[Action]) -> bytes:
    out = b""
    for port, tunnel in actions:
        if tunnel:
            key = _tunnel_key(tunnel) + attribute(TUN_TOS, b"\0") + attribute(TUN_DF, b"")
            out += attribute(SET_KEY, attribute(KEY_TUNNEL, key))
        out += attribute(OUTPUT, port)
    return out
