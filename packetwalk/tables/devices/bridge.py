"""The bridge of Linux."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.tables.devices.kind import DeviceKind, add

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class BridgeDevice(DeviceKind):
    """A bridge; its ports name it as their master."""

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add``."""
        return [add(link, "type", "bridge")]


KIND = BridgeDevice("bridge")
