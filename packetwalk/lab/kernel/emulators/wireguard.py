"""A WireGuard device for a kernel without one: wireguard-go, the program of WireGuard's own authors.

Its messages are the kernel's (the protocol is one), but two things it does otherwise.  Go asks for path
MTU discovery on every UDP socket, which sets DF, and the kernel's WireGuard does not: so it opens its socket
while that is switched off.  A packet for which there is no peer vanishes in it; the kernel tells the sender
(``wg_xmit``): so that is done here.
"""

from __future__ import annotations

import socket
import time
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from packetwalk.errors import LabError
from packetwalk.lab.kernel import keys
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.emulators.program import LONGEST, TUN, Program, errors, unreachable
from packetwalk.tables import LinkEntry, WireguardPeer

PROGRAM = "wireguard-go"
NO_DF = "net.ipv4.ip_no_pmtu_disc"
ALL, OUTGOING = 0x0003, 4
HOST = 1  # the code of "host unreachable"
PATIENCE = 10.0  # seconds until it listens to wg


def _answers(control: Path) -> bool:
    """Say whether somebody listens; a socket is there before, and ``wg`` removes one that refuses."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(control)) == 0


class Emulator(Program):
    """The WireGuard device of a namespace: there is one."""

    device = "wireguard"
    needs = (PROGRAM, "wg")
    opens = TUN

    def open(self) -> None:
        """Start the program and tell it what ``wg`` would tell the kernel."""
        link = next(each for each in self.entries if isinstance(each, LinkEntry) and each.kind == self.device)
        self.daemon = Daemon(self.namespace, [PROGRAM, "-f", link.ifname])
        try:
            self._await(Path(f"/run/wireguard/{link.ifname}.sock"))
            self.namespace.sysctl({NO_DF: "1"})
            peers = [each for each in self.entries if isinstance(each, WireguardPeer)]
            keys.configure(self.namespace, [link])
            keys.write(self.namespace, [argv for peer in peers for argv in peer.argv()])
            self.namespace.sysctl({NO_DF: "0"})
            self.namespace.run(["ip", "link", "set", link.ifname, "mtu", str(link.mtu), "up"])
        except BaseException:
            self.daemon.close()
            raise
        self.allowed = [IPv4Network(each) for peer in peers for each in peer.allowed_ips]
        self.errors = errors()
        self.tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
        self.tap.bind((link.ifname, ALL))
        self.on(self.tap.fileno(), self.refuse)

    def _await(self, control: Path) -> None:
        end = time.monotonic() + PATIENCE
        while not self.namespace.inside(partial(_answers, control)):
            self.daemon.check()
            if time.monotonic() > end:
                raise LabError(f"{self.namespace.name}: {PROGRAM} does not answer")
            time.sleep(0.005)

    def refuse(self) -> None:
        """Tell the sender of a packet that no peer is allowed to have it."""
        packet, (_, _, kind, *_) = self.tap.recvfrom(LONGEST)
        if kind != OUTGOING or packet[0] >> 4 != 4:
            return
        dst = IPv4Address(packet[16:20])
        if not any(dst in network for network in self.allowed):
            self.errors.sendto(unreachable(packet, HOST), (socket.inet_ntoa(packet[12:16]), 0))

    def shut(self) -> None:
        """End the program, close the sockets."""
        self.daemon.close()
        self.errors.close()
        self.tap.close()
