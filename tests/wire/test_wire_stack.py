"""Packets to bytes and back, and what is said when bytes make no packet."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packetwalk.wire import (
    HEADERS,
    LAYOUTS,
    UDP_PORTS,
    Arp,
    Data,
    Ethernet,
    Header,
    Icmp,
    Ipv4,
    Stack,
    Tcp,
    Udp,
    Vxlan,
    decode,
    describe,
    encode,
    size,
)

u8, u16, u24, u32 = (st.integers(0, (1 << bits) - 1) for bits in (8, 16, 24, 32))
macs = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex(":"))
ipv4s = st.ip_addresses(v=4).map(str)
contents = st.lists(st.binary(min_size=1, max_size=64).map(Data), max_size=1).map(tuple)
unknown_ports = u16.filter(lambda port: port not in UDP_PORTS)
tcp_flags = st.sets(st.sampled_from("FSRPAUECN")).map(
    lambda letters: "".join(x for x in "FSRPAUECN" if x in letters)
)
tcp_options = st.integers(0, 10).flatmap(lambda words: st.binary(min_size=4 * words, max_size=4 * words))


def make(header: type[Header], *fields: st.SearchStrategy, **more: st.SearchStrategy) -> st.SearchStrategy:
    """Headers with these fields drawn and the others left as they are by default."""
    drawn = {**dict(zip(header._fields, fields, strict=False)), **more}
    return st.fixed_dictionaries(drawn).map(lambda values: header(**values))


def ip(protocol: int | st.SearchStrategy[int], **fields: st.SearchStrategy) -> st.SearchStrategy[Ipv4]:
    """Headers of a whole datagram of this protocol."""
    protocols = st.just(protocol) if isinstance(protocol, int) else protocol
    return make(Ipv4, ipv4s, ipv4s, protocols, u8, u16, st.booleans(), tos=u8, **fields)


def join(*parts: st.SearchStrategy) -> st.SearchStrategy[Stack]:
    """One header from each strategy, then the headers of the last, which gives a stack."""
    return st.tuples(*parts).map(lambda drawn: (*drawn[:-1], *drawn[-1]))


echoes = make(Icmp, st.sampled_from([0, 8]), u8, u16, u16)
errors = st.one_of(make(Icmp, st.sampled_from([5, 11, 12])), make(Icmp, st.just(3), st.just(4), mtu=u16))
tcps = make(Tcp, u16, u16, u32, u32, tcp_flags, u16, tcp_options)
packets_in_ip = st.one_of(
    join(ip(1), st.one_of(echoes, errors), contents),
    join(ip(6), tcps, contents),
    join(ip(17), make(Udp, u16, unknown_ports, st.booleans()), contents),
    join(ip(u8.filter(lambda number: number not in (1, 4, 6, 17))), contents),
    join(ip(u8, mf=st.booleans(), offset=st.integers(1, 0x1FFF).map(lambda units: units * 8)), contents),
)
packets_in_ip = st.recursive(packets_in_ip, lambda inner: join(ip(4), inner), max_leaves=3)
frames = st.one_of(
    join(make(Ethernet, macs, macs), packets_in_ip),
    st.tuples(make(Ethernet, macs, macs, st.just(0x0806)), make(Arp, u16, macs, ipv4s, macs, ipv4s)),
    join(make(Ethernet, macs, macs, u16.filter(lambda kind: kind not in (0x0800, 0x0806, 0x86DD))), contents),
)
ports = st.sampled_from([4789, 8472])
frames = st.recursive(
    frames,
    lambda inner: join(
        make(Ethernet, macs, macs), ip(17), make(Udp, u16, ports, st.booleans()), make(Vxlan, u24, u8), inner
    ),
    max_leaves=3,
)


@given(frames)
def test_decode_gives_back_what_was_encoded(stack: Stack) -> None:
    data = encode(stack)
    assert decode(data) == stack
    assert [type(header) for header in decode(data)] == [type(header) for header in stack]
    assert len(data) == size(stack)


@given(frames)
def test_descriptions_hold_every_byte_once(stack: Stack) -> None:
    described = describe(stack)
    assert "".join(header["bytes"] for header in described) == encode(stack).hex()
    assert [(header["proto"], header["size"]) for header in described] == [
        (header.proto, header.size) for header in stack
    ]
    for header in described:
        assert set(header) - {"proto", "size", "bytes", "data.len"} <= {
            name for name, _, _ in LAYOUTS[header["proto"]]
        }


@given(frames, st.integers(0, 46))
def test_padding_of_a_frame_is_ignored(stack: Stack, padding: int) -> None:
    if stack[1:2] and not isinstance(stack[1], Data):
        assert decode(encode(stack) + bytes(padding)) == stack


@given(st.data(), st.one_of(st.binary(max_size=120), frames.map(encode)))
def test_any_bytes_are_a_packet_or_a_value_error(data: st.DataObject, raw: bytes) -> None:
    """Random bytes, and packets with bytes changed or cut off. What is read must survive another round."""
    changed = bytearray(raw)
    for at in data.draw(st.lists(st.integers(0, max(len(raw) - 1, 0)), max_size=4)):
        changed[at : at + 1] = data.draw(st.binary(min_size=1, max_size=1))
    cut = bytes(changed[: data.draw(st.integers(0, len(changed)))])
    first = data.draw(st.sampled_from(["eth", "ip", "arp", "icmp", "vxlan", "data", "ipv6", "mld-record", "nd-option"]))
    try:
        stack = decode(cut, first)
    except ValueError as wrong:
        assert "\n" not in str(wrong)
        assert " at byte " in str(wrong)
    else:
        assert decode(encode(stack), first) == stack


@pytest.mark.parametrize("header", HEADERS.values(), ids=lambda header: header.proto)
def test_layouts_are_whole_bytes_without_gaps(header: type[Header]) -> None:
    at = 0
    for field in header.LAYOUT.stored:
        assert [field.name, at, field.bits] in LAYOUTS[header.proto]
        at += field.bits
    assert at == header.LAYOUT.size * 8


def test_sizes_are_those_of_the_standards(packets: dict[str, Stack]) -> None:
    sizes = {
        header.proto: header.size for stack in packets.values() for header in stack if header.proto != "data"
    }
    assert sizes == {
        "eth": 14,
        "arp": 28,
        "ip": 20,
        "icmp": 8,
        "udp": 8,
        "tcp": 20,
        "ipv6": 40,
        "ipv6.fraghdr": 8,
        "ipv6.hopopts": 8,
        "icmpv6": 8,
        "nd-solicited": 16,
        "nd-advertised": 16,
        "nd-option": 8,
        "mld-record": 20,
        "vlan": 4,
        "vxlan": 8,
        "wg": 16,
        "wg-payload": 104 + 8 + 16,
    }
    assert size(packets["wireguard"]) == 170
    assert packets["tcp syn"][-1].size == 36
    assert size(packets["vxlan 8472"]) == size(packets["ping"]) + 50 == 148
    assert size(packets["vxlan6"]) == size(packets["ping6"]) + 70 == 188
    assert size(()) == 0
    assert encode(()) == b""


def test_an_rfc_1071_checksum_by_hand(packets: dict[str, Stack]) -> None:
    """45 00 00 54 1c 46 40 00 3f 01 .. 0a f4 01 02 0a f4 02 02, summed on paper."""
    described = describe(packets["ping"])[1]
    assert described["ip.checksum"] == "0x0678"
    assert described["bytes"] == "450000541c4640003f0106780af401020af40202"


def test_a_udp_checksum_of_zero_is_sent_as_ffff() -> None:
    header = Ipv4("0.0.0.0", "0.0.0.0", 17)
    described = describe((header, Udp(0, 0), Data((0xFFFF - 17 - 2 * 10).to_bytes(2, "big"))))
    assert described[1]["udp.checksum"] == "0xffff"


def test_fragments_join_to_the_datagram(packets: dict[str, Stack]) -> None:
    first, last = packets["first fragment"], packets["last fragment"]
    assert last[1].offset == first[2].size
    joined = decode(
        encode((Ipv4(first[1].src, first[1].dst, 17), Data(first[2].content + last[2].content))), "ip"
    )
    assert joined[1:] == (Udp(40000, 53), Data(b"m" * 2001))
    assert [header["proto"] for header in describe(first)] == ["eth", "ip", "data"]


def test_an_unreachable_error_names_only_its_own_fields(packets: dict[str, Stack]) -> None:
    described = describe(packets["too big"])[2]
    assert described["icmp.mtu"] == 1450
    assert "icmp.seq" not in described
    assert set(describe(packets["ttl exceeded"])[2]) == {
        "proto",
        "size",
        "bytes",
        "icmp.type",
        "icmp.code",
        "icmp.checksum",
    }


def test_udp_ports_can_be_told(packets: dict[str, Stack]) -> None:
    frame = encode(packets["vxlan 8472"])
    assert [header.proto for header in decode(frame, udp_ports={})] == ["eth", "ip", "udp", "data"]
    moved = (*packets["vxlan 8472"][:2], Udp(1, 6000), *packets["vxlan 8472"][3:])
    assert decode(encode(moved), udp_ports={6000: "vxlan"}) == moved


def test_ip_options_stay_data() -> None:
    report = bytes.fromhex(
        "46c00020000040000102" + "0000" + "0a000001" + "e0000016" + "94040000" + "22000000" + "00000000"
    )
    assert decode(report, "ip") == (Data(report),)


PING = (Ipv4("10.244.1.2", "10.244.2.2", 1), Icmp(8, 0, 1, 1), Data(bytes(8)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw[:12], "ip at byte 0: truncated, 12 of 20 bytes are there"),
        (lambda raw: raw[:30], "ip at byte 0: total length 36, but 30 bytes are there"),
        (lambda raw: b"\x65" + raw[1:], "ip at byte 0: version 6, not 4"),
        (
            lambda raw: b"\x44" + raw[1:],
            "ip at byte 0: header length 16 does not lie between 20 and the total length 36",
        ),
        (lambda raw: raw[:3] + b"\x18" + raw[4:], "icmp at byte 20: truncated, 4 of 8 bytes are there"),
        (lambda raw: raw[:9] + b"\x11" + raw[10:], "udp at byte 20: length 1, but 16 bytes are there"),
        (
            lambda raw: raw[:9] + b"\x06" + raw[10:],
            "tcp at byte 20: truncated, 16 of 20 bytes are there",
        ),
    ],
)
def test_broken_bytes_are_one_clear_line(change: Callable[[bytes], bytes], message: str) -> None:
    with pytest.raises(ValueError, match="at byte") as wrong:
        decode(change(encode(PING)), "ip")
    assert str(wrong.value) == message


@pytest.mark.parametrize(
    ("stack", "message"),
    [
        (
            (Ipv4("10.244.1", "10.244.2.2", 1),),
            "ip: ip.src '10.244.1' is not an IPv4 address such as 10.244.1.2",
        ),
        (
            (Ethernet("02:42", "02:42"),),
            "eth: eth.dst '02:42' is not a MAC address such as 02:42:ac:12:00:03",
        ),
        ((Ipv4("10.244.1.2", "10.244.2.2", 1, ttl=256),), "ip: ip.ttl 256 does not fit 8 bits"),
        ((Ipv4("10.244.1.2", "10.244.2.2", 1, offset=7),), "ip: ip.frag_offset 7 is not a multiple of 8"),
        ((PING[0], Data(bytes(65516))), "ip: ip.len 65536 does not fit 16 bits"),
        ((PING[0]._replace(mf=True), *PING[1:]), "ip: icmp cannot follow a fragment; give its bytes as Data"),
        ((Udp(1, 2),), "udp: no ip header outside it, and its checksum covers the addresses"),
        ((PING[0], Tcp(1, 2, flags="SYN")), "tcp: 'Y' is no flag; the flags are F S R P A U E C N"),
        ((PING[0], Tcp(1, 2, options=b"\1")), "tcp: tcp.hdr_len 21 is not a multiple of 4"),
    ],
)
def test_impossible_packets_are_one_clear_line(stack: Stack, message: str) -> None:
    with pytest.raises(ValueError, match=":") as wrong:
        encode(stack)
    assert str(wrong.value) == message


def test_an_unknown_protocol_lists_the_known() -> None:
    known = ", ".join(sorted(LAYOUTS))
    with pytest.raises(ValueError, match=f"no protocol 'ipx'; there are {known}"):
        decode(b"", "ipx")
