"""WireGuard's keepalives are no packets of a walk: they come by the clock."""

from __future__ import annotations

import struct

from packetwalk.capture.frames import Frame
from packetwalk.proof.compare.frames import belonging

ETHERNET = bytes.fromhex("0200000000020200000000010800")
TAG = 16


def frame(message: bytes) -> Frame:
    udp = struct.pack(">HHHH", 51820, 51820, 8 + len(message), 0) + message
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x0a\0\0\x01", b"\x0a\0\0\x02")
    return Frame("n", "eth0", "out", 0, ETHERNET + ip + udp)


def test_only_messages_with_a_packet_belong_to_a_walk() -> None:
    data = bytes([4, 0, 0, 0]) + bytes(12)
    handshake, keepalive, packet = bytes([1]) + bytes(147), data + bytes(TAG), data + bytes(96 + TAG)
    assert [len(each.data) for each in belonging(map(frame, (handshake, keepalive, packet)))] == [14 + 28 + 16 + 96 + TAG]
