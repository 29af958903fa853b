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
SOL_PACKET, PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION, TPACKET_V2 = 263, 5, 6, 10, 1
TP_STATUS_USER, TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1, 1 << 4, 1 << 6
ETH_P_8021Q, ADDRESSES = 0x8100, 12  # bytes of a frame before its tag
ARPHRD_ETHER, ARPHRD_LOOPBACK = 1, 772
SLOT = 17 << 12  # bytes: a frame of 64 kB, which is cut into segments later (GSO), and its head
BLOCK, BLOCKS = 16 * SLOT, 4  # bytes, number: 64 frames
HEAD = struct.Struct("=IIIHHIIHH")  # struct tpacket2_hdr up to tp_vlan_tpid
STATISTICS = struct.Struct("=II")  # struct tpacket_stats
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
        self._lost = 0

    @property
    def lost(self) -> int:
        """How many frames the ring had no room for, since it was opened."""
        told = self.socket.getsockopt(
            SOL_PACKET, PACKET_STATISTICS, STATISTICS.size
        )  # and counts from 0 again
        self._lost += STATISTICS.unpack(told)[1]
        return self._lost

    def take(self) -> list[Frame]:
        """Return the frames that came since the last time."""
        out: list[Frame] = []
        while True:
            at = self.slot * SLOT
            status, _, kept, mac, _, seconds, nanos, tag, kind_of_tag = HEAD.unpack_from(self.ring, at)
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
                    _tagged(bytes(self.ring[at + mac : at + mac + kept]), status, tag, kind_of_tag),
                    hardware not in (ARPHRD_ETHER, ARPHRD_LOOPBACK),
                )
            )
            struct.pack_into("=I", self.ring, at, 0)
            self.slot = (self.slot + 1) % (BLOCK * BLOCKS // SLOT)

    def close(self) -> None:
        """Give the ring back."""
        self.ring.close()
        self.socket.close()


def _tagged(data: bytes, status: int, tag: int, kind: int) -> bytes:
    """Return a frame with the VLAN's tag that the kernel keeps beside it."""
    if not status & TP_STATUS_VLAN_VALID:
        return data
    kind = kind if status & TP_STATUS_VLAN_TPID_VALID else ETH_P_8021Q
    return data[:ADDRESSES] + struct.pack(">HH", kind, tag) + data[ADDRESSES:]


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

    @property
    def lost(self) -> dict[str, int]:
        """How many frames the ring of each namespace had no room for; none of those that had."""
        return {tap.name: count for tap in self._taps if (count := tap.lost)}

    def close(self) -> None:
        """Give all rings back."""
        list(self._together.map(Tap.close, self._taps))
        self._together.shutdown()
