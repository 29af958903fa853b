"""What a capture holds that is no frame of the walk: told in its headline, and no reason to refuse the rest."""

from __future__ import annotations

import shutil
import socket
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk import wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import Recording, Sent, read
from packetwalk.lab.kernel import sniff
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.proof import recordings
from packetwalk.walks.replay import replay
from packetwalk.wire import Ethernet, Tcp
from packetwalk.wire.pcap import read_pcapng
from tests.capture.handmade import handmade

MACS = bytes.fromhex("020000000002 020000000001")
IPV4 = bytes.fromhex("4500001c0000000040110000 0a000001 0a000002")
WITH_OPTIONS = bytes.fromhex("460000200000000040110000 0a000001 0a000002 94040000")
ETHERNET, SLL, SLL2 = 1, 113, 276
PACKET, WHOLE = "cross-node-tcp", recordings.folder() / "flannel-vxlan"


def healthy(name: str = PACKET) -> Recording:
    recorded = recordings.recordings("flannel", "vxlan")[0]
    return recorded._replace(sent=(recorded.packet(name),))


def with_frames(recorded: Recording, change: Callable[[tuple[Frame, ...]], tuple[Frame, ...]]) -> Recording:
    (sent,) = recorded.sent
    return recorded._replace(sent=(sent._replace(frames=change(sent.frames)),))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (MACS + b"\x08\x00" + b"\x45" + bytes(9), "1 frame that cannot be read"),
        (MACS + b"\x08\x00" + IPV4 + bytes(8), "1 frame that cannot be read"),
        (MACS[:5], "1 frame that cannot be read"),
        (MACS + b"\x86\xdd" + bytes(40), "1 frame of IPv6"),
        (MACS + b"\x08\x00" + WITH_OPTIONS + bytes(8), "1 frame with IP options"),
        (MACS + b"\x88\xcc" + bytes(40), "1 frame of LLDP"),
        (MACS + b"\x88\x47" + bytes(40), "1 frame of EtherType 0x8847"),
    ],
)
def test_one_frame_that_is_not_told_of(data: bytes, said: str) -> None:
    recorded = healthy()
    first = recorded.sent[0].frames[0]
    more = with_frames(recorded, lambda frames: (first._replace(data=data), *frames))
    walk = replay(more)
    assert walk.summary == f"{replay(recorded).summary} Left out: {said}."
    assert walk.traces == replay(recorded).traces


def test_what_a_tunnel_carries_of_ipv6_is_no_datagram_of_the_nodes() -> None:
    recorded = healthy()
    outer = next(frame for frame in recorded.sent[0].frames if any(h.proto == "vxlan" for h in frame.stack))
    head = outer.stack[:4]
    inside = wire.encode(
        (*head, Ethernet("02:00:00:00:00:01", "02:00:00:00:00:02", 0x86DD), wire.Data(bytes(48)))
    )
    walk = replay(with_frames(recorded, lambda frames: (*frames, outer._replace(data=inside))))
    assert walk.disposition == "delivered" and "1 frame of IPv6" in walk.summary


def test_frames_that_the_taps_had_no_room_for() -> None:
    recorded = healthy()
    about = {**recorded.about, "lost": {"kind-worker": 3}}
    assert (
        "Left out: 3 frames of kind-worker that its taps had no room for."
        in replay(recorded._replace(about=about)).summary
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(WHOLE, tmp_path / "mine")
    return tmp_path / "mine"


def rewritten(copy: Path, write: Callable[[int, int, bytes, int], bytes], linktype: int = ETHERNET) -> Sent:
    """Write the packet's capture anew, each frame as a block of its own: of interface, time, bytes and direction."""
    file = copy / f"{PACKET}.pcapng"
    interfaces, packets = read_pcapng(file.read_bytes())
    head = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    named = b"".join(
        block(
            1,
            struct.pack("<HHI", linktype if each.linktype == ETHERNET else each.linktype, 0, 0)
            + option(2, each.name.encode())
            + option(9, b"\x09")
            + option(0),
        )
        for each in interfaces
    )
    frames = (
        write(each.interface, each.time_ns, each.frame, 1 + (each.direction == "out")) for each in packets
    )
    file.write_bytes(block(0x0A0D0D0A, head) + named + b"".join(frames))
    return read(copy).packet(PACKET)


def block(kind: int, body: bytes) -> bytes:
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def option(code: int, value: bytes = b"") -> bytes:
    return struct.pack("<HH", code, len(value)) + padded(value)


def padded(value: bytes) -> bytes:
    return value + bytes(-len(value) % 4)


def enhanced(interface: int, time_ns: int, data: bytes, way: int, whole: int = 0) -> bytes:
    fixed = struct.pack(
        "<IIIII", interface, time_ns >> 32, time_ns & 0xFFFFFFFF, len(data), whole or len(data)
    )
    return block(6, fixed + padded(data) + option(2, struct.pack("<I", way)) + option(0))


def test_the_obsolete_packet_block_is_read(copy: Path) -> None:
    def obsolete(interface: int, time_ns: int, data: bytes, way: int) -> bytes:
        times = time_ns >> 32, time_ns & 0xFFFFFFFF
        fixed = struct.pack("<HHIIII", interface, 7, *times, len(data), len(data))
        return block(2, fixed + padded(data) + option(2, struct.pack("<I", way)) + option(0))

    assert rewritten(copy, obsolete).frames == healthy().sent[0].frames


def test_a_simple_packet_has_no_direction_and_is_counted(copy: Path) -> None:
    def last_is_simple(interface: int, time_ns: int, data: bytes, way: int) -> bytes:
        simple = block(3, struct.pack("<I", len(data)) + padded(data))
        return enhanced(interface, time_ns, data, way) + simple * (time_ns == last)

    last = max(frame.time_ns for frame in healthy().sent[0].frames)
    sent = rewritten(copy, last_is_simple)
    assert sent.frames == healthy().sent[0].frames and sent.notes == ("1 frame without a direction",)


@pytest.mark.parametrize("linktype", [SLL, SLL2])
def test_cooked_frames_are_packets_with_a_direction(copy: Path, linktype: int) -> None:
    def cooked(interface: int, time_ns: int, data: bytes, way: int) -> bytes:
        kind, mac = 4 if way == 2 else 0, data[6:12]
        if linktype == SLL:
            head = struct.pack(">HHH8s2s", kind, 1, 6, mac, data[12:14])
        else:
            head = struct.pack(">2sHIHBB8s", data[12:14], 0, 2, 1, kind, 6, mac)
        return enhanced(interface, time_ns, head + data[14:], 0)

    rewritten(copy, cooked, linktype)
    walk, usual = replay(copy, PACKET), replay(healthy())
    assert walk.disposition == "delivered"
    ways = [[(s.netns, s.dev) for s in w.steps if s.event == "ingress"] for w in (walk, usual)]
    assert ways[0] == [way for way in ways[1] if way in ways[0]] and set(ways[0]) == set(ways[1])


def test_short_snap_lengths_leave_the_headers(copy: Path) -> None:
    rewritten(
        copy, lambda interface, time_ns, data, way: enhanced(interface, time_ns, data[:120], way, len(data))
    )
    walk = replay(copy, PACKET)
    assert [t.disposition for t in walk.traces] == [t.disposition for t in replay(healthy()).traces]
    cut = sum(len(frame.data) > 120 for frame in healthy().sent[0].frames)
    assert f"{cut} frames kept in part" in walk.summary


def test_a_file_that_ends_within_a_frame_is_told_as_far_as_it_goes(copy: Path) -> None:
    file = copy / f"{PACKET}.pcapng"
    file.write_bytes(file.read_bytes()[:-20])
    sent = read(copy).packet(PACKET)
    assert sent.frames == healthy().sent[0].frames[:-1]
    assert "Left out: the file is cut short (pcapng at byte" in replay(copy, PACKET).summary


def test_a_checksum_that_the_card_completes_is_no_other_packet() -> None:
    def unfinished(frames: tuple[Frame, ...]) -> tuple[Frame, ...]:
        return tuple(
            frame._replace(data=_with_checksum(frame)) if frame.direction == "out" else frame
            for frame in frames
        )

    recorded = healthy()
    ways = [
        [(step.netns, step.dev, step.event) for step in replay(each).steps]
        for each in (recorded, with_frames(recorded, unfinished))
    ]
    assert ways[0] == ways[1]


def _with_checksum(frame: Frame) -> bytes:
    """Return a frame whose innermost checksum is what the sender leaves to its card."""
    at, data = 0, bytearray(frame.data)
    for header in frame.stack:
        if isinstance(header, Tcp):
            data[at + 16 : at + 18] = b"\x12\x34"
        at += header.size
    return bytes(data)


@pytest.mark.kernel
def test_a_frame_of_more_than_8_kb_is_recorded_whole() -> None:
    with handmade("pod-1", "pod-2", listens={"pod-2": 8080}) as made:
        made.cable("pod-1 eth0 10.1.1.1/24", "pod-2 eth0 10.1.1.2/24")
        made.run(*(f"{pod}: ip link set eth0 mtu 65000" for pod in ("pod-1", "pod-2")))
        recorded = made.record("pod-1", "10.1.1.2", 8080, proto="tcp", size=14000)
    longest = max(len(frame.data) for frame in recorded.sent[0].frames)
    assert longest > 14000
    walk = replay(recorded)
    assert "Left out" not in walk.summary and walk.disposition == "delivered"


@pytest.mark.kernel
def test_a_tag_in_the_packets_metadata_is_recorded() -> None:
    with handmade("pod-1", "pod-2") as made:
        made.cable("pod-1 eth0", "pod-2 eth0")
        tagged = b"\xff" * 6 + MACS[6:] + bytes.fromhex("81002005 0800") + IPV4 + bytes(8)
        sniffer = sniff.Sniffer(made.inside)
        try:
            made.inside["pod-1"].inside(lambda: _sent(tagged))
            seen = sniffer.collect()
        finally:
            sniffer.close()
    assert [(frame.netns, frame.data[: len(tagged)]) for frame in seen if frame.data[6:12] == MACS[6:]] == [
        ("pod-1", tagged),
        ("pod-2", tagged),
    ]


def _sent(data: bytes) -> None:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as by:
        by.bind(("eth0", 0))
        by.send(data)


@pytest.mark.kernel
def test_what_a_ring_has_no_room_for_is_counted() -> None:
    space = Namespace("pod-1")
    try:
        space.run(["ip", "link", "set", "lo", "up"])
        tap = space.inside(lambda: sniff.Tap("pod-1"))
        room = sniff.BLOCK * sniff.BLOCKS // sniff.SLOT

        def flood() -> None:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as by:
                for _ in range(room):
                    by.sendto(b"", ("127.0.0.1", 9))

        space.inside(flood)
        assert len(tap.take()) == room
        assert tap.lost > 0
        tap.close()
    finally:
        space.close()
