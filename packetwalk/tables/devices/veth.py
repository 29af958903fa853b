"""A cable between two namespaces, or within one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.tables.devices.kind import DeviceKind, add

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class VethDevice(DeviceKind):
    """One end of a pair; the command of one end makes both."""

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add``, or what gives the end that is there its address and MTU."""
        if link.peer is None:
            return []
        if not link.creates:
            return [["ip", "link", "set", link.ifname, "address", link.address, "mtu", str(link.mtu)]]
        netns, device = link.peer
        return [add(link, "type", "veth", "peer", "name", device, "netns", netns)]


KIND = VethDevice("veth")
