"""WireGuard devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.tables.devices.kind import Layer3Device, add

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class WireguardDevice(Layer3Device):
    """A WireGuard device; its key and its peers are set with ``wg``."""

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add`` and ``wg set`` with port and mark."""
        mark = ["fwmark", hex(link.fwmark)] if link.fwmark else []
        port = ["wg", "set", link.ifname, "listen-port", str(link.port), *mark]
        return [add(link, "type", "wireguard"), port]


KIND = WireguardDevice("wireguard")
