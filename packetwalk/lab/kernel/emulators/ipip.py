"""An IP-in-IP device without a remote address, as a TUN device and a raw socket for protocol 4.

As net/ipv4/ipip.c: the next hop of the packet's route is the outer destination, time to live and DF are
the inner packet's, and what does not fit the underlay with DF is answered by an ICMP error.
"""

from __future__ import annotations

import os
import socket

from packetwalk.lab.kernel.emulators.next_hop import next_hop
from packetwalk.lab.kernel.emulators.program import LONGEST, TUN, Program, errors, tun, unreachable
from packetwalk.tables import LinkEntry

PROTOCOL, HEADER = 4, 20
IP_MTU_DISCOVER, DONT, DO, IP_MTU = 10, 0, 2, 14
ECT_0, CE = 2, 3  # congestion marks, in the type of service (RFC 3168)


class Emulator(Program):
    """All IP-in-IP devices of a namespace: there is one."""

    device = "ipip"
    opens = TUN

    def open(self) -> None:
        """Open the TUN device and the raw sockets."""
        link = next(each for each in self.entries if isinstance(each, LinkEntry) and each.kind == self.device)
        self.tun = tun(link.ifname)
        self.index = socket.if_nametoindex(link.ifname)
        self.outside = socket.socket(socket.AF_INET, socket.SOCK_RAW, PROTOCOL)
        self.errors = errors()
        if link.local:
            self.outside.bind((link.local, 0))
        self.on(self.tun, self.wrap)
        self.on(self.outside.fileno(), self.unwrap)

    def wrap(self) -> None:
        """Send what the kernel routed into the device."""
        packet = os.read(self.tun, LONGEST)
        if packet[0] >> 4 != 4:
            return
        hop = next_hop(socket.inet_ntoa(packet[16:20]), self.index)
        if hop is None:
            return
        df = bool(packet[6] & 0x40)
        self.outside.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DO if df else DONT)
        self.outside.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, packet[8])
        mark = (
            packet[1] & CE
        )  # outside of a tunnel "congestion experienced" is not told (INET_ECN_encapsulate)
        self.outside.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, ECT_0 if mark == CE else mark)
        try:
            self.outside.sendto(packet, (hop, 0))
        except OSError:
            if df:
                self._too_big(packet, hop)

    def _too_big(self, packet: bytes, hop: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
            asked.connect((hop, 9))
            room = asked.getsockopt(socket.IPPROTO_IP, IP_MTU) - HEADER
        self.errors.sendto(unreachable(packet, 4, room), (socket.inet_ntoa(packet[12:16]), 0))

    def unwrap(self) -> None:
        """Hand what came inside to the kernel, as if the device had received it."""
        outer = self.outside.recv(LONGEST)
        os.write(self.tun, outer[(outer[0] & 15) * 4 :])

    def shut(self) -> None:
        """Close the device and the sockets."""
        os.close(self.tun)
        self.outside.close()
        self.errors.close()
