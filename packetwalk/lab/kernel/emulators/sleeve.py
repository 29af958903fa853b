"""Weaver's sleeve overlay: frames from the bridge into UDP port 6783, and back.

As ``handleCapturedPacket``, ``handleForwardedPacket`` and ``sleeveForwarder.Forward`` of weave
router/network_router.go and router/sleeve.go: a frame goes to the peer behind which its destination
was seen, else to all neighbours; a frame whose packet has DF travels with DF and without a UDP checksum.
With encryption the records are in a box (``packetwalk.lab.kernel.emulators.secretbox``).
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from typing import NamedTuple

from packetwalk.lab.kernel.emulators.program import LONGEST, Program, checksum
from packetwalk.lab.kernel.emulators.secretbox import PeerCipher, missing
from packetwalk.tables import (
    BroadcastEntry,
    CaptureEntry,
    ConnectionEntry,
    Entry,
    LinkEntry,
    MeshPeerEntry,
    UnicastEntry,
)
from packetwalk.tables.packet_socket import CAPTURES
from packetwalk.tables.weaver import BROADCAST, CONNECTIONS, PEERS, RING, UNICAST

PORT, NAME, RECORD, ETHERNET = 6783, 6, 14, 14
ALL, IPV4, OUTGOING = 0x0003, 0x0800, 4
IP_MTU_DISCOVER, DONT, DO = 10, 0, 2
TTL, QUOTED = 64, 28


class RawHop(NamedTuple):
    """One way of a frame from peer ``src`` to peer ``dst``: over a connection; None: into the bridge here."""

    connection: ConnectionEntry | None
    src: bytes
    dst: bytes


class Emulator(Program):
    """The weaver of one node."""

    process = "weaver"
    tables = frozenset(table.name for table in (BROADCAST, CAPTURES, CONNECTIONS, PEERS, RING, UNICAST))

    @classmethod
    def fits(cls, entries: Iterable[Entry]) -> bool:
        """Say whether there is no datapath."""
        return not any(isinstance(each, LinkEntry) and each.kind == "openvswitch" for each in entries)

    @classmethod
    def refuses(cls, entries: Iterable[Entry]) -> str:
        """Return why it cannot be: its encryption needs a package of Python's."""
        encrypted = [each for each in entries if isinstance(each, ConnectionEntry) and each.encrypted]
        return missing() if any(each.overlay == "sleeve" for each in encrypted) else ""

    def open(self) -> None:
        """Open what leads to the bridge, and the two sockets for the other peers."""
        self.unicast: dict[bytes, bytes] = {}
        self.broadcast: dict[bytes, list[bytes]] = {}
        self.connections: dict[bytes, ConnectionEntry] = {}
        self.macs: dict[bytes, bytes] = {}
        for each in self.entries:
            match each:
                case ConnectionEntry():
                    self.connections[name(each.peer)] = each
                case UnicastEntry():
                    self.unicast[name(each.dest)] = name(each.via)
                case BroadcastEntry():
                    self.broadcast[name(each.source)] = [name(via) for via in each.via]
        self.me = name(next(each.name for each in self.entries if isinstance(each, MeshPeerEntry)))
        self.ciphers = {
            peer: PeerCipher(self.me, peer, each.port == PORT)
            for peer, each in self.connections.items()
            if each.encrypted and each.overlay == "sleeve"
        }
        self.open_bridge()
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DONT)
        self.udp.bind(("0.0.0.0", PORT))
        self.raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
        self.raw.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DO)
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # it only sends
        self.on(self.udp.fileno(), self.received)

    def open_bridge(self) -> None:
        """Open the packet socket on the veth to the bridge."""
        device = next(each.dev for each in self.entries if isinstance(each, CaptureEntry))
        self.bridge = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL))
        self.bridge.bind((device, ALL))
        self.on(self.bridge.fileno(), self.captured)

    def close_bridge(self) -> None:
        """Close it."""
        self.bridge.close()

    def inject(self, frame: bytes) -> None:
        """Send a frame into the bridge."""
        self.bridge.send(frame)

    def captured(self) -> None:
        """Decide about a frame that a pod of this node sent."""
        frame, (_, _, kind, *_) = self.bridge.recvfrom(LONGEST)
        if kind != OUTGOING:
            self.carry(frame, self.from_here(frame))

    def from_here(self, frame: bytes) -> list[RawHop]:
        """Return where a frame goes that the bridge sent: nowhere if its destination is on it."""
        dst, src = frame[:6], frame[6:12]
        self.macs[src] = self.me
        peer = self.macs.get(dst)
        if peer is None:
            return self._spread(self.me)
        return [] if peer == self.me else self._relay(self.me, peer)

    def received(self) -> None:
        """Decide about the frames that another peer sent."""
        data = self.udp.recv(LONGEST)
        if data[:NAME] not in self.connections:
            return
        cipher = self.ciphers.get(data[:NAME])
        records, at = cipher.opened(data[NAME:]) if cipher else data[NAME:], 0
        while at + RECORD <= len(records):
            src, dst = records[at : at + 6], records[at + 6 : at + 12]
            length = int.from_bytes(records[at + 12 : at + RECORD])
            frame = records[at + RECORD : at + RECORD + length]
            self.carry(frame, self.from_peer(src, dst, frame))
            at += RECORD + length

    def from_peer(self, src: bytes, dst: bytes, frame: bytes) -> list[RawHop]:
        """Return where a frame goes that one peer sent to another."""
        if dst != self.me:
            return self._relay(src, dst)
        self.macs[frame[6:12]] = src
        here = [RawHop(None, src, dst)]
        return here if self.macs.get(frame[:6]) == self.me else here + self._spread(src)

    def _spread(self, src: bytes) -> list[RawHop]:
        hops = [(self.connections.get(via), via) for via in self.broadcast.get(src, ())]
        return [RawHop(connection, src, via) for connection, via in hops if connection]

    def _relay(self, src: bytes, dst: bytes) -> list[RawHop]:
        connection = self.connections.get(self.unicast.get(dst, b""))
        return [RawHop(connection, src, dst)] if connection else []

    def carry(self, frame: bytes, hops: Iterable[RawHop]) -> None:
        """Send a frame on, or into the bridge."""
        for connection, src, dst in hops:
            if connection is None:
                self.inject(frame)
            else:
                self.send(connection, src, dst, frame)

    def send(self, connection: ConnectionEntry, src: bytes, dst: bytes, frame: bytes) -> None:
        """Send a frame to a neighbour, or say in its destination's name that it is too big."""
        df = int.from_bytes(frame[12:14]) == IPV4 and bool(frame[20] & 0x40)
        if df and len(frame) - ETHERNET > connection.mtu:
            self.inject(_too_big(frame, connection.mtu))
            return
        records, cipher = src + dst + len(frame).to_bytes(2) + frame, self.ciphers.get(name(connection.peer))
        payload = self.me + (cipher.closed(records, df) if cipher else records)
        if df:
            header = struct.pack("!HHHH", PORT, PORT, 8 + len(payload), 0)
            self.raw.sendto(header + payload, (connection.remote, 0))
        else:
            self.udp.sendto(payload, (connection.remote, PORT))

    def shut(self) -> None:
        """Close the sockets."""
        self.close_bridge()
        self.udp.close()
        self.raw.close()


def name(text: str) -> bytes:
    """Return a peer's name as it travels: 6 bytes."""
    return bytes.fromhex(text.replace(":", ""))


def _too_big(frame: bytes, mtu: int) -> bytes:
    """Return the ICMP error that goes back into the bridge (``sendICMPFragNeeded``)."""
    packet = frame[ETHERNET:]
    body = struct.pack("!HH", 0, mtu) + packet[:QUOTED]
    icmp = struct.pack("!BBH", 3, 4, checksum(struct.pack("!BBH", 3, 4, 0) + body)) + body
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(icmp), 0, 0, TTL, 1, 0) + packet[16:20] + packet[12:16]
    ip = ip[:10] + checksum(ip).to_bytes(2) + ip[12:]
    return frame[6:12] + frame[:6] + frame[12:14] + ip + icmp
