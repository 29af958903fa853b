"""Addresses of IPv6 on devices (``ip -6 addr show``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv6Interface, IPv6Network
from typing import NamedTuple

from packetwalk.tables.ipv6.shown import ShownIfAny
from packetwalk.tables.printed import JsonTable, Object, as_text
from packetwalk.tables.table import Contents
from packetwalk.wire.address import ipv6_from_int, mac_to_int

LINK_LOCAL = 0xFE80 << 112


@lru_cache(4096)
def _subnet(local: str, prefixlen: int) -> IPv6Network:
    return IPv6Interface(f"{local}/{prefixlen}").network


def link_local(mac: str) -> str:
    """Return the address that the kernel makes of a MAC (EUI-64, RFC 4291 appendix A): one bit turned, fffe between."""
    number = mac_to_int(mac) ^ 0x020000000000
    return ipv6_from_int(LINK_LOCAL | number >> 24 << 40 | 0xFFFE << 24 | number & 0xFFFFFF)


class Addr6Entry(NamedTuple):
    """An address on a device; one of ``scope`` link is the kernel's own, which each device has that is up."""

    dev: str
    local: str
    prefixlen: int
    scope: str = "global"

    def __str__(self) -> str:
        return f"inet6 {self.local}/{self.prefixlen} scope {self.scope} {self.dev}"

    def json(self) -> dict:
        """Return the member of ``addr_info`` that ``ip -j -6 addr`` prints."""
        return {"family": "inet6", "local": self.local, "prefixlen": self.prefixlen, "scope": self.scope}

    def argv(self) -> list[list[str]]:
        """Return ``ip -6 addr add``, used at once (nodad): a plan begins when nobody waits for an address any more."""
        if self.scope == "link":
            return []
        return [["ip", "-6", "addr", "add", f"{self.local}/{self.prefixlen}", "dev", self.dev, "nodad"]]

    @property
    def subnet(self) -> IPv6Network:
        """The subnet of the address."""
        return _subnet(self.local, self.prefixlen)


class Addresses6(ShownIfAny[Addr6Entry], JsonTable[Addr6Entry]):
    """The IPv6 addresses of all devices but the loopback."""

    def entry(self, printed: Object) -> Iterator[Addr6Entry]:
        """Yield the addresses of one device."""
        for info in printed.get("addr_info", ()):
            if info.get("family") == "inet6" and info["scope"] != "host":
                yield Addr6Entry(printed["ifname"], info["local"], info["prefixlen"], info["scope"])

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return the devices that have any."""
        every: dict[str, list[dict]] = {}
        for each in around[netns].entries(self):
            every.setdefault(each.dev, []).append(each.json())
        listed = [{"ifname": name, "addr_info": infos} for name, infos in every.items()]
        return {"addr6.json": as_text(listed)}


ADDRESSES6 = Addresses6(
    "addr6", "ip -6 addr", (Addr6Entry,), rank=21, files={"addr6.json": ("ip", "-j", "-6", "addr")}, second=True
)
