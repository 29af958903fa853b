"""TUN devices, behind which a program reads and writes packets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.tables.devices.kind import Layer3Device

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class TunDevice(Layer3Device):
    """A TUN device; its MTU is the program's to set."""

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip tuntap add``."""
        return [["ip", "tuntap", "add", link.ifname, "mode", "tun"]]


KIND = TunDevice("tun")
