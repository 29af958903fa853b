"""Peers of WireGuard devices (``wg show``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.tables.printed import TextTable
from packetwalk.tables.table import Contents, Part


class WireguardPeer(NamedTuple):
    """A peer of a WireGuard device (``wg show``), on one line."""

    dev: str
    key: str
    endpoint: str
    allowed_ips: tuple[str, ...]

    def __str__(self) -> str:
        return f"peer: {self.key} endpoint: {self.endpoint} allowed ips: {', '.join(self.allowed_ips)}"

    def json(self) -> dict:
        """Return the columns of ``wg show DEV dump``, under their names."""
        return {
            "interface": self.dev,
            "public-key": self.key,
            "endpoint": self.endpoint,
            "allowed-ips": list(self.allowed_ips),
        }

    def argv(self) -> list[list[str]]:
        """Return ``wg set``; the key is a name made by formula, which a real device would refuse."""
        return [
            [
                "wg",
                "set",
                self.dev,
                "peer",
                self.key,
                "endpoint",
                self.endpoint,
                "allowed-ips",
                ",".join(self.allowed_ips),
            ]
        ]


class Peers(TextTable[WireguardPeer]):
    """The peers of all WireGuard devices."""

    def part(self, entry: WireguardPeer) -> Part:
        """Return the peers of one device."""
        return Part(f"wg/{entry.dev}", f"wg show {entry.dev}", lambda other: other.dev == entry.dev)

    def comparable(self, entry: WireguardPeer) -> str:
        """Return the allowed addresses."""
        return f"{entry.dev} allowed ips {' '.join(entry.allowed_ips) or NOTHING}"

    def parse(self, text: str) -> Iterator[WireguardPeer]:
        """Yield the peers; their endpoints are not printed."""
        for line in text.splitlines():
            dev, key, allowed = line.split("\t")
            yield WireguardPeer(dev, key, "", tuple(allowed.split(" ")) if allowed != NOTHING else ())

    def text(self, contents: Contents) -> str:
        """Return device, key and allowed addresses of each peer."""
        return "".join(
            f"{each.dev}\t{each.key}\t{' '.join(each.allowed_ips) or NOTHING}\n"
            for each in contents.entries(self)
        )


NOTHING = "(none)"
PEERS = Peers(
    "wg",
    "wg show",
    (WireguardPeer,),
    rank=70,
    files={"wireguard.txt": ("wg", "show", "all", "allowed-ips")},
    masks={
        "wg": "The allowed addresses of each peer are compared. Its keys are the lab's own: those of the plan are "
        "names, of which nobody knows a private half.",
    },
)
