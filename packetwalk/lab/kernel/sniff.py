"""See every frame on every device of every namespace, in the order of the kernel's taps.

One AF_PACKET ring a namespace keeps that order; the namespaces are put together by the kernel's
receive times.  A ring (``packet_mmap``), not ``recv``: it copies a frame at the tap, while a queued
clone shares its bytes with the packet, which the next device may rewrite.
"""

from __future__ import annotations

import heapq
import mmap
import select
import socket
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Literal

from packetwalk.capture.frames import Frame
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.kernel.patience import FACTOR

ETH_P_ALL, PACKET_OUTGOING = 0x0003, 4
SOL_PACKET, PACKET_RX_RING, PACKET_VERSION, TPACKET_V2 = 263, 5, 10, 1
TP_STATUS_USER = 1
ARPHRD_ETHER, ARPHRD_LOOPBACK = 1, 772
BLOCK, SLOT, BLOCKS = 1 << 16, 1 << 13, 8  # bytes, bytes, number: 64 frames of up to 8 kB
HEAD = struct.Struct("=IIIHHII")  # struct tpacket2_hdr up to tp_nsec
LINK = 32  # bytes from the start of a slot to its struct sockaddr_ll (TPACKET_ALIGN of the header)
WARM_UP = 0.05 * FACTOR  # seconds a tap needs before it misses nothing
QUIET = 0.04 * FACTOR  # seconds without a frame that end a recording
PROGRAMS_QUIET = min(
    0.3 * FACTOR, 0.8
)  # the same where programs pass frames on: they have to wait for a processor


class Tap:
    """The ring of one namespace."""

    def __init__(self, name: str) -> None:
        """Open it in the namespace of the calling thread."""
        self.name = name
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V2)
        self.socket.setsockopt(
            SOL_PACKET, PACKET_RX_RING, struct.pack("=IIII", BLOCK, BLOCKS, SLOT, BLOCK * BLOCKS // SLOT)
        )
        self.ring = mmap.mmap(self.socket.fileno(), BLOCK * BLOCKS)
        self.devices = dict(socket.if_nameindex())
        self.slot = 0

    def take(self) -> list[Frame]:
        """Return the frames that came since the last time."""
        out: list[Frame] = []
        while True:
            at = self.slot * SLOT
            status, _, kept, mac, _, seconds, nanos = HEAD.unpack_from(self.ring, at)
            if not status & TP_STATUS_USER:
                return out
            index, hardware = struct.unpack_from("=iH", self.ring, at + LINK + 4)
            kind = self.ring[at + LINK + 10]
            direction: Literal["in", "out"] = "out" if kind == PACKET_OUTGOING else "in"
            out.append(
                Frame(
                    self.name,
                    self.devices.get(index, "?"),
                    direction,
                    seconds * 10**9 + nanos,
                    bytes(self.ring[at + mac : at + mac + kept]),
                    hardware not in (ARPHRD_ETHER, ARPHRD_LOOPBACK),
                )
            )
            struct.pack_into("=I", self.ring, at, 0)
            self.slot = (self.slot + 1) % (BLOCK * BLOCKS // SLOT)

    def close(self) -> None:
        """Give the ring back."""
        self.ring.close()
        self.socket.close()


class Sniffer:
    """Taps in several namespaces, open until ``close``; ``collect`` returns what was seen since.

    They are opened together, and closed: each waits until all processors have seen it (``synchronize_net``).
    """

    def __init__(self, namespaces: dict[str, Namespace]) -> None:
        self._together = ThreadPoolExecutor(max(1, len(namespaces)))
        opened = [self._together.submit(each.inside, partial(Tap, name)) for name, each in namespaces.items()]
        self._taps = [each.result() for each in opened]
        self._poll = select.poll()
        for tap in self._taps:
            self._poll.register(tap.socket.fileno(), select.POLLIN)
        time.sleep(WARM_UP)

    def collect(
        self,
        enough: Callable[[Frame], bool] | None = None,
        count: int = 0,
        limit: float = 3.0,
        quiet: float = QUIET,
    ) -> list[Frame]:
        """Wait until it is quiet, for ``quiet`` seconds, and return the frames in order.

        Wait longer, up to ``limit`` seconds, while fewer than ``count`` frames are ``enough``.  A
        namespace's own order is kept even where its times are not in order.
        """
        seen: dict[str, list[Frame]] = {}
        missing, end = count, time.monotonic() + limit
        while (now := time.monotonic()) < end:
            if not self._poll.poll(1000 * (quiet if missing <= 0 else end - now)):
                break
            for tap in self._taps:
                new = [each for each in tap.take() if each.dev != "lo"]
                seen.setdefault(tap.name, []).extend(new)
                missing -= sum(1 for each in new if enough is None or enough(each))
        return list(heapq.merge(*seen.values(), key=lambda each: each.time_ns))

    def close(self) -> None:
        """Give all rings back."""
        list(self._together.map(Tap.close, self._taps))
        self._together.shutdown()
