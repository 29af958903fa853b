"""Frames of a capture file, with the place where each was seen."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk import wire
from packetwalk.wire.pcap import read_pcapng


class Frame(NamedTuple):
    """A frame at a device: ``direction`` is ``in`` or ``out`` as the device's machine sees it.

    ``time_ns`` is the time of the capture in nanoseconds since 1970, ``data`` the frame's bytes.
    """

    netns: str
    dev: str
    direction: str
    time_ns: int
    data: bytes

    @property
    def stack(self) -> wire.Stack:
        """The frame's headers, outermost first."""
        return wire.decode(self.data)


def read(pcapng: bytes) -> list[Frame]:
    """Read a pcapng file whose interfaces are called ``NETNS:DEVICE``, in the order of the file.

    ValueError says what is wrong with the file, or names an interface of another form, or a packet
    without a direction.
    """
    interfaces, packets = read_pcapng(pcapng)
    out: list[Frame] = []
    for packet in packets:
        name = interfaces[packet.interface].name
        netns, colon, dev = name.partition(":")
        if not colon or packet.direction is None:
            raise ValueError(f"frame {len(out) + 1} on {name!r}: no NETNS:DEVICE, or no direction")
        out.append(Frame(netns, dev, packet.direction, packet.time_ns, packet.frame))
    return out
