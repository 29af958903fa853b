"""Generic netlink: ask a family of the kernel, and read what it says (include/uapi/linux/genetlink.h)."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator

from packetwalk.errors import LabError

NETLINK_GENERIC, CONTROL, GETFAMILY, FAMILY_ID, FAMILY_NAME = 16, 16, 3, 1, 2
REQUEST, ACK, ECHO = 1, 4, 8
ERROR = 2
HEAD, GENERIC, ATTRIBUTE = struct.Struct("=IHHII"), struct.Struct("=BBH"), struct.Struct("=HH")
KIND = 0x3FFF  # of an attribute, without its flags
LONGEST = 1 << 17


def attribute(kind: int, value: bytes | int) -> bytes:
    """Return an attribute: a number has 32 bits."""
    raw = struct.pack("=I", value) if isinstance(value, int) else value
    return ATTRIBUTE.pack(4 + len(raw), kind) + raw + bytes(-len(raw) % 4)


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


class Generic:
    """A socket in the namespace of the calling thread."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        self.socket.bind((0, 0))
        self.port: int = self.socket.getsockname()[0]

    def family(self, name: str) -> int:
        """Return the number of a family; LabError when the kernel has none of that name."""
        answer = self.ask(CONTROL, GETFAMILY, 1, text(FAMILY_NAME, name), what=f"family {name}")
        return int.from_bytes(attributes(answer[GENERIC.size :])[FAMILY_ID], "little")

    def ask(self, family: int, command: int, version: int, body: bytes, what: str) -> bytes:
        """Send a request and return the first answer, from its generic header on, or nothing.

        LabError with the kernel's word when it refuses ``what``.
        """
        size = HEAD.size + GENERIC.size + len(body)
        head = HEAD.pack(size, family, REQUEST | ACK | ECHO, 1, 0)
        self.socket.send(head + GENERIC.pack(command, version, 0) + body)
        answer = b""
        while True:
            for kind, said in self.messages():
                if kind == ERROR:
                    error = -int.from_bytes(said[:4], "little", signed=True)
                    if error:
                        raise LabError(f"{what}: {os.strerror(error)}")
                    return answer
                answer = answer or said

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Wait for a datagram and yield its messages: kind, and all that follows the netlink header."""
        data, at = self.socket.recv(LONGEST), 0
        while at + HEAD.size <= len(data):
            length, kind = struct.unpack_from("=IH", data, at)
            yield kind, data[at + HEAD.size : at + length]
            at += (length + 3) & ~3

    def close(self) -> None:
        """Close it."""
        self.socket.close()
