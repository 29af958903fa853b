"""Addresses of devices (``ip addr show``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from ipaddress import IPv4Interface, IPv4Network
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.link import LINKS
from packetwalk.tables.printed import JsonTable, Object, as_text
from packetwalk.tables.table import Contents
from packetwalk.wire.address import ipv4_to_int


@lru_cache(4096)
def _subnet(local: str, prefixlen: int) -> IPv4Network:
    """Return the subnet of an address; a table is listed more often than it changes."""
    return IPv4Interface(f"{local}/{prefixlen}").network


class AddrEntry(NamedTuple):
    """An IPv4 address on a device (``ip addr show``).

    ``connected`` says whether the route to its subnet stays, which the kernel adds with it; ``brd`` whether it
    was given its subnet's broadcast address, as programs by Go's netlink library do and ``ip addr add`` does not.
    The kernel's routes are the same either way.
    """

    dev: str
    local: str
    prefixlen: int
    connected: bool = True
    brd: bool = False

    def __str__(self) -> str:
        brd = f"brd {self.broadcast} " if self.brd else ""
        return f"inet {self.local}/{self.prefixlen} {brd}scope global {self.dev}"

    def json(self) -> dict:
        """Return the member of ``addr_info`` that ``ip -j addr`` prints."""
        return {
            "family": "inet",
            "local": self.local,
            "prefixlen": self.prefixlen,
            **({"broadcast": self.broadcast} if self.brd else {}),
            "scope": "global",
            "label": self.dev,
        }

    def argv(self) -> list[list[str]]:
        """Return ``ip addr add``; the kernel adds the local and connected routes itself."""
        brd = ["brd", "+"] if self.brd else []
        made = [["ip", "addr", "add", f"{self.local}/{self.prefixlen}", *brd, "dev", self.dev]]
        if not self.connected:
            made.append(["ip", "route", "del", str(self.subnet), "dev", self.dev])
        return made

    @property
    def subnet(self) -> IPv4Network:
        """The subnet of the address."""
        return _subnet(self.local, self.prefixlen)

    @property
    def broadcast(self) -> str:
        """The last address of the subnet."""
        return str(self.subnet.broadcast_address)

    def is_at(self, other: AddrEntry) -> bool:
        """Say whether two are one address for the kernel (``__inet_insert_ifa``: same mask, same address)."""
        return self[:3] == other[:3]


class Addresses(JsonTable[AddrEntry]):
    """The IPv4 addresses of all devices but the loopback."""

    def network(self, entry: AddrEntry) -> tuple[int, int]:
        """Return the subnet of an address, as a number, and its length."""
        return ipv4_to_int(entry.local) >> (32 - entry.prefixlen), entry.prefixlen

    def comparable(self, entry: AddrEntry) -> str:
        """Return the address without the broadcast address it was given."""
        return str(entry._replace(brd=False))

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``ip addr``."""
        dev = pick.one_of(around.names)
        if around.present and pick.chance(20):
            return ["ip", "addr", "del", *pick.one_of(around.present)[3:]]
        address = pick.one_of((*around.addresses, "10.99.0.1", "192.0.2.1"))
        return ["ip", "addr", "add", f"{address}/{pick.one_of((32, 24, 16))}", "dev", dev]

    def entry(self, printed: Object) -> Iterator[AddrEntry]:
        """Yield the addresses of one device."""
        for info in printed["addr_info"]:
            if info["family"] == "inet" and info["scope"] != "host":
                brd = "broadcast" in info
                yield AddrEntry(printed["ifname"], info["local"], info["prefixlen"], brd=brd)

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return every device with its addresses, also one without any."""
        every: dict[str, list[dict]] = {link.ifname: [] for link in around[netns].entries(LINKS)}
        for each in around[netns].entries(self):
            every[each.dev].append(each.json())
        return {"addr.json": as_text({"ifname": name, "addr_info": infos} for name, infos in every.items())}


ADDRESSES = Addresses(
    "addr",
    "ip addr",
    (AddrEntry,),
    rank=20,
    files={"addr.json": ("ip", "-j", "addr")},
    always=True,
    usual=True,
    masks={"ip addr": "Whether an address was given a broadcast address is left out: the routes are the same."},
)
