"""Network devices (``ip -d link show``)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from packetwalk.tables.devices import kind_of
from packetwalk.tables.drawing import Around, Pick
from packetwalk.tables.printed import Object, as_text, objects
from packetwalk.tables.table import Contents, Files, Recorded, Section, Sides, Table


def in_order_of_making(links: Iterable[LinkEntry]) -> list[LinkEntry]:
    """Return devices so that each comes after what it needs: bridges before ports, tunnels last."""
    return sorted(links, key=lambda link: (kind_of(link.kind).late, link.master is not None))


class LinkEntry(NamedTuple):
    """A network device (``ip -d link show``).

    ``kind`` is one of ``packetwalk.tables.devices``, ``eth`` for a node's own NIC, or ``lo``; ``address`` is
    empty for devices without a MAC.  A ``vxlan`` without a ``vni`` is told the network with each packet;
    ``port`` is a tunnel's UDP port, ``fwmark`` the mark that a WireGuard device puts on its own packets, ``key``
    its public key.
    ``peer`` is (netns, device) of a veth's other end.  For ``eth``, ``segment`` names the
    Ethernet segment the NIC is plugged into, ``carries`` how long an IP packet may be, in bytes, that the segment
    takes from it and gives to it: what is longer is lost there, for a switch tells nobody.  ``mtu_by_hand`` says that somebody gave a bridge its MTU, so that
    it no longer follows its ports (BROPT_MTU_SET_BY_USER).  ``up`` is what ``ip link set up`` and ``down`` say;
    ``state`` and what follows are what ``bridge link`` says of a bridge's port.  ``creates`` is False for the end of a veth pair that
    the other end's command makes.
    """

    ifname: str
    kind: str
    mtu: int
    address: str
    master: str | None = None
    peer: tuple[str, str] | None = None
    segment: str | None = None
    hairpin: bool = False
    vni: int | None = None
    local: str | None = None
    link: str | None = None
    port: int | None = None
    creates: bool = True
    fwmark: int | None = None
    key: str | None = None
    mtu_by_hand: bool = False
    up: bool = True
    state: str = "forwarding"
    learning: bool = True
    flood: bool = True
    mcast_flood: bool = True
    bcast_flood: bool = True
    isolated: bool = False
    carries: int | None = None

    def __str__(self) -> str:
        master = [f"master {self.master}"] if self.master else []
        down = [] if self.up else ["state DOWN"]
        return " ".join([f"{self.ifname}: mtu {self.mtu}", *master, *down, *kind_of(self.kind).words(self)])

    def json(self) -> dict:
        """Return the members that ``ip -j -d link`` prints and that the model knows."""
        info = kind_of(self.kind).info(self)
        out: dict = {"ifname": self.ifname, "mtu": self.mtu}
        out |= {"address": self.address} if self.address else {}
        out |= {"master": self.master} if self.master else {}
        return out | ({"linkinfo": info} if info else {})

    def argv(self) -> list[list[str]]:
        """Return the commands that make this device; a veth is made with its peer."""
        return kind_of(self.kind).argv(self)


class Links(Table[LinkEntry]):
    """The devices of a namespace."""

    def key(self, entry: LinkEntry) -> str:
        """Return the device's name."""
        return entry.ifname

    def draw(self, pick: Pick, around: Around) -> list[str] | None:
        """Return ``ip link set`` or ``bridge link set``: MTU, MAC, down, and how a port behaves."""
        dev = pick.one_of(around.names)
        what = pick.one_of(("mtu", "address", "down", "port", "up"))
        if what == "port" and around.ports:
            flag = pick.one_of(
                ("hairpin", "learning", "flood", "isolated", "mcast_flood", "bcast_flood", "state")
            )
            value = pick.one_of(tuple("01234") if flag == "state" else ("on", "off"))
            return ["bridge", "link", "set", "dev", pick.one_of(around.ports), flag, value]
        if what == "mtu":
            return ["ip", "link", "set", dev, "mtu", str(pick.one_of((1400, 1450, 1480, 1500, 1300, 9000)))]
        if what == "address":
            return ["ip", "link", "set", dev, "address", pick.one_of((*around.macs, "02:00:00:00:00:99"))]
        return ["ip", "link", "set", dev, what if what == "up" else "down"]

    def read(self, files: Files) -> list[LinkEntry]:
        """Return the devices; only ``bridge -j -d link`` knows how a bridge's port behaves."""
        ports = {port["ifname"]: port for port in objects(files, "port.json")}
        return [_read(each, ports.get(each["ifname"], {})) for each in objects(files, "link.json")]

    def printed(self, netns: str, around: Mapping[str, Contents]) -> dict[str, str]:
        """Return the devices with their numbers and, of veth pairs, those of the other ends; a tunnel has no address."""
        links = around[netns].entries(self)
        every = {name: {each.ifname: each for each in held.entries(self)} for name, held in around.items()}
        devices = [
            {**_cable(link, netns, every), "address": "", **link.json(), **_flags(link)} for link in links
        ]
        ports = [each for each in map(_port, links) if len(each) > 1]
        return {"link.json": as_text(devices), "port.json": as_text(ports)}

    def sides(self, model: Contents, recorded: Recorded, played: Collection[str] = ()) -> Sides:
        """Return all devices but the loopback, and a ``tunl0`` that only the kernel has."""
        ours, theirs = (
            [each for each in held.entries(self) if each.kind != "lo"] for held in (model, recorded)
        )
        if FALLBACK not in {each.ifname for each in ours}:
            theirs = [each for each in theirs if each.ifname != FALLBACK]
        return Sides(*([_compared(each, each.ifname in played) for each in side] for side in (ours, theirs)))

    def sections(self, contents: Contents) -> list[Section]:
        """Return all devices but the loopback, which every namespace has."""
        links = [link for link in contents.entries(self) if link.kind != "lo"]
        return [Section(self.command, self.lines(links))]


LINKS = Links(
    "link",
    "ip -d link",
    (LinkEntry,),
    rank=10,
    files={"link.json": ("ip", "-j", "-d", "link"), "port.json": ("bridge", "-j", "-d", "link")},
    always=True,
    usual=True,
    masks={
        "links": "A node's card is a veth in namespaces. The numbers of devices are the kernel's own. "
        "Of a device with a stand-in only the name and the MTU are compared. A `tunl0` that nobody asked for is "
        "left out: the kernel makes one in each namespace as soon as it has the module.",
        "CNI plugins": "Where they attach the pods themselves, the name of a host end and the MACs, which they "
        "or the kernel draw at random, are set to the plan's before packets are sent.",
    },
)


FALLBACK = "tunl0"


def _compared(link: LinkEntry, played: bool) -> str:
    """Return a device as text: a node's NIC is a veth in the lab, a stand-in's has only its MTU."""
    if played:
        return f"{link.ifname} mtu {link.mtu}"
    kind = kind_of(link.kind)
    parts = [link.ifname, kind.lab or kind.name, f"mtu {link.mtu}", link.address, f"master {link.master}"]
    flags = [word for word, said in (("hairpin", link.hairpin), ("down", not link.up)) if said]
    return " ".join([*parts, *flags, *kind.compared(link)])


PORT = ("hairpin", "learning", "flood", "mcast_flood", "bcast_flood", "isolated")
"""How a bridge's port behaves, as ``bridge link`` names it; on or off."""
CARRIERLESS = "disabled"


def _flags(link: LinkEntry) -> dict[str, list[str]]:
    """Return the flags of a device that is down, or of a port that somebody has disabled; else they say nothing."""
    if not link.up:
        return {"flags": []}
    return {"flags": ["UP", "LOWER_UP"]} if link.master and link.state == CARRIERLESS else {}


def _port(link: LinkEntry) -> dict[str, Any]:
    """Return what ``bridge -j -d link`` says of a device that is a port, where it is not as usual."""
    usual = LinkEntry._field_defaults
    told = {name: getattr(link, name) for name in (*PORT, "state") if getattr(link, name) != usual[name]}
    return {"ifname": link.ifname, **told}


def _read(printed: Object, port: Object) -> LinkEntry:
    info = printed.get("linkinfo", {})
    kind = info.get("info_kind", "lo" if printed["ifname"] == "lo" else "eth")
    mac = printed.get("address", "") if printed.get("link_type") != "ipip" else ""  # that is its IP address
    members: dict[str, Any] = kind_of(kind).read(info.get("info_data", {}))
    members |= {name: bool(port[name]) for name in PORT if name in port}
    flags = printed.get("flags", ("UP",))
    up = "UP" in flags
    if "state" in port and (port["state"] != CARRIERLESS or "LOWER_UP" in flags):
        members["state"] = port["state"]  # a port without a carrier is disabled by itself
    link = LinkEntry(printed["ifname"], kind, printed["mtu"], mac, printed.get("master"), up=up)
    return link._replace(**members)


def _cable(link: LinkEntry, netns: str, around: Mapping[str, Mapping[str, LinkEntry]]) -> dict[str, Any]:
    """Return a device's number and, of a veth pair, its other end, as ``ip -j link`` names it."""
    out: dict[str, Any] = {"ifindex": numbers(netns, around[netns])[link.ifname]}
    if link.peer and link.peer[0] == netns:
        out["link"] = link.peer[1]
    elif link.peer and link.peer[0] in around:
        out["link_index"] = numbers(link.peer[0], around[link.peer[0]])[link.peer[1]]
    return out


def numbers(netns: str, links: Mapping[str, LinkEntry]) -> dict[str, int]:
    """Return the number of each device, counted in the order in which the netns lab makes them."""
    first = [link for kind in ("lo", "eth") for link in links.values() if link.kind == kind]
    made: list[LinkEntry] = []
    for link in in_order_of_making(link for link in links.values() if link not in first):
        other = links.get(link.peer[1]) if link.peer and link.peer[0] == netns else None
        if other is not None and link.creates:
            made += [other, link]
        elif other is None:
            made.append(link)
    return {link.ifname: number for number, link in enumerate([*first, *made], 1)}
