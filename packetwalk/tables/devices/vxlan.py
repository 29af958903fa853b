"""VXLAN devices: Ethernet frames in UDP (RFC 7348)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetwalk.tables.devices.kind import DeviceKind, add

if TYPE_CHECKING:
    from packetwalk.tables.link import LinkEntry

LOCAL, LOCAL6 = "local", "local6"  # what the tool calls the address of a tunnel over IPv4, and over IPv6


class VxlanDevice(DeviceKind):
    """A VXLAN device; one without a network number is a port of an Open vSwitch datapath, told it per packet."""

    def details(self, link: LinkEntry) -> list[str]:
        """Return network number, addresses and port."""
        ports = f"srcport 0 0 dstport {link.port} nolearning"
        if link.vni is None:
            return [f"vxlan external id 0 {ports}"]
        return [f"vxlan id {link.vni} local {link.local} dev {link.link} {ports}"]

    def data(self, link: LinkEntry) -> dict[str, Any]:
        """Return the same as JSON."""
        if link.vni is None:
            return {"external": True, "id": 0, "port": link.port, "learning": False}
        local = LOCAL6 if ":" in (link.local or "") else LOCAL
        return {"id": link.vni, local: link.local, "link": link.link, "port": link.port, "learning": False}

    def read(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return network number, addresses and port."""
        vni = None if data.get("external") else data.get("id")
        local = data.get(LOCAL) or data.get(LOCAL6)
        return {"vni": vni, "local": local, "link": data.get("link"), "port": data.get("port")}

    def compared(self, link: LinkEntry) -> list[str]:
        """Return network number, addresses and port."""
        return [f"id {link.vni}", f"local {link.local}", f"dev {link.link}", f"port {link.port}"]

    def argv(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add``.

        A port of a datapath is weaver's own work, over generic netlink; ``ovs-dpctl`` comes nearest, and
        ``packetwalk.lab.kernel.openvswitch`` does what weaver does.
        """
        if link.vni is None:
            port = f"{link.ifname},type=vxlan,dst_port={link.port}"
            return [["ovs-dpctl", "add-if", str(link.master), port]]
        return super().argv(link)

    def made(self, link: LinkEntry) -> list[list[str]]:
        """Return ``ip link add``."""
        ends = ["local", str(link.local), "dev", str(link.link), "dstport", str(link.port)]
        return [add(link, "type", "vxlan", "id", str(link.vni), *ends, "nolearning")]


KIND = VxlanDevice("vxlan", late=True)
