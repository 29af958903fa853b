"""No traffic but the packet's own, and no frame that is not as it was sent."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterable
from pathlib import Path

from packetwalk.lab.kernel.defaults import NEVER_OLD, OFFLOADS

SIOCETHTOOL = 0x8946


def quieten(devices: Iterable[str]) -> None:
    """Switch off what would hide or add frames on devices of the calling thread's namespace."""
    for device in devices:
        if device != "lo":
            _quieten_one(device)


def _quieten_one(device: str) -> None:
    """Switch offloads off (``ethtool -K``), let no neighbour on the device grow old, and ask for none again."""
    for setting, hour in NEVER_OLD.items():
        for family in ("ipv4", "ipv6"):
            place = Path(f"/proc/sys/net/{family}/neigh/{device}/{setting}")
            if place.exists():
                place.write_text(hour)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for command in OFFLOADS:
            value = (ctypes.c_uint32 * 2)(command, 0)  # struct ethtool_value
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            with contextlib.suppress(OSError):  # a device may not know an offload
                fcntl.ioctl(control, SIOCETHTOOL, request)
