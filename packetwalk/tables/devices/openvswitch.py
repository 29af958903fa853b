"""Datapaths of the kernel's Open vSwitch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packetwalk.tables.devices.kind import DeviceKind

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry


class DatapathDevice(DeviceKind):
    """A datapath; weaver makes it over generic netlink, as ``packetwalk.lab.kernel.openvswitch`` does."""

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ovs-dpctl add-dp``, which comes nearest."""
        return [["ovs-dpctl", "add-dp", link.ifname]]


KIND = DatapathDevice("openvswitch")
