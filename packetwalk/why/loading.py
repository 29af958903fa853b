"""A recording as a network of the model, with just the tables that were recorded."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from packetwalk.capture.order import End
from packetwalk.capture.recording import Place, Recording
from packetwalk.capture.stacked import standing
from packetwalk.datapath import client
from packetwalk.datapath.fabric import Fabric, NetnsPlan
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Paths, Run
from packetwalk.errors import BadInput
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment
from packetwalk.tables import (
    Absent,
    Entry,
    IptablesRule,
    LinkEntry,
    NeighEntry,
    NftRule,
    SocketEntry,
    SysctlEntry,
    every_table,
)
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.conntrack import CONNECTIONS
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.ip_rule import KERNELS
from packetwalk.tables.link import LINKS
from packetwalk.tables.socket import SOCKETS
from packetwalk.tables.sysctl import EVERY, FORWARD, SETTINGS
from packetwalk.tables.wireguard import PEERS
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Edit
from packetwalk.why.unread import Rule, put_aside
from packetwalk.why.wiring import Cables, cables, one_segment, plugged, segments

BY, ASSUMED = "recorded", "assumed"
FOLLOWED = ("lo", "eth", "veth", "bridge", "vxlan", "ipip", "dummy")
"""The kinds of devices that the model follows from what tools print of them."""
PROGRAMS = {
    "tun": "a program reads what goes into it",
    "openvswitch": "its flows were not recorded",
    "wireguard": "the endpoints of its peers were not recorded",
}
UNKNOWN = "a kind of device that is not followed"
TAKING = ("macvlan", "ipvlan", "macvtap")
"""Kinds of devices that take frames of the card on which they stand."""
(FORWARDING_FILE,) = FORWARDING.files
PASS_ON = ("node", "router")
"""Kinds of machines that forward, where nobody has recorded whether they do."""
UNANSWERED = ("FAILED", "INCOMPLETE")


@dataclass(frozen=True, eq=False)
class Loaded:
    """A recorded network in the model: the tables by namespace, and what is not known of it.

    ``opaque`` are the devices, by namespace and name, behind which nothing is known, each with the reason; ``below`` those
    whose frames another device may take; ``listens``
    says where the listening sockets were recorded; ``assumed`` are sockets that are taken to be there, ``edits`` what was done by hand since;
    ``unread`` are, by namespace, the rules that the model does not know all of, by those that stand in their place;
    ``beside`` is one that differs in some namespaces only.
    """

    recording: Recording
    plans: Mapping[str, NetnsPlan]
    segments: Mapping[str, Segment]
    cables: Cables
    opaque: Mapping[End, str]
    below: Mapping[End, str]
    listens: frozenset[str]
    settings: frozenset[str]
    unread: Mapping[str, Mapping[Rule, Rule]]
    assumed: frozenset[tuple[str, str, int]] = frozenset()
    edits: Mapping[str, Sequence[Edit]] = field(default_factory=dict)
    beside: tuple[Loaded, frozenset[str]] | None = None

    @cached_property
    def fabric(self) -> Fabric:
        """The namespaces as the data path meets them; cards answer for what they have, so any may be a changed one."""
        beside = (self.beside[0].fabric, self.beside[1]) if self.beside else None
        return Fabric(self._plan, self.segments, frozenset(self.plans), beside)

    def _plan(self, netns: str) -> NetnsPlan:
        plan = self.plans[netns]
        made = plan.operations
        for edit in self.edits.get(netns, ()):
            made = edit(made)
        sockets = [
            Operation(netns, SocketEntry(proto, port, ASSUMED), ASSUMED)
            for where, proto, port in sorted(self.assumed)
            if where == netns
        ]
        return plan._replace(operations=[*made, *sockets])

    def assuming(self, netns: str, proto: str, port: int) -> Loaded:
        """Return the same where somebody listens on a port."""
        return replace(
            self, assumed=self.assumed | {(netns, proto, port)}, beside=(self, frozenset((netns,)))
        )

    def edited(self, edits: Mapping[str, Sequence[Edit]]) -> Loaded:
        """Return the same with what was done by hand, namespace by namespace, instead of earlier such edits."""
        return replace(self, edits=dict(edits), beside=(self, frozenset(self.edits.keys() | edits.keys())))

    def untouched(self) -> Loaded:
        """Return the same, with a fabric of which no namespace was asked for yet."""
        return replace(self, beside=(self, frozenset()))

    def send(
        self,
        src: str,
        dst: str,
        packet: Packet,
        port: int = 0,
        *,
        paths: Paths = (),
        after: Run | None = None,
    ) -> Run:
        """Send one packet from a namespace to an address, as ``datapath.client.send``."""
        return client.send(self.fabric, src, dst, port, packet, paths=paths, after=after)

    @cached_property
    def pod_cables(self) -> frozenset[str]:
        """The nodes' ends of cables to pods, by name."""
        return frozenset(
            node for one, (netns, node) in self.cables.pairs.items() if self._joins(one[0], netns)
        )

    def _joins(self, pod: str, node: str) -> bool:
        return pod in self.plans and self.plans[pod].kind == "pod" and self.plans[pod].node == node

    @property
    def places(self) -> tuple[Place, ...]:
        """The recorded namespaces."""
        return self.recording.places


def load(recording: Recording) -> Loaded:
    """Put recorded tables into the model."""
    found = cables(recording)
    plans: dict[str, NetnsPlan] = {}
    opaque: dict[End, str] = {}
    cards: list[tuple[str, End]] = []
    ups = {(place.netns, link.ifname) for place in recording.places for link in place.entries(LINKS) if link.up}
    same = one_segment(recording)
    unread: dict[str, Mapping[Rule, Rule]] = {}
    for place in recording.places:
        kinds = {link.ifname: link.kind for link in place.entries(LINKS)}
        if "lo" not in kinds:
            raise BadInput(f"recording, tables of {place.netns}", "no device lo, which every namespace has")
        reasons = {link.ifname: _behind(place, link, kinds, found) for link in place.entries(LINKS)}
        opaque |= {(place.netns, dev): reason for dev, reason in reasons.items() if reason}
        links = [
            _enabled(_plugged(place, link, found, reasons[link.ifname], same), place.netns, ups)
            for link in place.entries(LINKS)
        ]
        cards += [(link.segment, (place.netns, link.ifname)) for link in links if link.segment]
        operations, aside = _operations(place, links)
        plans[place.netns] = NetnsPlan(place.node, place.kind, place.label, operations)
        unread |= {place.netns: aside} if aside else {}
    return Loaded(
        recording,
        plans,
        segments(cards),
        found,
        opaque,
        _below(recording),
        frozenset(place.netns for place in recording.places if SOCKETS.is_recorded(place.files)),
        frozenset(
            place.netns
            for place in recording.places
            if any(each.key == EVERY for each in place.entries(SETTINGS))
        ),
        unread,
    )


def _below(recording: Recording) -> dict[End, str]:
    """Return the devices on which others stand that take frames away from them, each with which."""
    return {
        below: f"{dev} of {netns} stands on it ({each.kind}: {PROGRAMS.get(each.kind, UNKNOWN)})"
        for (netns, dev), each in standing(recording).items()
        if each.kind in TAKING
        for below in each.below
    }


def _enabled(link: LinkEntry, netns: str, ups: Container[End]) -> LinkEntry:
    """Return a device that, as a port, is disabled only by itself: one of a bridge that is down, or without a carrier, forwards
    as soon as that is mended (``br_stp_enable_port``)."""
    if link.master is None or link.state != "disabled":
        return link
    needed = (netns, link.ifname), (netns, link.master), *([link.peer] if link.peer else [])
    return link if all(end in ups for end in needed) else link._replace(state="forwarding")


def _plugged(
    place: Place, link: LinkEntry, found: Cables, reason: str, same: Mapping[str, str]
) -> LinkEntry:
    """Return a device with what it is plugged into: its cable's other end, or a segment, which has one name for all (``same``)."""
    peer = found.pairs.get((place.netns, link.ifname))
    if reason and link.kind in FOLLOWED:
        link = link._replace(master=None)
    if link.kind not in FOLLOWED or (link.kind in ("eth", "veth") and not peer):
        own = plugged(place, link)
        segment = f"behind {link.ifname} in {place.netns}" if reason else same.get(own, own)
        return link._replace(kind="eth", segment=segment)
    return link._replace(peer=peer)


def _behind(place: Place, link: LinkEntry, kinds: Mapping[str, str], found: Cables) -> str:
    """Return why it is not known what becomes of a frame at a device; nothing where the model follows it."""
    if link.kind not in FOLLOWED:
        return f"{link.kind}: {PROGRAMS.get(link.kind, UNKNOWN)}"
    if link.kind == "vxlan" and (link.port is None or FORWARDING_FILE in place.missing):
        return (
            "vxlan: its number, port and forwarding entries were not recorded, for the tools there tell none"
        )
    if link.master:
        kind = kinds.get(link.master, "")
        return (
            "" if kind == "bridge" else f"a port of {link.master}, of the kind {kind}, which is not followed"
        )
    peer = found.pairs.get((place.netns, link.ifname))
    if peer and peer[0] == place.netns and not _addressed(place, link):
        return "no address and no bridge is there: a program may read its frames"
    return ""


def _addressed(place: Place, link: LinkEntry) -> bool:
    return any(each.dev == link.ifname for each in place.entries(ADDRESSES))


def _operations(place: Place, links: Iterable[LinkEntry]) -> tuple[list[Operation], Mapping[Rule, Rule]]:
    """Return what makes a namespace's tables as they were recorded, and the rules in whose place others stand; what the kernel
    would add and was not there is absent."""
    written: list[Any] = list(links)
    for table in every_table():
        if table not in (LINKS, CONNECTIONS, PEERS):
            written += [
                each for each in place.entries(table) if not _unanswered(each) and each not in KERNELS
            ]
    if is_taken_to_forward(place):
        written.append(SysctlEntry(FORWARD, "1"))
    unread: Mapping[Rule, Rule] = {}
    try:
        try:
            own = _made(place, written)
        except ValueError:
            bare = [each for each in written if not isinstance(each, IptablesRule | NftRule)]
            written, unread = put_aside(written, _made(place, bare))
            own = _made(place, written)
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(f"recording, tables of {place.netns}", str(error)[:200]) from None
    gone = (
        entry
        for table in every_table()
        if table is not FORWARDING and table.files.keys() & place.files.keys()
        for entry in _gone(place, own, table)
    )
    absent = (Operation(place.netns, Absent(entry), BY) for entry in gone)
    return [*(Operation(place.netns, entry, BY) for entry in written), *absent], unread


def _made(place: Place, written: Iterable[Any]) -> Netns:
    made = [Operation(place.netns, entry, BY) for entry in written]
    return Netns(place.netns, place.node, place.kind, place.label, made)


def is_taken_to_forward(place: Place) -> bool:
    """Say whether no setting of a machine was recorded, so that it is taken to forward as machines of its kind do."""
    return place.kind in PASS_ON and not SETTINGS.is_recorded(place.files)


def _gone(place: Place, own: Netns, table: Any) -> list[Entry]:
    there = set(place.entries(table))
    return [each for each in own.entries(table) if own.origin[each][0] == "kernel" and each not in there]


def _unanswered(entry: Any) -> bool:
    """Say whether it is a neighbour that did not answer: whoever asks now asks again."""
    return isinstance(entry, NeighEntry) and (not entry.lladdr or entry.state in UNANSWERED)
