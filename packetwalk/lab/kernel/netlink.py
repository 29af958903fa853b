"""Ask the kernel for a route (``ip route get``), without starting a program."""

from __future__ import annotations

import socket
import struct

RTM_NEWROUTE, RTM_GETROUTE, NLM_F_REQUEST = 24, 26, 1
RTA_DST, RTA_OIF, RTA_GATEWAY = 1, 4, 5
HEAD, ROUTE = struct.Struct("=IHHII"), struct.Struct("=BBBBBBBBI")


def next_hop(address: str, device: int) -> str | None:
    """Return the gateway to an IPv4 address out of a device (its index), else the address itself.

    None where there is no route.  In the namespace of the calling thread.
    """
    wanted = _attribute(RTA_DST, socket.inet_aton(address)) + _attribute(RTA_OIF, struct.pack("=i", device))
    body = ROUTE.pack(socket.AF_INET, 32, 0, 0, 0, 0, 0, 0, 0) + wanted
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asked:
        asked.send(HEAD.pack(HEAD.size + len(body), RTM_GETROUTE, NLM_F_REQUEST, 1, 0) + body)
        answer = asked.recv(8192)
    if HEAD.unpack_from(answer)[1] != RTM_NEWROUTE:
        return None
    at, end = HEAD.size + ROUTE.size, HEAD.unpack_from(answer)[0]
    while at + 4 <= end:
        length, kind = struct.unpack_from("=HH", answer, at)
        if kind == RTA_GATEWAY:
            return socket.inet_ntoa(answer[at + 4 : at + 8])
        at += (length + 3) & ~3
    return address


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(value), kind) + value
