"""A node's own NIC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packetwalk.tables.devices.kind import DeviceKind

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class NicDevice(DeviceKind):
    """A NIC; the kernel says of it that it is a device, and no more."""

    def details(self, link: LinkEntry) -> list[str]:
        """Return nothing."""
        return []

    def info(self, link: LinkEntry) -> dict[str, Any]:
        """Return nothing."""
        return {}


KIND = NicDevice("eth", lab="veth")
