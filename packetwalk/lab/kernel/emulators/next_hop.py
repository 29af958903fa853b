"""Ask the kernel for a route (``ip route get``), without starting a program (include/uapi/linux/rtnetlink.h)."""

from __future__ import annotations

import socket
import struct

from packetwalk.errors import LabError
from packetwalk.lab.kernel.netlink import Netlink, attribute, attributes

RTM_GETROUTE = 26
RTA_DST, RTA_OIF, RTA_GATEWAY = 1, 4, 5
ROUTE = struct.Struct("=BBBBBBBBI")


def next_hop(address: str, device: int) -> str | None:
    """Return the gateway to an IPv4 address out of a device (its index), else the address itself.

    None where there is no route.  In the namespace of the calling thread.
    """
    wanted = attribute(RTA_DST, socket.inet_aton(address)) + attribute(RTA_OIF, device)
    body = ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + wanted
    with Netlink(socket.NETLINK_ROUTE) as asked:
        try:
            answer = asked.ask(RTM_GETROUTE, body, f"route to {address}")
        except LabError:
            return None
    gateway = attributes(answer[ROUTE.size :]).get(RTA_GATEWAY)
    return socket.inet_ntoa(gateway) if gateway else address
