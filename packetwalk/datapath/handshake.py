"""What a TCP of Linux writes into the segments of a handshake: options and windows.

Mirrors ``tcp_syn_options``, ``tcp_established_options`` and ``tcp_select_initial_window`` with the
kernel's default buffers.
"""

from __future__ import annotations

STAMPS = b"\x08\x0a" + (1).to_bytes(4) + bytes(4)
SCALE = 7
SPACE = 65535
HEADER = 20  # bytes of TCP's header without options


def options(room: int) -> bytes:
    """Return the options of a SYN: MSS, SACK permitted, timestamps, window scale (20 bytes).

    ``room`` is what an IP header leaves of the path's MTU, in bytes.
    """
    return b"\x02\x04" + (room - HEADER).to_bytes(2) + b"\x04\x02" + STAMPS + b"\x01\x03\x03" + bytes([SCALE])


def later_options(offered: bytes) -> bytes:
    """Return the options after the handshake: timestamps (12 bytes), if the SYN offered any."""
    return b"\x01\x01" + STAMPS if len(offered) >= 20 else b""


def window(room: int, *, stamps: bool = False) -> int:
    """Return the window of a SYN, or of a SYN-ACK with ``stamps``: 64 KiB in whole segments."""
    segment = room - HEADER - 12 * stamps
    return SPACE // segment * segment


def scaled(size: int) -> int:
    """Return a window as segments after the handshake carry it, rounded up."""
    return -(-size >> SCALE)
