"""Who is plugged into whom: the cables between recorded namespaces, and the segments outside of them.

``ip -j link`` names the other end of a cable by its number in a namespace that it does not name.  Two ends that name
each other may still be no pair; then a route, a neighbour, a forwarding entry or a frame tells which are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Interface
from itertools import combinations
from typing import NamedTuple

from packetwalk.capture.order import End, Wiring
from packetwalk.capture.recording import Place, Recording
from packetwalk.plan.segment import Segment
from packetwalk.tables import LinkEntry
from packetwalk.tables.address import ADDRESSES
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.link import LINKS
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.tables.route import ROUTES

SEEN, WRITTEN, MET = 8, 4, 2
"""What counts for a pair: a frame that went over it, a route or forwarding entry, a neighbour."""


class Cables(NamedTuple):
    """The pairs that are known, each from both its ends; the ends of which it is not known, with what they could be."""

    pairs: Mapping[End, End]
    doubtful: Mapping[End, tuple[End, ...]]


def cables(recording: Recording) -> Cables:
    """Return which devices are the two ends of a cable, the surest pairs first."""
    wiring = Wiring(recording)
    node = {place.netns: place.node for place in recording.places}
    veths = [end for end, kind in wiring.kinds.items() if kind == "veth"]
    possible = [
        two for two in combinations(veths, 2) if node[two[0][0]] == node[two[1][0]] and wiring.pair(*two)
    ]
    facts = _Facts(recording)
    by_sureness: dict[int, list[tuple[End, End]]] = {}
    for two in possible:
        by_sureness.setdefault(facts.of(*two), []).append(two)
    found: dict[End, End] = {}
    doubtful: dict[End, tuple[End, ...]] = {}
    for sureness in sorted(by_sureness, reverse=True):
        free = [two for two in by_sureness[sureness] if not any(end in found for end in two)]
        for one, other in free:
            rivals = {end for two in free if (one in two) != (other in two) for end in two} - {one, other}
            if rivals:
                doubtful[one] = doubtful[other] = tuple(sorted(rivals | {one, other}))
            else:
                found |= {one: other, other: one}
    return Cables(found, {end: others for end, others in doubtful.items() if end not in found})


class _Facts:
    """What tables and frames tell of two devices that name each other."""

    def __init__(self, recording: Recording) -> None:
        self._place = {place.netns: place for place in recording.places}
        self._macs = {
            (place.netns, link.ifname): link.address
            for place in recording.places
            for link in place.entries(LINKS)
        }
        self._crossed = {
            frozenset(((one.netns, one.dev), (other.netns, other.dev)))
            for sent in recording.sent
            for one, other in _equal(sent.frames)
        }

    def of(self, one: End, other: End) -> int:
        """Return how sure it is that two ends are one cable; 0 where nothing but their numbers says so."""
        seen = SEEN if frozenset((one, other)) in self._crossed else 0
        told = self._told(one, other) + self._told(other, one)
        return seen + told - sum(self._leads_out(*end) for end in (one, other))

    def _leads_out(self, netns: str, dev: str) -> bool:
        """Say whether a node's own way out is by a device: that is no cable to a pod."""
        place = self._place[netns]
        return place.kind != "pod" and any(
            route.dst == "default" and route.dev == dev for route in place.entries(ROUTES)
        )

    def _told(self, here: End, there: End) -> int:
        """Return what the tables on one side say of the other."""
        (netns, dev), (far, far_dev) = here, there
        place, mac = self._place[netns], self._macs[there]
        addresses = {each.local for each in self._place[far].entries(ADDRESSES) if each.dev == far_dev}
        routed = any(route.dev == dev and route.dst in addresses for route in place.entries(ROUTES))
        owned = any(entry.ifname == dev and entry.mac == mac for entry in place.entries(FORWARDING))
        met = any(each.dev == dev and each.lladdr == mac for each in place.entries(NEIGHBOURS))
        return WRITTEN * routed + WRITTEN * owned + MET * met


def _equal(frames: Iterable) -> Iterable[tuple]:
    """Yield frames that left by one device and, with the same bytes, came in by another."""
    left: dict[bytes, list] = {}
    for frame in frames:
        if frame.direction == "out":
            left.setdefault(frame.data, []).append(frame)
        else:
            yield from ((one, frame) for one in left.get(frame.data, ()) if one.netns != frame.netns)


def plugged(place: Place, link: LinkEntry) -> str:
    """Return the segment that a card is plugged into: its subnet, or its bridge's; one of its own where it has none."""
    for dev in (link.ifname, link.master):
        for address in place.entries(ADDRESSES):
            if address.dev == dev:
                return str(IPv4Interface(f"{address.local}/{address.prefixlen}").network)
    return f"the cable of {link.ifname} in {place.netns}"


def one_segment(recording: Recording) -> dict[str, str]:
    """Return of segments that are one which name they have: whose card a neighbour's MAC is, whatever subnet it was given, is
    on the neighbour's segment."""
    of = {
        link.address: plugged(place, link)
        for place in recording.places
        for link in place.entries(LINKS)
        if place.kind != "pod" and any(each.dev == link.ifname for each in place.entries(ADDRESSES))
    }
    found: dict[str, str] = {}
    for place in recording.places if len(set(of.values())) > 1 else ():
        links = {link.ifname: link for link in place.entries(LINKS)}
        for met in place.entries(NEIGHBOURS):
            card, here = of.get(met.lladdr or ""), links.get(met.dev)
            if card is None or here is None or here.kind not in ("eth", "veth") or place.kind == "pod":
                continue
            one, other = (_named(found, name) for name in (card, plugged(place, here)))
            if one != other:
                found[max(one, other, key=_length)] = min(one, other, key=_length)
    return {name: _named(found, name) for name in found}


def _named(found: Mapping[str, str], name: str) -> str:
    while name in found:
        name = found[name]
    return name


def _length(segment: str) -> int:
    """Return how narrow a segment is, by the length of its prefix; one without a subnet is the narrowest."""
    _, slash, length = segment.rpartition("/")
    return int(length) if slash and length.isdigit() else 33


def segments(cards: Iterable[tuple[str, End]]) -> dict[str, Segment]:
    """Return the segments by name, with the cards that are plugged into them; their MACs are asked of them, not of this."""
    out: dict[str, dict[str, End]] = {}
    for segment, end in cards:
        out.setdefault(segment, {})[" ".join(end)] = end
    return {name: Segment(ends, {}) for name, ends in out.items()}
