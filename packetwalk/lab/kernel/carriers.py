"""Devices whose carrier the kernel has noticed, but not yet taken in.

A device that gets a carrier is reported by a work queue (``linkwatch_event``); until then its routes are marked
``linkdown`` and its state is not UP.  On a busy machine that takes a while.  Who asks for the link by ethtool makes the
kernel do it at once (``ethtool_op_get_link`` calls ``linkwatch_sync_dev``).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import socket
import struct
from collections.abc import Iterable

from packetwalk.lab.kernel.defaults import GET_LINK

SIOCETHTOOL = 0x8946


def take_in(devices: Iterable[str]) -> None:
    """Let the kernel take in the carrier of devices of the calling thread's namespace; one without a link stays as it is."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for device in devices:
            value = (ctypes.c_uint32 * 2)(GET_LINK, 0)  # struct ethtool_value
            request = struct.pack("16sP", device.encode(), ctypes.addressof(value))
            with contextlib.suppress(OSError):
                fcntl.ioctl(control, SIOCETHTOOL, request)
