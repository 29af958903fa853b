"""Generic netlink: ask a family of the kernel (include/uapi/linux/genetlink.h)."""

from __future__ import annotations

import struct

from packetwalk.lab.kernel.netlink import Netlink, attributes, text

NETLINK_GENERIC, CONTROL, GETFAMILY, FAMILY_ID, FAMILY_NAME = 16, 16, 3, 1, 2
GENERIC = struct.Struct("=BBH")


class Generic(Netlink):
    """A socket of generic netlink, in the namespace of the calling thread."""

    def __init__(self) -> None:
        super().__init__(NETLINK_GENERIC)

    def family(self, name: str) -> int:
        """Return the number of a family; LabError when the kernel has none of that name."""
        answer = self.request(CONTROL, GETFAMILY, 1, text(FAMILY_NAME, name), what=f"family {name}")
        return int.from_bytes(attributes(answer[GENERIC.size :])[FAMILY_ID], "little")

    def request(self, family: int, command: int, version: int, body: bytes, what: str) -> bytes:
        """Send a command and return the first answer, from its generic head on, or nothing.

        LabError with the kernel's word when it refuses ``what``.
        """
        return self.ask(family, GENERIC.pack(command, version, 0) + body, what)
