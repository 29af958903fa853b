"""Netlink: ask the kernel, and read what it says (include/uapi/linux/netlink.h)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from typing import Self

from packetwalk.errors import LabError

REQUEST, ACK, ECHO, DUMP = 1, 4, 8, 0x300
ERROR = 2
HEAD, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=HH")
KIND = 0x3FFF  # of an attribute, without its flags
LONGEST = 1 << 17


def attribute(kind: int, value: bytes | int) -> bytes:
    """Return an attribute: a number has 32 bits."""
    raw = struct.pack("=I", value) if isinstance(value, int) else value
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(raw), kind) + raw + bytes(-len(raw) % 4)


def text(kind: int, value: str) -> bytes:
    """Return an attribute that is a name."""
    return attribute(kind, value.encode() + b"\0")


def attributes(data: bytes) -> dict[int, bytes]:
    """Return attributes by kind."""
    out, at = {}, 0
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        out[kind & KIND] = data[at + ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return out


class Netlink:
    """A socket of one protocol of netlink, in the namespace of the calling thread."""

    def __init__(self, protocol: int) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
        self.socket.bind((0, 0))
        self.port: int = self.socket.getsockname()[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self, kind: int, body: bytes, what: str) -> bytes:
        """Send a message and return what stands behind the head of the first answer, or nothing.

        LabError with the kernel's word when it refuses ``what``.
        """
        self.send(kind, body, ACK | ECHO)
        answer = b""
        while True:
            for said_kind, said in self.messages():
                if said_kind == ERROR:
                    error = -int.from_bytes(said[:4], "little", signed=True)
                    if error:
                        raise LabError(f"{what}: {os.strerror(error)}")
                    return answer
                answer = answer or said

    def send(self, kind: int, body: bytes, flags: int) -> None:
        """Send a message; ``messages`` are what comes."""
        self.socket.send(HEAD.pack(HEAD.size + len(body), kind, REQUEST | flags, 1, 0) + body)

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Wait for a datagram and yield its messages: kind, and all that stands behind the head."""
        data, at = self.socket.recv(LONGEST), 0
        while at + HEAD.size <= len(data):
            length, kind = struct.unpack_from("=IH", data, at)
            yield kind, data[at + HEAD.size : at + length]
            at += (length + 3) & ~3

    def close(self) -> None:
        """Close it."""
        self.socket.close()
