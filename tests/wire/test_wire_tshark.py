"""Wireshark's dissectors must find nothing wrong with our packets, and the very fields we name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk.wire import Stack, describe, encode
from packetwalk.wire.pcap import write_pcap

Tshark = Callable[..., list[str]]

WRONG = " || ".join(
    ["_ws.malformed", "_ws.expert.severity >= 8388608"]
    + [f"{proto}.checksum.status == 0" for proto in ("ip", "icmp", "icmpv6", "udp", "tcp")]
)
"""A display filter for packets that are malformed, have errors, or a bad checksum."""

EXPLAINED = ("too big", "ttl exceeded", "first fragment", "unknown")
EXPLAINED += ("too big6", "unreachable6", "hop limit6", "problem6", "first fragment6")
"""Packets whose Data tshark reads further: what an ICMP error quotes, the beginning of a cut datagram."""
SAID = ("wg.encrypted_packet", "ipv6.opt")
"""Of these tshark says only that they are there."""


@pytest.fixture
def capture(packets: dict[str, Stack], tmp_path: Path) -> Path:
    """All packets in one file, a millisecond apart."""
    file = tmp_path / "packets.pcap"
    file.write_bytes(
        write_pcap((number * 1_000_000, encode(stack)) for number, stack in enumerate(packets.values()))
    )
    return file


def test_tshark_finds_nothing_wrong(tshark: Tshark, capture: Path, packets: dict[str, Stack]) -> None:
    assert len(tshark(capture)) == len(packets)
    assert tshark(capture, "-Y", WRONG) == []


@pytest.mark.parametrize(
    ("name", "at"),
    [
        *(("ping", 24), ("ping", 50), ("udp", 43), ("tcp data", 56), ("vxlan 8472", 90)),
        *(("ping6", 60), ("advertisement", 65), ("listeners", 80), ("vxlan6", 120)),
    ],
)
def test_tshark_would_have_told(
    tshark: Tshark, packets: dict[str, Stack], tmp_path: Path, name: str, at: int
) -> None:
    """The filter finds a byte that is wrong in a header or in the data that a checksum covers."""
    wire = bytearray(encode(packets[name]))
    wire[at] ^= 0x10
    file = tmp_path / "wrong.pcap"
    file.write_bytes(write_pcap([(0, bytes(wire))]))
    assert len(tshark(file, "-Y", WRONG)) == 1


def test_tshark_names_the_same_fields(tshark: Tshark, capture: Path, packets: dict[str, Stack]) -> None:
    """Each field of each header, outermost first."""
    described = [describe(stack) for stack in packets.values()]
    names = sorted({name for stack in described for header in stack for name in header if "." in name})
    columns = [word for name in names for word in ("-e", name)]
    lines = tshark(capture, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|", *columns)
    for packet, stack, line in zip(packets, described, lines, strict=True):
        for name, cell in zip(names, line.split("\t"), strict=True):
            ours = [str(header[name]) for header in stack if name in header]
            theirs = cell.split("|")
            if name in SAID:
                theirs = ours
            if packet in EXPLAINED:
                if name.startswith("data."):
                    continue
                theirs = theirs[: len(ours)]
            if name in ("ip.frag_offset", "ipv6.fraghdr.offset"):  # tshark prints units of 8 bytes, we bytes
                theirs = [str(int(value) * 8) for value in theirs if value]
            if ours:
                assert [_plain(value) for value in theirs] == [_plain(value) for value in ours], (
                    f"{packet}: {name}"
                )


def _plain(value: str) -> str:
    """Old and new versions print flags as 1 and True, and pad hexadecimal numbers differently."""
    if value in ("True", "False"):
        return str(int(value == "True"))
    return hex(int(value, 16)) if value.startswith("0x") else value
