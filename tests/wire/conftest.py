"""Packets to try and the tools that read them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from packetwalk.wire import (
    Arp,
    Data,
    Ethernet,
    Icmp,
    Ipv4,
    Stack,
    Tcp,
    Udp,
    Vlan,
    Vxlan,
    Wireguard,
    WireguardPayload,
    encode,
)
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

A, B = "02:42:0a:f4:01:02", "02:42:0a:f4:02:02"
NODE, NODE2 = "02:42:ac:12:00:03", "02:42:ac:12:00:04"
SYN_OPTIONS = bytes.fromhex("020405820402080a0000000100000000")
"""Maximum segment size 1410, selective acknowledgements, timestamps."""
POD, POD2 = "10.244.1.2", "10.244.2.2"


def _inside_vxlan(inner: Stack, port: int) -> Stack:
    outer = Ipv4("172.18.0.3", "172.18.0.4", 17, df=port == 4789)
    return (Ethernet(NODE2, NODE), outer, Udp(45212, port, checksum=False), Vxlan(1), *inner)


POD6, PEER6, GATEWAY6 = "fd00:10:244:1::2", "fd00:10:244:2::2", "fd00:10:244:1::1"
ASKED6, ALL_ROUTERS, REPORTS = "ff02::1:ff00:1", "ff02::2", "ff02::16"


def ipv6_packets() -> dict[str, Stack]:
    """One packet of each kind over IPv6."""
    eth = Ethernet(B, A, 0x86DD)
    many = Ethernet("33:33:ff:00:00:01", A, 0x86DD)
    ping = (eth, Ipv6(POD6, PEER6, 58, 63, flow=0x7A956), Icmpv6(128, 0, 7, 1), Data(bytes(range(56))))
    whole = encode((Ipv6(POD6, PEER6, 17), Udp(40000, 53), Data(b"m" * 2001)))[40:]
    outer = Ethernet(NODE2, NODE, 0x86DD), Ipv6("fd00:172:18::3", "fd00:172:18::4", 17)
    error = Ipv6(GATEWAY6, POD6, 58)
    mac = NeighbourOption(1, A)
    return {
        "ping6": ping,
        "pong6": (eth, Ipv6(POD6, PEER6, 58), Icmpv6(129, 0, 7, 1), Data(bytes(range(56)))),
        "too big6": (eth, error, Icmpv6(2, mtu=1430), Data(encode(ping[1:]))),
        "unreachable6": (eth, error, Icmpv6(1, 4), Data(encode(ping[1:]))),
        "hop limit6": (eth, error, Icmpv6(3), Data(encode(ping[1:]))),
        "problem6": (eth, error, Icmpv6(4, 1, seq=40), Data(encode(ping[1:]))),
        "solicitation": (many, Ipv6(POD6, ASKED6, 58, 255), Icmpv6(135), Solicited(GATEWAY6), mac),
        "advertisement": (
            eth, Ipv6(GATEWAY6, POD6, 58, 255), Icmpv6(136, flags="RSO"), Advertised(GATEWAY6), NeighbourOption(2, B),
        ),
        "router solicitation": (
            Ethernet("33:33:00:00:00:02", A, 0x86DD), Ipv6("fe80::a", ALL_ROUTERS, 58, 255), Icmpv6(133), mac,
        ),
        "listeners": (
            Ethernet("33:33:00:00:00:16", A, 0x86DD), Ipv6("fe80::a", REPORTS, 0, 1), HopByHop(58), Icmpv6(143, seq=2),
            ListenerRecord(4, ASKED6), ListenerRecord(4, "ff02::1:ff00:2"),
        ),
        "udp6": (eth, Ipv6(POD6, PEER6, 17), Udp(40000, 7777), Data(b"odd")),
        "tcp6": (eth, Ipv6(POD6, PEER6, 6), Tcp(40000, 5001, 1001, 6, "PA", 502), Data(b"hello")),
        "first fragment6": (eth, Ipv6(POD6, PEER6, 44), Fragment(17, mf=True, id=9), Data(whole[:1424])),
        "last fragment6": (eth, Ipv6(POD6, PEER6, 44), Fragment(17, 1424, id=9), Data(whole[1424:])),
        "atomic fragment6": (eth, Ipv6(POD6, PEER6, 44), Fragment(17, id=9), Udp(40000, 7777), Data(b"whole")),
        "vxlan6": (*outer, Udp(45212, 8472), Vxlan(1), *ping),
        "wireguard6": (*outer, Udp(51820, 51820), Wireguard(0x1234ABCD, 7), WireguardPayload(ping[1:], bytes(8))),
    }  # fmt: skip


@pytest.fixture(scope="session")
def packets() -> dict[str, Stack]:
    """One packet of each kind that the model sends."""
    eth = Ethernet(B, A)
    ping = (eth, Ipv4(POD, POD2, 1, ttl=63, id=0x1C46, df=True), Icmp(8, 0, 7, 1), Data(bytes(range(56))))
    message = (Ipv4(POD, POD2, 17, id=9), Udp(40000, 53), Data(b"m" * 2001))
    whole = encode(message)[20:]
    cut = Ipv4(POD, POD2, 17, id=9)
    return {
        "arp request": (Ethernet("ff:ff:ff:ff:ff:ff", A, 0x0806), Arp(1, A, POD, "00:00:00:00:00:00", "10.244.1.1")),
        "arp reply": (Ethernet(A, B, 0x0806), Arp(2, B, "10.244.1.1", A, POD)),
        "ping": ping,
        "pong": (eth, Ipv4(POD, POD2, 1), Icmp(0, 0, 7, 1), Data(bytes(range(56)))),
        "too big": (eth, Ipv4("10.244.1.1", POD, 1, tos=0xC0), Icmp(3, 4, mtu=1450), Data(encode(ping[1:]))),
        "ttl exceeded": (eth, Ipv4("10.244.1.1", POD, 1, tos=0xC0), Icmp(11), Data(encode(ping[1:]))),
        "udp": (eth, Ipv4(POD, POD2, 17), Udp(40000, 7777), Data(b"odd")),
        "udp without checksum": (eth, Ipv4(POD, POD2, 17), Udp(40000, 7777, checksum=False), Data(b"even")),
        "tcp syn": (eth, Ipv4(POD, POD2, 6, df=True), Tcp(40000, 5001, 1000, options=SYN_OPTIONS)),
        "tcp syn ack": (eth, Ipv4(POD2, POD, 6), Tcp(5001, 40000, 5, 1001, "SA")),
        "tcp data": (eth, Ipv4(POD, POD2, 6), Tcp(40000, 5001, 1001, 6, "PA", 502), Data(b"hello")),
        "first fragment": (eth, cut._replace(mf=True), Data(whole[:1424])),
        "last fragment": (eth, cut._replace(offset=1424), Data(whole[1424:])),
        "vxlan 8472": _inside_vxlan(ping, 8472),
        "vxlan 4789": _inside_vxlan(ping, 4789),
        "vxlan arp": _inside_vxlan((Ethernet(B, A, 0x0806), Arp(1, A, POD, "00:00:00:00:00:00", POD2)), 8472),
        "vlan": (eth._replace(type=0x8100), Vlan(100, priority=3), *ping[1:]),
        "ipip": (Ethernet(NODE2, NODE), Ipv4("172.18.0.3", "172.18.0.4", 4), *ping[1:]),
        "wireguard": (
            Ethernet(NODE2, NODE), Ipv4("172.18.0.3", "172.18.0.4", 17), Udp(51820, 51820),
            Wireguard(0x1234ABCD, 7), WireguardPayload(ping[1:], bytes(12)),
        ),
        "unknown": (Ethernet(B, A, 0x88B5), Data(b"an experiment of the IEEE's")),
        **ipv6_packets(),
    }  # fmt: skip


@pytest.fixture(scope="session")
def tshark() -> Callable[..., list[str]]:
    """Run tshark on a file with these arguments; its lines. Without tshark the test is skipped, but fails in CI."""
    program = shutil.which("tshark")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("tshark is not installed, and CI must not pass without it")
        pytest.skip("tshark is not installed: nobody but us and scapy reads the bytes")

    def run(file: Path, *arguments: str) -> list[str]:
        # Both VXLAN ports; no reassembly, so that fragments are seen as they are; checksums are off by default.
        options = ["-d", "udp.port==8472,vxlan", "-d", "tcp.port==5001,data", "-d", "udp.port==7777,data"]
        options += ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"]
        options += [word for proto in ("ip", "udp", "tcp") for word in ("-o", f"{proto}.check_checksum:TRUE")]
        done = subprocess.run(
            [program, "-n", "-r", str(file), *options, *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run
