"""Forwarding databases of bridges and VXLAN devices (``bridge fdb show``)."""

from __future__ import annotations

from typing import NamedTuple


class FdbEntry(NamedTuple):
    """A line of a forwarding database (``bridge fdb show``), of a bridge port or a VXLAN device."""

    mac: str
    ifname: str
    dst: str | None = None
    master: str | None = None
    flags: tuple[str, ...] = ()
    state: str = ""

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "fdb"

    def __str__(self) -> str:
        out = [self.mac, "dev", self.ifname]
        if self.dst:
            out += ["dst", self.dst]
        out += self.flags
        if self.master:
            out += ["master", self.master]
        if self.state:
            out.append(self.state)
        return " ".join(out)

    def json(self) -> dict:
        """Return the object that ``bridge -j fdb`` prints for this line."""
        out: dict = {"mac": self.mac, "ifname": self.ifname}
        if self.dst:
            out["dst"] = self.dst
        out["flags"] = list(self.flags)
        if self.master:
            out["master"] = self.master
        return {**out, "state": self.state}

    def argv(self) -> list[list[str]]:
        """Return ``bridge fdb append``."""
        dst = ["dst", self.dst] if self.dst else []
        return [
            [
                "bridge",
                "fdb",
                "append",
                self.mac,
                "dev",
                self.ifname,
                *dst,
                *self.flags,
                *([self.state] if self.state else []),
            ]
        ]
