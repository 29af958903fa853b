"""Scapy, which shares no line with us, must read the same fields and compute the same checksums."""

from typing import Any

import pytest

from packetwalk.wire import Stack, describe, encode
from tests.wire.conftest import ipv6_packets

scapy = pytest.importorskip(
    "scapy.all", reason="scapy is not installed: it is the second reader of our bytes"
)

# Scapy's name of a field, and what Wireshark's value is in scapy's units.
NAMES: dict[str, dict[str, tuple[str, Any]]] = {
    "eth": {"eth.dst": ("dst", str), "eth.src": ("src", str), "eth.type": ("type", "hex")},
    "arp": {
        "arp.hw.type": ("hwtype", int),
        "arp.proto.type": ("ptype", "hex"),
        "arp.hw.size": ("hwlen", int),
        "arp.proto.size": ("plen", int),
        "arp.opcode": ("op", int),
        "arp.src.hw_mac": ("hwsrc", str),
        "arp.src.proto_ipv4": ("psrc", str),
        "arp.dst.hw_mac": ("hwdst", str),
        "arp.dst.proto_ipv4": ("pdst", str),
    },
    "ip": {
        "ip.version": ("version", int),
        "ip.hdr_len": ("ihl", lambda size: size // 4),
        "ip.dsfield": ("tos", "hex"),
        "ip.len": ("len", int),
        "ip.id": ("id", "hex"),
        "ip.frag_offset": ("frag", lambda offset: offset // 8),
        "ip.ttl": ("ttl", int),
        "ip.proto": ("proto", int),
        "ip.checksum": ("chksum", "hex"),
        "ip.src": ("src", str),
        "ip.dst": ("dst", str),
    },
    "icmp": {
        "icmp.type": ("type", int),
        "icmp.code": ("code", int),
        "icmp.checksum": ("chksum", "hex"),
        "icmp.ident": ("id", int),
        "icmp.seq": ("seq", int),
        "icmp.mtu": ("nexthopmtu", int),
    },
    "ipv6": {
        "ipv6.version": ("version", int),
        "ipv6.tclass": ("tc", "hex"),
        "ipv6.flow": ("fl", "hex"),
        "ipv6.plen": ("plen", int),
        "ipv6.nxt": ("nh", int),
        "ipv6.hlim": ("hlim", int),
        "ipv6.src": ("src", str),
        "ipv6.dst": ("dst", str),
    },
    "ipv6.fraghdr": {
        "ipv6.fraghdr.nxt": ("nh", int),
        "ipv6.fraghdr.offset": ("offset", lambda offset: offset // 8),
        "ipv6.fraghdr.more": ("m", int),
        "ipv6.fraghdr.ident": ("id", "hex"),
    },
    "icmpv6": {
        "icmpv6.type": ("type", int),
        "icmpv6.code": ("code", int),
        "icmpv6.checksum": ("cksum", "hex"),
        "icmpv6.echo.identifier": ("id", "hex"),
        "icmpv6.echo.sequence_number": ("seq", int),
        "icmpv6.mtu": ("mtu", int),
        "icmpv6.pointer": ("ptr", int),
    },
    "udp": {
        "udp.srcport": ("sport", int),
        "udp.dstport": ("dport", int),
        "udp.length": ("len", int),
        "udp.checksum": ("chksum", "hex"),
    },
    "tcp": {
        "tcp.srcport": ("sport", int),
        "tcp.dstport": ("dport", int),
        "tcp.seq_raw": ("seq", int),
        "tcp.ack_raw": ("ack", int),
        "tcp.hdr_len": ("dataofs", lambda size: size // 4),
        "tcp.flags": ("flags", "hex"),
        "tcp.window_size_value": ("window", int),
        "tcp.checksum": ("chksum", "hex"),
        "tcp.urgent_pointer": ("urgptr", int),
    },
    "vlan": {"vlan.priority": ("prio", int), "vlan.id": ("vlan", int), "vlan.etype": ("type", "hex")},
    "vxlan": {"vxlan.vni": ("vni", int), "vxlan.reserved8": ("reserved2", int)},
}


@pytest.fixture(scope="session")
def packets(packets: dict[str, Stack]) -> dict[str, Stack]:
    """All but WireGuard's, which scapy takes for a datagram's data; tshark reads it.

    What scapy has as one layer and we as several is written by scapy below.
    """
    left = {"wireguard", "wireguard6", "solicitation", "advertisement", "router solicitation", "listeners"}
    return {name: stack for name, stack in packets.items() if name not in left}


def discovery() -> dict[str, Any]:
    """Neighbour discovery as scapy writes it."""
    ip, mac, other = scapy.IPv6, "02:42:0a:f4:01:02", "02:42:0a:f4:02:02"
    pod, gateway, link_local = "fd00:10:244:1::2", "fd00:10:244:1::1", "fe80::a"
    source = scapy.ICMPv6NDOptSrcLLAddr(lladdr=mac)
    groups = ("ff02::1:ff00:1", "ff02::1:ff00:2")
    records = [scapy.ICMPv6MLDMultAddrRec(rtype=4, dst=group) for group in groups]
    return {
        "solicitation": ip(src=pod, dst=groups[0], hlim=255) / scapy.ICMPv6ND_NS(tgt=gateway) / source,
        "advertisement": ip(src=gateway, dst=pod, hlim=255)
        / scapy.ICMPv6ND_NA(tgt=gateway, R=1, S=1, O=1)
        / scapy.ICMPv6NDOptDstLLAddr(lladdr=other),
        "router solicitation": ip(src=link_local, dst="ff02::2", hlim=255) / scapy.ICMPv6ND_RS() / source,
        "listeners": ip(src=link_local, dst="ff02::16", hlim=1)
        / scapy.IPv6ExtHdrHopByHop(options=[scapy.RouterAlert()])
        / scapy.ICMPv6MLReport2(records=records),
    }


def test_scapy_writes_the_same_neighbour_discovery() -> None:
    ours = ipv6_packets()
    for name, theirs in discovery().items():
        assert bytes(theirs).hex() == encode(ours[name][1:]).hex(), name


def layers(stack: Stack, wire: bytes) -> list[Any]:
    """Scapy's layers of these bytes, as many as we have headers."""
    scapy.bind_layers(scapy.UDP, scapy.VXLAN, dport=8472)
    layer = scapy.Ether(wire)
    read = []
    while layer and len(read) < len(stack):
        read.append(layer)
        layer = layer.payload
    if len(read) == len(stack) - 1 and "data" in read[-1].fields:  # scapy's echo has its data with it
        read.append(scapy.Raw(read[-1].data))
    return read


def test_scapy_reads_the_same_fields(packets: dict[str, Stack]) -> None:
    compared = set()
    for name, stack in packets.items():
        for header, layer in zip(describe(stack), layers(stack, encode(stack)), strict=True):
            for ours, (theirs, unit) in NAMES.get(str(header["proto"]), {}).items():
                if ours in header:
                    value = int(str(header[ours]), 16) if unit == "hex" else unit(header[ours])
                    assert getattr(layer, theirs) == value, f"{name}: {ours}"
                    compared.add(ours)
    assert compared == {ours for names in NAMES.values() for ours in names}


def test_scapy_reads_the_same_flags(packets: dict[str, Stack]) -> None:
    for stack in packets.values():
        for header, layer in zip(stack, layers(stack, encode(stack)), strict=True):
            if header.proto == "ip":
                assert (bool(layer.flags.DF), bool(layer.flags.MF)) == (header.df, header.mf)
            if header.proto == "tcp":
                assert str(layer.flags) == header.flags


def test_scapy_computes_the_same_checksums(packets: dict[str, Stack]) -> None:
    """Ours are removed; what scapy fills in when it builds the packet again must be the bytes we had."""
    filled = 0
    for name, stack in packets.items():
        wire = encode(stack)
        read = layers(stack, wire)
        for header, layer in zip(stack, read, strict=True):
            if header.proto == "data":  # scapy takes a first fragment's for a whole UDP datagram
                continue
            for derived in ("chksum", "cksum", "plen", "len", "ihl", "dataofs"):
                if derived in layer.fields and not (derived == "chksum" and layer.chksum == 0):
                    delattr(layer, derived)
                    filled += 1
        assert bytes(read[0]) == wire, name
    assert filled > 50
