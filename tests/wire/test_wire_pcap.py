"""Capture files: ours read by others, and a recording of the kernel read by us."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetwalk.wire import Stack, decode, encode
from packetwalk.wire.pcap import Interface, read_pcap, read_pcapng, write_pcap, write_pcapng

RECORDING = Path(__file__).parents[1] / "recordings" / "wire-flannel-vxlan-ping-cold.pcapng"

times = st.integers(0, 2**32 * 10**9 - 1)
frames = st.binary(max_size=80)
interfaces = st.lists(
    st.tuples(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=15), st.just(1)), min_size=1
)
packets_of = interfaces.flatmap(
    lambda named: st.tuples(
        st.just(named),
        st.lists(
            st.tuples(st.integers(0, len(named) - 1), times, st.sampled_from(["in", "out", None]), frames)
        ),
    )
)


@given(st.lists(st.tuples(times, frames)))
def test_pcap_round_trip(written: list[tuple[int, bytes]]) -> None:
    assert read_pcap(write_pcap(written)) == written
    micro = [(time // 1000 * 1000, frame) for time, frame in written]
    assert read_pcap(write_pcap(written, nanosecond=False)) == micro


@given(packets_of)
def test_pcapng_round_trip(written: tuple[list, list]) -> None:
    assert read_pcapng(write_pcapng(*written)) == written


@given(st.data(), packets_of)
def test_any_bytes_are_a_file_or_a_value_error(data: st.DataObject, written: tuple[list, list]) -> None:
    raw = bytearray(write_pcapng(*written))
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=4)):
        raw[at] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(0, len(raw)))])
    pcap = write_pcap([(time, frame) for _, time, _, frame in written[1]])[:24] + cut
    for read, content in ((read_pcapng, cut), (read_pcap, cut), (read_pcap, pcap)):
        try:
            read(content)
        except ValueError as wrong:
            assert str(wrong).startswith("pcap")
            assert "\n" not in str(wrong)


def test_big_endian_and_microseconds_are_read() -> None:
    """A file as a big-endian machine with an old libpcap writes it."""
    header = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    assert read_pcap(header + struct.pack(">IIII", 5, 7, 2, 60) + b"ab") == [(5_000_007_000, b"ab")]


def test_a_simple_pcapng_of_another_writer_is_read() -> None:
    """Big-endian, microseconds by default, a block we do not know, and a second section that counts from 0 again."""

    def block(kind: int, body: bytes) -> bytes:
        return struct.pack(">II", kind, len(body) + 12) + body + struct.pack(">I", len(body) + 12)

    section = block(0x0A0D0D0A, struct.pack(">IHHq", 0x1A2B3C4D, 1, 0, -1))
    interface = block(1, struct.pack(">HHI", 228, 0, 0))
    packet = block(6, struct.pack(">IIIII", 0, 0, 3, 2, 2) + b"ab\0\0")
    simple = block(3, struct.pack(">I", 4) + b"abcd")
    read, packets = read_pcapng(
        section + interface + block(5, b"stat") + packet + section + interface + simple
    )
    assert read == [Interface("", 228), Interface("", 228)]
    assert packets == [(0, 3000, None, b"ab"), (1, 0, None, b"abcd")]


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_pcap, b"", "pcap at byte 0: not a pcap file"),
        (read_pcap, write_pcap([])[:-1], "pcap at byte 0: not a pcap file"),
        (
            read_pcap,
            write_pcap([(0, b"abc")])[:-1],
            "pcap at byte 24: truncated, 2 of the frame's 3 bytes are there",
        ),
        (read_pcap, write_pcap([(0, b"abc")])[:30], "pcap at byte 24: truncated in the record header"),
        (read_pcapng, write_pcap([]), "pcapng at byte 0: not a pcapng file"),
        (read_pcapng, write_pcapng([], []) + b"\6\0\0\0", "pcapng at byte 28: truncated in the block header"),
        (read_pcapng, write_pcapng([], [])[:-1] + b"\1", "pcapng at byte 0: the block's two lengths differ"),
        (
            read_pcapng,
            write_pcapng([("a", 1)], [(0, 0, None, b"abcd")])[:-8],
            "pcapng at byte 68: block length 36, but 28 bytes are there",
        ),
        (
            read_pcapng,
            write_pcapng([], []) + write_pcapng([("a", 1)], [(0, 0, None, b"")])[68:],
            "pcapng at byte 28: packet of interface 0, which is not described before it",
        ),
    ],
)
def test_broken_files_are_one_clear_line(read: Callable, content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match="pcap") as wrong:
        read(content)
    assert str(wrong.value) == message


def test_a_packet_needs_its_interface() -> None:
    with pytest.raises(ValueError, match="no interface 1; there are 1, counted from 0"):
        write_pcapng([("eth0", 1)], [(1, 0, "in", b"")])


def test_scapy_reads_our_files(packets: dict[str, Stack], tmp_path: Path) -> None:
    scapy = pytest.importorskip(
        "scapy.all", reason="scapy is not installed: it is the second reader of our files"
    )
    written = [
        (1_700_000_000_123_456_789 + number, encode(stack)) for number, stack in enumerate(packets.values())
    ]
    file = tmp_path / "packets"
    for content in (
        write_pcap(written),
        write_pcapng([("veth0", 1)], [(0, time, "in", frame) for time, frame in written]),
    ):
        file.write_bytes(content)
        read = scapy.rdpcap(str(file))
        assert [bytes(packet) for packet in read] == [frame for _, frame in written]
        assert round(float(read[0].time), 3) == 1_700_000_000.123


def test_tshark_reads_interface_direction_and_nanoseconds(
    tshark: Callable[..., list[str]], packets: dict[str, Stack], tmp_path: Path
) -> None:
    ping = encode(packets["ping"])
    file = tmp_path / "packets.pcapng"
    when = 1_700_000_000_123_456_789
    file.write_bytes(
        write_pcapng(
            [("kind-worker:cni0", 1), ("kind-worker:flannel.1", 1)],
            [(0, when, "in", ping), (1, when + 1, "out", ping), (1, when + 2, None, ping)],
        )
    )
    columns = ("frame.interface_name", "frame.packet_flags_direction", "frame.time_epoch")
    lines = tshark(file, "-T", "fields", *[word for column in columns for word in ("-e", column)])
    cells = [line.split("\t") for line in lines]
    assert [cell[0] for cell in cells] == [
        "kind-worker:cni0",
        "kind-worker:flannel.1",
        "kind-worker:flannel.1",
    ]
    assert [int(cell[1] or "0", 16) for cell in cells] == [1, 2, 0]
    assert [cell[2] for cell in cells] == [
        f"1700000000.{nanoseconds}" for nanoseconds in (123456789, 123456790, 123456791)
    ]


def test_a_recording_of_the_kernel_survives_unchanged() -> None:
    """One cold ping across two nodes with the real flanneld: ARP, ICMP, VXLAN, on every interface of its way."""
    named, recorded = read_pcapng(RECORDING.read_bytes())
    assert len(recorded) > 20
    for packet in recorded:
        assert encode(decode(packet.frame)) == packet.frame
    protocols = {tuple(header.proto for header in decode(packet.frame)) for packet in recorded}
    ping = ("eth", "ip", "icmp", "data")
    assert protocols == {("eth", "arp"), ping, ("eth", "ip", "udp", "vxlan", *ping)}
    assert read_pcapng(write_pcapng(named, recorded)) == (named, recorded)
    assert {packet.direction for packet in recorded} == {"in", "out"}
