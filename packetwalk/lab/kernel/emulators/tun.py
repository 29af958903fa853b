"""The program behind Flannel's ``udp`` backend: packets between a TUN device and UDP port 8285.

As ``tun_to_udp`` and ``udp_to_tun`` of flannel pkg/backend/udp/proxy_amd64.c: it lowers the time to live
itself, on both sides, and the first of its routes that holds the destination names the node.
"""

from __future__ import annotations

import os
import socket
import struct
from ipaddress import IPv4Address, IPv4Network

from packetwalk.lab.kernel.emulators.program import LONGEST, TUN, Program, checksum, lowered, tun
from packetwalk.tables import AddrEntry, LinkEntry, ProxyEntry, SocketEntry
from packetwalk.tables.flanneld import PROXY

ICMP, UNREACHABLE_TTL = 1, 8


class Emulator(Program):
    """The proxy of one node."""

    device, process, opens = "tun", "flanneld", TUN
    tables = frozenset({PROXY.name})

    def open(self) -> None:
        """Attach to the device, bind the socket."""
        link = next(each for each in self.entries if isinstance(each, LinkEntry) and each.kind == self.device)
        own = next(
            each
            for each in self.entries
            if isinstance(each, SocketEntry) and (each.protocol, each.process) == ("udp", self.process)
        )
        self.address = next(
            each.local for each in self.entries if isinstance(each, AddrEntry) and each.dev == link.ifname
        )
        self.routes = [
            (IPv4Network(each.dst), (each.peer, each.port))
            for each in self.entries
            if isinstance(each, ProxyEntry)
        ]
        self.tun = tun(link.ifname)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((own.local, own.port))
        self.on(self.tun, self.outwards)
        self.on(self.socket.fileno(), self.inwards)

    def outwards(self) -> None:
        """Send what the kernel routed into the device to the node that has its destination."""
        packet = os.read(self.tun, LONGEST)
        if packet[0] >> 4 != 4:
            return
        dst = IPv4Address(packet[16:20])
        peer = next((peer for network, peer in self.routes if dst in network), None)
        if peer is None:
            self._unreachable(packet)
        elif (sent := lowered(packet)) is not None:
            self.socket.sendto(sent, peer)

    def inwards(self) -> None:
        """Write what another node sent to the device."""
        packet = self.socket.recv(LONGEST)
        if len(packet) >= 20 and (written := lowered(packet)) is not None:
            os.write(self.tun, written)

    def _unreachable(self, packet: bytes) -> None:
        """Answer "network unreachable" (``send_net_unreachable``), but not to ICMP."""
        offset = int.from_bytes(packet[6:8]) & 0x1FFF
        if packet[9] == ICMP or offset:
            return
        body = bytes(4) + packet[:28]
        head = struct.pack("!BBH", 3, 0, checksum(struct.pack("!BBH", 3, 0, 0) + body))
        length = 20 + len(head) + len(body)
        ends = IPv4Address(self.address).packed + packet[12:16]
        ip = struct.pack("!BBHHHBBH", 0x45, 0, length, 0, 0, UNREACHABLE_TTL, ICMP, 0) + ends
        ip = ip[:10] + checksum(ip).to_bytes(2) + ip[12:]
        os.write(self.tun, ip + head + body)

    def shut(self) -> None:
        """Close the device and the socket."""
        os.close(self.tun)
        self.socket.close()
