"""IP-in-IP devices (RFC 2003)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetwalk.tables.devices.kind import DeviceKind, add

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class IpipDevice(DeviceKind):
    """An IP-in-IP device; one without a local address is the kernel's own, there as soon as the module is."""

    def words(self, link: LinkEntry) -> list[str]:
        """Return its own address, which is an IP address, and how it wraps."""
        local = ["link/ipip", link.local or "0.0.0.0", "ipip remote any local", link.local or "any"]
        return [*local, "ttl inherit nopmtudisc"]

    def data(self, link: LinkEntry) -> dict[str, Any]:
        """Return the same as JSON."""
        return {"remote": "any", "local": link.local or "any", "ttl": 0, "pmtudisc": False}

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return its own address."""
        return {"local": None if data.get("local") == "any" else data.get("local")}

    def compared(self, link: LinkEntry) -> list[str]:
        """Return its own address."""
        return [f"local {link.local}"]

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add``, or what gives the kernel's own its MTU."""
        if link.local is None:
            return [["ip", "link", "set", link.ifname, "mtu", str(link.mtu)]]
        return [add(link, "type", "ipip", "local", link.local, "nopmtudisc")]


KIND = IpipDevice("ipip")
