"""Frames of a capture file, with the place where each was seen."""

from __future__ import annotations

from typing import Literal, NamedTuple

from packetwalk import wire
from packetwalk.wire.pcap import ETHERNET, read_pcapng


class Frame(NamedTuple):
    """A frame at a device: ``direction`` is ``in`` or ``out`` as the device's machine sees it.

    ``time_ns`` is the time of the capture in nanoseconds since 1970, ``data`` the frame's bytes;
    ``bare`` frames begin with an IP header, as on the devices of layer-3 tunnels.
    """

    netns: str
    dev: str
    direction: Literal["in", "out"]
    time_ns: int
    data: bytes
    bare: bool = False

    @property
    def stack(self) -> wire.Stack:
        """The frame's headers, outermost first."""
        return wire.decode(self.data, first="ip" if self.bare else "eth")


def read(pcapng: bytes) -> list[Frame]:
    """Read a pcapng file whose interfaces are called ``NETNS:DEVICE``, in the order of the file.

    ValueError says what is wrong with the file, or names an interface of another form, or a packet
    without a direction.
    """
    interfaces, packets = read_pcapng(pcapng)
    out: list[Frame] = []
    for packet in packets:
        name, linktype = interfaces[packet.interface]
        netns, colon, dev = name.partition(":")
        if not colon or packet.direction is None:
            raise ValueError(f"frame {len(out) + 1} on {name!r}: no NETNS:DEVICE, or no direction")
        out.append(Frame(netns, dev, packet.direction, packet.time_ns, packet.frame, linktype != ETHERNET))
    return out
