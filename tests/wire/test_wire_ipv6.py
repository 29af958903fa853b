"""IPv6 and what it carries: drawn at random, and as the real programs sent it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetwalk.wire import Data, Ethernet, Internet, Stack, Udp, decode, describe, encode, size
from packetwalk.wire.ipv6 import (
    Advertised,
    Fragment,
    HopByHop,
    Icmpv6,
    Ipv6,
    ListenerRecord,
    NeighbourOption,
    Solicited,
)
from packetwalk.wire.pcap import read_pcap
from tests.wire.test_wire_stack import contents, join, macs, make, tcps, u8, u16, u32, unknown_ports

FRAMES = Path(__file__).parents[1] / "recordings" / "ipv6" / "frames.pcap"
"""Two frames of each kind and of each of two dual-stack clusters: Flannel 0.28.9 and Calico 3.33."""
ipv6s = st.ip_addresses(v=6).filter(lambda address: address.scope_id is None).map(str)


def ip(protocol: int) -> st.SearchStrategy[Ipv6]:
    """Headers that announce this."""
    return make(Ipv6, ipv6s, ipv6s, st.just(protocol), u8, st.integers(0, 0xFFFFF), u8)


options = st.lists(make(NeighbourOption, st.sampled_from((1, 2)), macs), max_size=2).map(tuple)
sources = st.integers(0, 2).flatmap(lambda n: st.binary(min_size=16 * n, max_size=16 * n))
records = st.lists(make(ListenerRecord, u8, ipv6s, sources), max_size=3).map(tuple)
offsets = st.integers(1, 0x1FFF).map(lambda units: units * 8)
alerts = st.integers(0, 2).flatmap(lambda n: st.binary(min_size=6 + 8 * n, max_size=6 + 8 * n))
messages = st.one_of(
    join(make(Icmpv6, st.sampled_from((1, 3, 4, 128, 129, 134, 137)), u8, u16, u16), contents),
    join(make(Icmpv6, st.just(2), u8, mtu=u32), contents),
    join(make(Icmpv6, st.just(133)), options),
    join(make(Icmpv6, st.just(135)), make(Solicited, ipv6s), options),
    join(make(Icmpv6, st.just(136), flags=st.sampled_from(("", "S", "RSO"))), make(Advertised, ipv6s), options),
    join(make(Icmpv6, st.just(143), seq=u16), records),
)
udps = join(make(Udp, u16, unknown_ports, st.booleans()), contents)
packets_in_ipv6 = st.one_of(
    join(ip(58), messages),
    join(ip(0), make(HopByHop, st.just(58), alerts), messages),
    join(ip(44), make(Fragment, st.just(58), id=u32), messages),
    join(ip(44), make(Fragment, u8, offsets, st.booleans(), u32), contents),
    join(ip(17), udps),
    join(ip(6), tcps, contents),
    join(ip(59), contents),
)
frames = join(make(Ethernet, macs, macs, st.just(0x86DD)), packets_in_ipv6)


@given(frames)
def test_decode_gives_back_what_was_encoded(stack: Stack) -> None:
    data = encode(stack)
    assert decode(data) == stack
    assert [type(header) for header in decode(data)] == [type(header) for header in stack]
    assert "".join(str(header["bytes"]) for header in describe(stack)) == data.hex()
    assert len(data) == size(stack)


def recorded() -> list[bytes]:
    """The frames that real kernels sent."""
    return [frame for _, frame in read_pcap(FRAMES.read_bytes())]


def test_real_frames_are_read_and_written_byte_by_byte() -> None:
    for frame in recorded():
        stack = decode(frame)
        assert any(isinstance(header, Ipv6) for header in stack)
        assert encode(stack) == frame, stack


def test_every_kind_of_header_was_seen_in_a_real_frame() -> None:
    kinds = {type(header) for frame in recorded() for header in decode(frame)}
    assert kinds > {Fragment, HopByHop, Icmpv6, Solicited, Advertised, NeighbourOption, ListenerRecord}


def test_what_is_not_read_stays_data() -> None:
    """A nonce, as duplicate address detection sends it: an option of another type."""
    nonce = bytes.fromhex("0e01aabbccddeeff")
    question = (Ipv6("::", "ff02::1:ff00:1", 58, 255), Icmpv6(135), Solicited("fe80::1"), Data(nonce))
    assert decode(encode(question), "ipv6") == question


@pytest.mark.parametrize("raw", [b"\x45" + bytes(39), b"\x60\0\0\0\0\x09" + bytes(34), b"\x60" + bytes(38)])
def test_what_is_no_whole_packet_of_ipv6_stays_data(raw: bytes) -> None:
    assert decode(raw, "ipv6") == (Data(raw),)


def test_a_checksum_covers_the_addresses() -> None:
    """By hand: of two packets that differ in one address only, the checksums differ as the addresses do."""
    one, other = (
        describe((Ipv6("fd00::1", dst, 58), Icmpv6(128, 0, 7, 1)))[1] for dst in ("fd00::2", "fd00::3")
    )
    assert int(str(one["icmpv6.checksum"]), 16) - int(str(other["icmpv6.checksum"]), 16) == 1


def test_an_advertisement_says_who_speaks() -> None:
    shown = describe((Ipv6("fe80::1", "fe80::2", 58, 255), Icmpv6(136, flags="SO"), Advertised("fe80::1")))
    assert [shown[1][f"icmpv6.nd.na.flag.{letter}"] for letter in "rso"] == [False, True, True]
    assert shown[2]["icmpv6.nd.na.target_address"] == "fe80::1"


def test_what_both_families_share_is_one_class() -> None:
    assert issubclass(Ipv6, Internet)
    assert Ipv6("fe80::1", "fe80::2", 58, 64).aged().ttl == 63


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        ((Ipv6("10.0.0.1", "::", 58),), "ipv6: ipv6.src '10.0.0.1' is not an IPv6 address such as fd00:10:244:1::2"),
        ((Ipv6("fe80::1%eth0", "::", 58),), "ipv6: ipv6.src 'fe80::1%eth0' is not an IPv6 address such as"),
        ((Ipv6("::", "::", 44), Fragment(17, mf=True), Udp(1, 2)), "ipv6.fraghdr: udp cannot follow a fragment"),
        ((Ipv6("::", "::", 0), HopByHop(58, b"12345")), "ipv6.hopopts: 5 bytes of options, not 6 and a multiple of 8"),
        ((Icmpv6(128),), "icmpv6: no ip header outside it, and its checksum covers the addresses"),
        ((Ipv6("::", "::", 58), Icmpv6(143), ListenerRecord(4, "ff02::1", b"1")), "mld-record: 1 bytes of sources"),
    ],
)
def test_impossible_packets_are_one_clear_line(stack: Stack, message: str) -> None:
    with pytest.raises(ValueError, match=":") as wrong:
        encode(stack)
    assert message in str(wrong.value)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"\x60\0\0\0\0\x08\0\x40" + bytes(32) + b"\x3a\x01" + bytes(6), "16 bytes of header, but 8 are there"),
        (b"\x60\0\0\0\0\x1c\x3a\x40" + bytes(32) + b"\x8f" + bytes(7) + b"\4\0\0\1" + bytes(16), "1 sources, but 0"),
    ],
)
def test_broken_bytes_are_one_clear_line(raw: bytes, message: str) -> None:
    with pytest.raises(ValueError, match="at byte") as wrong:
        decode(raw, "ipv6")
    assert message in str(wrong.value)
