"""Addresses of devices (``ip addr show``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Table


class AddrEntry(NamedTuple):
    """An IPv4 address on a device (``ip addr show``)."""

    dev: str
    local: str
    prefixlen: int

    def __str__(self) -> str:
        return f"inet {self.local}/{self.prefixlen} scope global {self.dev}"

    def json(self) -> dict:
        """Return the member of ``addr_info`` that ``ip -j addr`` prints."""
        return {
            "family": "inet",
            "local": self.local,
            "prefixlen": self.prefixlen,
            "scope": "global",
            "label": self.dev,
        }

    def argv(self) -> list[list[str]]:
        """Return ``ip addr add``; the kernel adds the local and connected routes itself."""
        return [["ip", "addr", "add", f"{self.local}/{self.prefixlen}", "dev", self.dev]]


ADDRESSES = Table[AddrEntry]("addr", "ip addr", (AddrEntry,), rank=20, always=True)
