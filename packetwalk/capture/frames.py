"""Frames of a capture file, with the place where each was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal, NamedTuple

from packetwalk import wire
from packetwalk.capture.link_types import linked
from packetwalk.wire.pcap import read_pcapng_capture

LONGEST = 1 << 18  # bytes of a frame


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
        return self.read()

    @property
    def first(self) -> str:
        """The protocol of its outermost header."""
        return "ip" if self.bare else "eth"

    def read(self, udp_ports: Mapping[int, str] | None = None) -> wire.Stack:
        """Return the headers where ``udp_ports`` lead to tunnels; ValueError for what is no frame."""
        return wire.decode(self.data, self.first, udp_ports)


class ReadFrames(NamedTuple):
    """The frames of a file, in its order; ``notes`` say what of it is not among them, or not whole; ``shortened`` that
    frames were kept in part: what is missing at their ends is zero."""

    frames: list[Frame]
    notes: tuple[str, ...] = ()
    shortened: bool = False


def read(pcapng: bytes) -> ReadFrames:
    """Read a pcapng file whose interfaces are called ``NETNS:DEVICE``.

    ValueError says what is wrong with the file, or names an interface of another form.
    """
    capture = read_pcapng_capture(pcapng)
    out: list[Frame] = []
    missing: Counter[str] = Counter()
    for packet, length in zip(capture.packets, capture.lengths, strict=True):
        name, linktype = capture.interfaces[packet.interface]
        netns, colon, dev = name.partition(":")
        if not colon:
            raise ValueError(f"frame {len(out) + 1} on {name!r}: no NETNS:DEVICE")
        found = linked(linktype, packet.frame)
        direction = packet.direction or (found and found.direction)
        if found is None:
            missing[f"of link type {linktype}"] += 1
        elif direction is None:
            missing["without a direction"] += 1
        else:
            cut = length - len(packet.frame)
            missing["kept in part, payload is told as zeros"] += cut > 0
            data = found.data + bytes(min(max(cut, 0), LONGEST))
            out.append(Frame(netns, dev, direction, packet.time_ns, data, found.bare))
    notes = [counted(count, what) for what, count in missing.items() if count]
    notes += [f"the file is cut short ({capture.cut})"] if capture.cut else []
    return ReadFrames(out, tuple(notes), any("in part" in what for what, count in missing.items() if count))


def counted(count: int, what: str) -> str:
    """Return how many frames something is said of."""
    return f"{count} frame{'s' * (count != 1)} {what}"
