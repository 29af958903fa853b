"""What a kind of device has: the words and the JSON of its own, and the commands that make one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


@dataclass(frozen=True, eq=False)
class DeviceKind:
    """A kind of device with Ethernet frames.

    ``late`` says that one is made after those it stands on; ``lab`` is the kind that a namespace has in its place.
    """

    name: str
    late: bool = False
    lab: str = ""

    def words(self, link: LinkEntry) -> list[str]:
        """Return what ``ip -d link`` prints after the MTU."""
        return [f"link/ether {link.address}", *self.details(link), *(["hairpin on"] if link.hairpin else [])]

    def details(self, link: LinkEntry) -> list[str]:
        """Return the words of this kind alone."""
        return [self.name]

    def info(self, link: LinkEntry) -> dict[str, Any]:
        """Return ``linkinfo`` of ``ip -j -d link``; empty for a device that has none."""
        data = self.data(link)
        return {"info_kind": self.name, **({"info_data": data} if data else {})}

    def data(self, link: LinkEntry) -> dict[str, Any]:
        """Return ``info_data``."""
        return {}

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return the members of an entry that ``info_data`` tells."""
        return {}

    def compared(self, link: LinkEntry) -> list[str]:
        """Return what is compared beside what all devices have."""
        return []

    def argv(self, link: LinkEntry) -> list[list[str]]:
        """Return the commands that make one and bring it up, as a port if it is one."""
        commands = self.made(link)
        if link.master:
            commands.append(["ip", "link", "set", link.ifname, "master", link.master])
            if link.hairpin:
                commands.append(["bridge", "link", "set", "dev", link.ifname, "hairpin", "on"])
        return [*commands, ["ip", "link", "set", link.ifname, "up"]]

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return the commands that make one; none where it is there already."""
        return []


class Layer3Device(DeviceKind):
    """A kind of device with bare IP packets."""

    def words(self, link: LinkEntry) -> list[str]:
        """Return what ``ip -d link`` prints after the MTU."""
        return [f"link/none {self.name}"]


def add(link: LinkEntry, *words: str) -> list[str]:
    """Return ``ip link add``, with MTU and, where there is one, MAC."""
    mac = ["address", link.address] if link.address else []
    return ["ip", "link", "add", link.ifname, *mac, "mtu", str(link.mtu), *words]
