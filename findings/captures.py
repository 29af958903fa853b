"""Frames as pods send them, and the two formats that keep them: valid files for readers to be looked at."""

import struct
from ipaddress import ip_address

NS = 1764000000123456789  # a moment, in nanoseconds since 1970
ETHERNET, RAW_IP, LINUX_SLL2 = 1, 101, 276


def total(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    n = sum(struct.unpack(f">{len(data) // 2}H", data))
    while n >> 16:
        n = (n & 0xFFFF) + (n >> 16)
    return n ^ 0xFFFF


def ipv4(src: str, dst: str, proto: int, payload: bytes) -> bytes:
    def head(checksum: int) -> bytes:
        ends = ip_address(src).packed + ip_address(dst).packed
        return struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, 0, 64, proto, checksum) + ends

    return head(total(head(0))) + payload


def ping(src: str, dst: str) -> bytes:
    data = struct.pack(">HH", 1, 1) + b"abcdefgh" * 7
    return ipv4(src, dst, 1, struct.pack(">BBH", 8, 0, total(b"\x08\0\0\0" + data)) + data)


def ethernet(payload: bytes) -> bytes:
    return bytes.fromhex("0200000000020200000000010800") + payload


def udp(src: str, dst: str, dport: int, payload: bytes) -> bytes:
    return ipv4(src, dst, 17, struct.pack(">HHHH", 50000, dport, 8 + len(payload), 0) + payload)


def vxlan(dport: int, src: str = "172.18.0.2", dst: str = "172.18.0.3") -> bytes:
    """A ping from pod 10.244.1.2 to pod 10.244.2.2, between nodes, in VXLAN (RFC 7348) with VNI 1."""
    return ethernet(udp(src, dst, dport, struct.pack(">II", 0x08000000, 1 << 8) + ethernet(ping(*PODS))))


def ipip() -> bytes:
    """The same ping in IP-in-IP, as it is seen on tunl0's lower side: no Ethernet."""
    return ipv4("172.18.0.2", "172.18.0.3", 4, ping(*PODS))


PODS = ("10.244.1.2", "10.244.2.2")


def block(kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack("<II", kind, 12 + len(body)) + body + struct.pack("<I", 12 + len(body))


def option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng(path: str, interfaces: list[tuple[str, int, int]], frames: list[tuple[int, int, bytes]]) -> None:
    """`interfaces`: name, link type, digits of a second (9: nanoseconds); `frames`: interface, moment in ns, bytes."""
    out = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    for name, link, digits in interfaces:
        options = option(2, name.encode()) + option(9, bytes([digits])) + option(0, b"")
        out += block(1, struct.pack("<HHI", link, 0, 262144) + options)
    for at, ns, data in frames:
        ticks = ns // 10 ** (9 - interfaces[at][2])
        out += block(6, struct.pack("<IIIII", at, ticks >> 32, ticks & 0xFFFFFFFF, len(data), len(data)) + data)
    with open(path, "wb") as file:
        file.write(out)


def pcap(path: str, link: int, frames: list[tuple[int, bytes]]) -> None:
    """The older format, with nanoseconds."""
    out = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link)
    for ns, data in frames:
        out += struct.pack("<IIII", ns // 10**9, ns % 10**9, len(data), len(data)) + data
    with open(path, "wb") as file:
        file.write(out)
