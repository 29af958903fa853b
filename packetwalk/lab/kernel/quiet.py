"""No traffic but the packet's own, and no frame that is not as it was sent."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from packetwalk.tables.sysctl import DEVICE, FORWARD

AS_NEW = {FORWARD: "0"} | {
    f"net.ipv4.conf.{dev}.{name}": value for dev in ("all", "default", "lo") for name, value in DEVICE.items()
}
"""The kernel's own values, written because a namespace begins with those of the host (``devinet_init_net``).

Docker, for one, lets a host forward.  ``ip_forward`` comes first: to change it resets others.
"""
QUIET = {  # no traffic but the packet's own; no ICMP error is held back, no connection forgotten
    "net.ipv6.conf.default.disable_ipv6": "1",
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv4.icmp_ratemask": "0",  # nor by icmp_msgs_per_sec, which before Linux 6.12 is the whole machine's
    "net.ipv4.igmp_link_local_mcast_reports": "0",
    "net.netfilter.nf_conntrack_tcp_timeout_close": "600",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_sent": "600",
    "net.netfilter.nf_conntrack_tcp_timeout_syn_recv": "600",
    "net.netfilter.nf_conntrack_udp_timeout": "600",
}
SIOCETHTOOL = 0x8946
OFFLOADS = (0x15, 0x17, 0x1F, 0x24, 0x2C)  # rx, tx checksums, TSO, GSO, GRO: all off


def quieten(devices: Iterable[str]) -> None:
    """Switch off what would hide or add frames on devices of the calling thread's namespace."""
    for device in devices:
        if device != "lo":
            _quieten_one(device)


def _quieten_one(device: str) -> None:
    """Switch offloads off (``ethtool -K``), let no neighbour on the device grow old, and ask for none again."""
    for setting, hour in ("base_reachable_time_ms", "3600000"), ("delay_first_probe_time", "3600"):
        Path(f"/proc/sys/net/ipv4/neigh/{device}/{setting}").write_text(hour)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS:
            value = (ctypes.c_uint32 * 2)(command, 0)  # struct ethtool_value
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            with contextlib.suppress(OSError):  # a device may not know an offload
                fcntl.ioctl(control, SIOCETHTOOL, request)
