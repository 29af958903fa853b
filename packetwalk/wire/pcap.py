"""Capture files: pcap, one interface, and pcapng, many interfaces with names and directions.

Pure functions between bytes and frames. Times are nanoseconds since 1970, as int. What is written is little-endian;
either order is read. Formats: draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

ETHERNET = 1
"""The link type of frames that begin with an Ethernet header; raw IPv4 packets, as from a TUN device, are 228."""

Direction = Literal["in", "out"] | None

_SNAPLEN = 262144
_MICRO, _NANO = 0xA1B2C3D4, 0xA1B23C4D
_SECTION, _INTERFACE, _OBSOLETE, _SIMPLE, _PACKET = 0x0A0D0D0A, 1, 2, 3, 6
_LAYOUTS = {_OBSOLETE: "HxxIIII", _SIMPLE: "I", _PACKET: "IIIII"}
"""Blocks that hold a packet: interface, two halves of the time, bytes that are there, bytes that it had."""
_END, _NAME, _FLAGS, _RESOLUTION, _OFFSET = 0, 2, 2, 9, 14
_BYTE_ORDER = 0x1A2B3C4D
_DIRECTIONS: tuple[Direction, ...] = (None, "in", "out")


class Interface(NamedTuple):
    """Where packets of a pcapng file were seen."""

    name: str
    linktype: int = ETHERNET


class PacketRecord(NamedTuple):
    """One packet of a pcapng file; `interface` is an index into the file's interfaces."""

    interface: int
    time_ns: int
    direction: Direction
    frame: bytes


def write_pcap(
    frames: Iterable[tuple[int, bytes]], linktype: int = ETHERNET, *, nanosecond: bool = True
) -> bytes:
    """Return a pcap file of (time, frame); without `nanosecond` times are cut to microseconds, for old tools."""
    unit = 1 if nanosecond else 1000
    header = struct.pack("<IHHiIII", _NANO if nanosecond else _MICRO, 2, 4, 0, 0, _SNAPLEN, linktype)
    records = [header]
    for time_ns, frame in frames:
        seconds, fraction = divmod(time_ns, 1_000_000_000)
        records.append(struct.pack("<IIII", seconds, fraction // unit, len(frame), len(frame)) + frame)
    return b"".join(records)


class Capture(NamedTuple):
    """A pcap file: records are (time, bytes that the frame had, bytes of it that are there).

    ``cut`` says where a file ends within its last record, which is left out; empty for a whole file.
    """

    linktype: int
    records: list[tuple[int, int, bytes]]
    cut: str = ""


def read_capture(data: bytes) -> Capture:
    """Return what a pcap file holds, also one that was still being written; ValueError for what is none."""
    order = next((order for order in "<>" if _starts_with(data, order, _MICRO, _NANO)), None)
    if order is None or len(data) < 24:
        raise ValueError("pcap at byte 0: not a pcap file")
    unit = 1 if _starts_with(data, order, _NANO) else 1000
    linktype = struct.unpack_from(order + "I", data, 20)[0] & 0xFFFF
    records: list[tuple[int, int, bytes]] = []
    at = 24
    while at < len(data):
        try:
            seconds, fraction, length, whole = _unpack(order + "IIII", data, at, "pcap", "record header")
        except ValueError as error:
            return Capture(linktype, records, str(error))
        frame = data[at + 16 : at + 16 + length]
        if len(frame) < length:
            cut = f"pcap at byte {at}: truncated, {len(frame)} of the frame's {length} bytes are there"
            return Capture(linktype, records, cut)
        records.append((seconds * 1_000_000_000 + fraction * unit, whole, frame))
        at += 16 + length
    return Capture(linktype, records)


def read_pcap(data: bytes) -> list[tuple[int, bytes]]:
    """Return (time, frame) of each record; ValueError says what is wrong with the file and where."""
    capture = read_capture(data)
    if capture.cut:
        raise ValueError(capture.cut)
    return [(time_ns, frame) for time_ns, _, frame in capture.records]


def write_pcapng(
    interfaces: Iterable[tuple[str, int]], packets: Iterable[tuple[int, int, Direction, bytes]]
) -> bytes:
    """Return a pcapng file of one section: (name, link type)s, then (interface index, time, direction, frame)s."""
    interfaces = list(interfaces)
    blocks = [_block(_SECTION, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1))]
    for name, linktype in interfaces:
        options = _option(_NAME, name.encode()) + _option(_RESOLUTION, bytes([9])) + _option(_END)
        blocks.append(_block(_INTERFACE, struct.pack("<HHI", linktype, 0, _SNAPLEN) + options))
    for interface, time_ns, direction, frame in packets:
        if not 0 <= interface < len(interfaces):
            raise ValueError(f"pcapng: no interface {interface}; there are {len(interfaces)}, counted from 0")
        fixed = struct.pack("<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(frame), len(frame))
        flags = (
            _option(_FLAGS, struct.pack("<I", _DIRECTIONS.index(direction))) + _option(_END)
            if direction
            else b""
        )
        blocks.append(_block(_PACKET, fixed + _padded(frame) + flags))
    return b"".join(blocks)


class PcapngCapture(NamedTuple):
    """A pcapng file: ``lengths`` are the bytes that each packet had, of which a short snap length keeps less.

    ``cut`` says where a file ends within a block, which is left out; empty for a whole file.
    """

    interfaces: list[Interface]
    packets: list[PacketRecord]
    lengths: list[int]
    cut: str = ""


def read_pcapng(data: bytes) -> tuple[list[Interface], list[PacketRecord]]:
    """Return the interfaces of all sections and their packets; ValueError says what is wrong with the file and where.

    Blocks that hold neither (names, statistics, secrets) are passed over.
    """
    capture = read_pcapng_capture(data)
    if capture.cut:
        raise ValueError(capture.cut)
    return capture.interfaces, capture.packets


def read_pcapng_capture(data: bytes) -> PcapngCapture:
    """Return what a pcapng file holds, also one that ends within a block; ValueError for what is none."""
    interfaces: list[Interface] = []
    packets: list[PacketRecord] = []
    lengths: list[int] = []
    clocks: list[tuple[int, int]] = []  # units in a second, and seconds to add, of each interface
    first = 0  # the section's first interface
    try:
        for at, order, kind, body in _blocks(data):
            if kind == _SECTION:
                first = len(interfaces)
            elif kind == _INTERFACE:
                linktype, _, _ = _unpack(order + "HHI", body, 0, "pcapng", f"interface block at byte {at}")
                options = _options(order, body, 8, at)
                interfaces.append(Interface(options.get(_NAME, b"").decode(errors="replace"), linktype))
                clocks.append(_clock(order, options, at))
            elif kind in _LAYOUTS:
                record, length = _packet(order, kind, body, at, first, clocks)
                packets.append(record)
                lengths.append(length)
    except _Cut as end:
        return PcapngCapture(interfaces, packets, lengths, str(end))
    return PcapngCapture(interfaces, packets, lengths)


def _packet(
    order: str, kind: int, body: bytes, at: int, first: int, clocks: list[tuple[int, int]]
) -> tuple[PacketRecord, int]:
    """Return a packet, and the bytes that it had; ``first`` is its section's first interface."""
    layout = order + _LAYOUTS[kind]
    fixed = _unpack(layout, body, 0, "pcapng", f"packet block at byte {at}")
    simple = kind == _SIMPLE
    index, high, low, kept, whole = (0, 0, 0, *fixed * 2) if simple else fixed
    if first + index >= len(clocks):
        raise ValueError(
            f"pcapng at byte {at}: packet of interface {index}, which is not described before it"
        )
    start = struct.calcsize(layout)
    there = len(body) - start
    if kept > there and not simple:
        raise ValueError(f"pcapng at byte {at}: truncated, {there} of the packet's {kept} bytes are there")
    frame = body[start : start + kept]
    options = {} if simple else _options(order, body, start + kept + -kept % 4, at)
    flags = int.from_bytes(options.get(_FLAGS, b""), "little" if order == "<" else "big") & 3
    units, offset = clocks[first + index]
    time_ns = (high << 32 | low) * 1_000_000_000 // units + offset * 1_000_000_000
    return PacketRecord(first + index, time_ns, _DIRECTIONS[flags % 3], frame), whole


class _Cut(ValueError):
    """The file ends within a block."""


def _blocks(data: bytes) -> Iterator[tuple[int, str, int, bytes]]:
    """Yield the offset, byte order, type and body of each block."""
    if len(data) < 12 or struct.unpack_from("<I", data)[0] != _SECTION:
        raise ValueError("pcapng at byte 0: not a pcapng file")
    order = "<"
    at = 0
    while at < len(data):
        if len(data) - at < 8:
            raise _Cut(f"pcapng at byte {at}: truncated in the block header")
        kind, length = struct.unpack_from(order + "II", data, at)
        if kind == _SECTION:
            order = next((order for order in "<>" if _starts_with(data[at + 8 :], order, _BYTE_ORDER)), "")
            if not order:
                raise ValueError(f"pcapng at byte {at}: no byte order mark in the section header")
            length = struct.unpack_from(order + "I", data, at + 4)[0]
        if length < 12 or length % 4 or length > len(data) - at:
            wrong = _Cut if at and length >= 12 and not length % 4 else ValueError
            raise wrong(f"pcapng at byte {at}: block length {length}, but {len(data) - at} bytes are there")
        if struct.unpack_from(order + "I", data, at + length - 4)[0] != length:
            raise ValueError(f"pcapng at byte {at}: the block's two lengths differ")
        yield at, order, kind, data[at + 8 : at + length - 4]
        at += length


def _options(order: str, body: bytes, at: int, block: int) -> dict[int, bytes]:
    """Read the options at the end of a block: code to value."""
    options: dict[int, bytes] = {}
    while at < len(body):
        code, length = _unpack(order + "HH", body, at, "pcapng", f"option of the block at byte {block}")
        if code == _END:
            break
        value = body[at + 4 : at + 4 + length]
        if len(value) < length:
            raise ValueError(f"pcapng at byte {block}: option {code} is truncated")
        options.setdefault(code, value)
        at += 4 + length + -length % 4
    return options


def _clock(order: str, options: dict[int, bytes], block: int) -> tuple[int, int]:
    """Return the units in a second (microseconds unless if_tsresol says otherwise) and if_tsoffset."""
    resolution = options.get(_RESOLUTION, b"\6")
    offset = options.get(_OFFSET, bytes(8))
    if len(resolution) != 1 or len(offset) != 8:
        raise ValueError(f"pcapng at byte {block}: the interface's clock options have the wrong length")
    exponent = resolution[0] & 0x7F
    return (2 if resolution[0] & 0x80 else 10) ** exponent, struct.unpack(order + "q", offset)[0]


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def _option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)


def _starts_with(data: bytes, order: str, *magics: int) -> bool:
    return len(data) >= 4 and struct.unpack_from(order + "I", data)[0] in magics


def _unpack(layout: str, data: bytes, at: int, form: str, what: str) -> tuple[int, ...]:
    """Unpack at `at`, or say that the file ends inside `what`."""
    if struct.calcsize(layout) > len(data) - at:
        raise ValueError(f"{form} at byte {at}: truncated in the {what}")
    return struct.unpack_from(layout, data, at)
