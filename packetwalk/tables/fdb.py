"""Forwarding databases of bridges and VXLAN devices (``bridge fdb show``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.link import LINKS
from packetwalk.tables.printed import JsonTable, Object, as_text
from packetwalk.tables.table import Contents, Files, Part, Recorded, Sides


class FdbEntry(NamedTuple):
    """A line of a forwarding database (``bridge fdb show``), of a bridge port or a VXLAN device."""

    mac: str
    ifname: str
    dst: str | None = None
    master: str | None = None
    flags: tuple[str, ...] = ()
    state: str = ""

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


class Forwarding(JsonTable[FdbEntry]):
    """The forwarding databases of all bridges and VXLAN devices of a namespace."""

    def key(self, entry: FdbEntry) -> tuple[str, str]:
        """Return the bridge or VXLAN device, and the MAC."""
        return entry.master or entry.ifname, entry.mac

    def hold(self, written: Iterable[FdbEntry]) -> list[FdbEntry]:
        """Return the entries; one that a bridge would make of an own MAC is not made where there is one
        (``fdb_add_local``)."""
        held: dict[tuple[str, str], FdbEntry] = {}
        for entry in written:
            if not (entry.master and entry.state == "permanent" and self.key(entry) in held):
                held[self.key(entry)] = entry
        return list(held.values())

    def own(self, contents: Contents) -> Iterator[FdbEntry]:
        """Yield the permanent entries that ``br_fdb_add_local`` makes for a bridge and its ports."""
        links = contents.entries(LINKS)
        bridges = {link.ifname for link in links if link.kind == "bridge"}
        for link in links:
            bridge = link.ifname if link.ifname in bridges else link.master
            if bridge in bridges:
                yield FdbEntry(link.address, link.ifname, master=bridge, state="permanent")

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``bridge fdb`` for a VXLAN device or a bridge's port."""
        tunnels, mac = around.of_kind("vxlan"), pick.one_of(around.macs)
        if tunnels and pick.chance(60):
            target = ["dev", pick.one_of(tunnels)]
            if pick.chance(30):
                return ["bridge", "fdb", "del", mac, *target]
            return ["bridge", "fdb", "replace", mac, *target, "dst", pick.one_of(around.addresses)]
        if not around.ports:
            return None
        verb = pick.one_of(("replace", "add", "del"))
        state = [] if verb == "del" else [pick.one_of(("static", "dynamic", "permanent"))]
        return ["bridge", "fdb", verb, mac, "dev", pick.one_of(around.ports), "master", *state]

    def deciding(self, entry: FdbEntry) -> str:
        """Return the line."""
        return str(entry)

    def author(self, entry: FdbEntry) -> str:
        """Return that it was learnt, of an entry for a port without a state."""
        return self.by if not entry.state and not entry.dst else ""

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides:
        """Return the lines without a bridge's own MAC."""
        ours, theirs = (
            [str(each) for each in entries if each.ifname != each.master]
            for entries in (filter(self.is_written, each.entries(self)) for each in (model, recorded))
        )
        return Sides(ours, theirs)

    def is_written(self, entry: FdbEntry) -> bool:
        """Say whether it is to stay; a static one moves with its MAC to another port (``br_fdb_update``)."""
        return entry.state == "permanent"

    def entry(self, printed: Object) -> Iterator[FdbEntry]:
        """Yield an entry, but for multicast groups: only IPv6 and IGMP put them there."""
        if not int(printed["mac"][:2], 16) & 1:
            yield FdbEntry(
                printed["mac"],
                printed["ifname"],
                printed.get("dst"),
                printed.get("master"),
                tuple(printed.get("flags", ())),
                printed.get("state", ""),
            )

    def read(self, files: Files) -> list[FdbEntry]:
        """Return each entry once: a kernel that can tell VLANs apart lists it once more for each VLAN."""
        return list(dict.fromkeys(super().read(files)))

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return the entries, one bridge or VXLAN device after the other."""
        found = self.in_order(around[netns].entries(self))
        by_bridge = sorted(found, key=lambda entry: self.key(entry)[0])
        return {"fdb.json": as_text(entry.json() for entry in by_bridge)}

    def in_order(self, entries: Iterable[FdbEntry]) -> list[FdbEntry]:
        """Return them by port and MAC; the kernel's own order is that of a hash."""
        return sorted(entries, key=lambda entry: (entry.ifname, entry.mac))

    def part(self, entry: FdbEntry) -> Part:
        """Return the database of one bridge or VXLAN device."""
        bridge, _ = self.key(entry)
        word = "br" if entry.master else "dev"
        return Part(
            f"fdb/{bridge}", f"bridge fdb show {word} {bridge}", lambda other: self.key(other)[0] == bridge
        )


FORWARDING = Forwarding(
    "fdb",
    "bridge fdb",
    (FdbEntry,),
    rank=60,
    by="kernel (learnt)",
    files={"fdb.json": ("bridge", "-j", "fdb")},
    always=True,
    usual=True,
    masks={
        "neighbours, forwarding": "Only what was written down is compared as a table; what is learnt shows in "
        "the deciding lines. A bridge's own MAC is left out: not every kernel lists it.",
    },
)
