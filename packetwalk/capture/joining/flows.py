"""Frames grouped as the packets of a recording: one conversation each, whoever wraps or translates it on its way."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any, NamedTuple

from packetwalk import wire
from packetwalk.capture import identity
from packetwalk.capture.joining.taken import Captured
from packetwalk.capture.recording import Sent
from packetwalk.errors import BadInput
from packetwalk.tables import ConntrackEntry
from packetwalk.trace.packet import PROTOCOLS, Packet
from packetwalk.wire import Arp, Icmp, Ipv4

ALL = "all"
NEAR = 1_000_000_000  # nanoseconds within which equal packets are one, and before a packet somebody asks ARP for it
ECHO, REPLY = 8, 0
NAMES = {number: name for name, number in PROTOCOLS.items()}
HEADERS = {"icmp": 28, "udp": 28}  # bytes before the payload

Flow = tuple[int, frozenset]


class Flows(NamedTuple):
    """The packets of a recording, and how many frames are in none of them: encrypted ones, and other protocols."""

    sent: list[Sent]
    rest: int


def flows(
    seen: Sequence[Captured], connections: Iterable[ConntrackEntry], owners: Mapping[str, str]
) -> Flows:
    """Group frames, the first conversation first; ``owners`` are the namespaces by address.

    What a connection's two directions are called is known from conntrack, else from the packet that stays the same.
    Where frames are left that nobody can look into, the last packet, ``all``, has every frame.
    """
    same = _Same()
    for each in connections:
        there = _canonical(PROTOCOLS.get(each.protocol, 0), each.src, each.sport, each.dst, each.dport)
        back = _canonical(
            PROTOCOLS.get(each.protocol, 0),
            each.reply_src,
            each.reply_sport,
            each.reply_dst,
            each.reply_dport,
        )
        same.join(there, back)
    own = [_flow(each) for each in seen]
    _join_equal(seen, own, same)
    groups: dict[Hashable, list[int]] = {}
    for number, flow in enumerate(own):
        if flow is not None:
            groups.setdefault(same.of(flow), []).append(number)
    names: set[str] = set()
    out = []
    arp = [number for number, each in enumerate(seen) if each.packet and isinstance(each.packet[0], Arp)]
    for members in groups.values():
        asked = _asked(seen, members, arp)
        out.append(
            _sent(
                [seen[number] for number in members],
                [seen[n] for n in sorted({*members, *asked})],
                owners,
                names,
            )
        )
    rest = len(seen) - sum(map(len, groups.values())) - len(arp)
    if rest or not out:
        out.append(Sent(ALL, "", "", 0, Packet(), tuple(each.frame for each in seen)))
    return Flows(out, rest)


class _Same:
    """Flows that are one: each under the name of the first of them."""

    def __init__(self) -> None:
        self._first: dict[Hashable, Hashable] = {}

    def of(self, flow: Hashable) -> Hashable:
        while flow in self._first:
            flow = self._first[flow]
        return flow

    def join(self, one: Hashable, other: Hashable) -> None:
        one, other = self.of(one), self.of(other)
        if one != other:
            self._first[other] = one


def _canonical(protocol: int, src: str, sport: int, dst: str, dport: int) -> Flow:
    return protocol, frozenset(((src, sport), (dst, dport)))


def _flow(each: Captured) -> Hashable:
    """Return the conversation of a frame; None where it has none, or nobody can look inside."""
    if not each.packet or not isinstance(each.packet[0], Ipv4):
        return None
    head = each.packet[0]
    if head.offset:
        return "fragment", head.src, head.dst, head.id
    try:
        protocol, (src, sport, dst, dport) = identity.flow(each.packet)
    except (IndexError, ValueError):
        return None
    return _canonical(protocol, src, sport, dst, dport) if protocol in NAMES else None


def _join_equal(seen: Sequence[Captured], own: Sequence[Hashable], same: _Same) -> None:
    """Join the flows of a packet whose addresses are translated, and of the pieces of one."""
    last: dict[Hashable, tuple[int, Hashable, set]] = {}
    for each, flow in zip(seen, own, strict=True):
        if flow is None:
            continue
        head = each.packet[0]
        if head.fragment and not head.offset:
            same.join(flow, ("fragment", head.src, head.dst, head.id))
        if not isinstance(each.inner, tuple) or head.offset:
            continue
        ends, time_ns = {head.src, head.dst}, each.frame.time_ns
        before = last.get(each.inner[2])
        if before and time_ns - before[0] < NEAR and before[2] & ends and each.inner[2]:
            same.join(before[1], flow)
        last[each.inner[2]] = time_ns, flow, ends


def _asked(seen: Sequence[Captured], members: Sequence[int], arp: Sequence[int]) -> list[int]:
    """Return the frames of ARP that somebody on the way may have needed."""
    first, last = (seen[members[at]].frame.time_ns for at in (0, -1))
    addresses = {
        end for number in members for end in (seen[number].packet[0].src, seen[number].packet[0].dst)
    }
    return [
        number
        for number in arp
        if first - NEAR <= seen[number].frame.time_ns <= last
        and addresses & {seen[number].packet[0].spa, seen[number].packet[0].tpa}
    ]


def _sent(
    members: Sequence[Captured], frames: Sequence[Captured], owners: Mapping[str, str], names: set[str]
) -> Sent:
    """Return a group as a packet; who sent it is told where it is one question and its answers, as a program sends."""
    head = members[0].packet
    protocol, (src, sport, dst, dport) = identity.flow(head)
    proto = NAMES[protocol]
    port = dport if proto != "icmp" else 0
    name = _unique("-".join((proto, src, dst, *([str(port)] if port else []))), names)
    kept = tuple(each.frame for each in frames)
    sender = owners.get(src, "")
    questions = {each.packet[0].id for each in members if _asks(each.packet, src)}
    if sender and proto in HEADERS and len(questions) == 1 and _asks(head, src) and not head[0].fragment:
        try:
            packet = _packet(proto, head, sport)
        except BadInput:
            pass
        else:
            return Sent(name, sender, dst, port, packet, kept)
    return Sent(name, "", "", 0, Packet(), kept)


def _asks(packet: Sequence[Any], src: str) -> bool:
    return packet[0].src == src and not (isinstance(packet[1], Icmp) and packet[1].type != ECHO)


def _packet(proto: str, stack: Sequence[Any], sport: int) -> Packet:
    head, size = stack[0], wire.size(tuple(stack)) - HEADERS[proto]
    packet = Packet(proto=proto, size=size, df=head.df, ttl=head.ttl, tos=head.tos)
    return packet if proto == "icmp" else replace(packet, sport=sport)


def _unique(name: str, names: set[str]) -> str:
    """Return a name that no other has, and keep it."""
    found, number = name, 1
    while found in names:
        number += 1
        found = f"{name}.{number}"
    names.add(found)
    return found


def by_address(addresses: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the namespace that has each address, where it is one alone; (namespace, address) pairs are given."""
    found: dict[str, set[str]] = {}
    for netns, address in addresses:
        found.setdefault(str(IPv4Address(address)), set()).add(netns)
    return {address: next(iter(named)) for address, named in found.items() if len(named) == 1}
