"""What every stand-in has: sockets inside a namespace, a thread that waits for them, an end."""

from __future__ import annotations

import contextlib
import fcntl
import os
import selectors
import socket
import struct
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.tables import Entry

TUN = "/dev/net/tun"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x1, 0x1000
LONGEST = 65535
INTERNET_CONTROL, QUOTED = 0xC0, 548
IP_MTU_DISCOVER, DONT = 10, 0


class Program(ABC):
    """A stand-in in one namespace.

    ``device`` is the kind of device it plays, ``tables`` are the entries it works by, ``process`` is
    the program whose UDP socket it has, ``needs`` are the programs it runs itself, ``opens`` a device file.
    """

    device: ClassVar[str] = ""
    tables: ClassVar[frozenset[str]] = frozenset()
    process: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    opens: ClassVar[str] = ""

    def __init__(self, namespace: Namespace, entries: Sequence[Entry]) -> None:
        """Open everything and begin; LabError or OSError when that is not allowed."""
        self.namespace, self.entries = namespace, entries
        self._ready: dict[int, Callable[[], None]] = {}
        self._end = os.eventfd(0)
        namespace.inside(self.open)
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @abstractmethod
    def open(self) -> None:
        """Open sockets; runs inside the namespace, and so do they."""

    @abstractmethod
    def shut(self) -> None:
        """Close what ``open`` opened."""

    def on(self, descriptor: int, work: Callable[[], None]) -> None:
        """Call ``work`` whenever there is something to read."""
        self._ready[descriptor] = work

    @classmethod
    def fits(cls, entries: Iterable[Entry]) -> bool:
        """Say whether it is the one for these entries; several programs may keep the same tables."""
        return True

    @classmethod
    def refuses(cls, entries: Iterable[Entry]) -> str:
        """Return what of these entries it cannot do, or nothing."""
        return ""

    def _work(self) -> None:
        self.namespace.enter()
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._end, selectors.EVENT_READ)
            for descriptor in self._ready:
                waiting.register(descriptor, selectors.EVENT_READ)
            while True:
                for key, _ in waiting.select():
                    if key.fd == self._end:
                        return
                    with contextlib.suppress(OSError):  # a packet that cannot be sent is lost
                        self._ready[key.fd]()

    def close(self) -> None:
        """End it."""
        os.eventfd_write(self._end, 1)
        self._thread.join()
        self.shut()
        os.close(self._end)


def tun(name: str) -> int:
    """Attach to a TUN device in the namespace of the calling thread; return its descriptor."""
    descriptor = os.open(TUN, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def lowered(packet: bytes) -> bytes | None:
    """Return an IPv4 packet with its time to live lowered by one, checksum and all; None when it is up."""
    if packet[8] <= 1:
        return None
    changed = bytearray(packet)
    changed[8] -= 1
    changed[10:12] = b"\0\0"
    changed[10:12] = checksum(bytes(changed[: (packet[0] & 15) * 4])).to_bytes(2)
    return bytes(changed)


def unreachable(packet: bytes, code: int, value: int = 0) -> bytes:
    """Return an ICMP message that a packet's destination cannot be reached, as ``icmp_send`` quotes it.

    ``value`` is the MTU of the next hop, where that is the reason (code 4).
    """
    body = struct.pack("!HH", 0, value) + packet[:QUOTED]
    return struct.pack("!BBH", 3, code, checksum(struct.pack("!BBH", 3, code, 0) + body)) + body


def errors() -> socket.socket:
    """Return a socket that sends ICMP errors, with the precedence the kernel gives them (``icmp_send``)."""
    made = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    made.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, INTERNET_CONTROL)
    made.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, DONT)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # it only sends
    return made


def checksum(data: bytes) -> int:
    """Return the internet checksum (RFC 1071)."""
    data += bytes(len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
