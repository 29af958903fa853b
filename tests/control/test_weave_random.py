"""Deeds drawn at random in Weave Net's mesh: no address has two owners, the ring is whole, and in the end all is as planned."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import pytest

from packetwalk.cni.weave import NETWORK, mesh
from packetwalk.control.deeds import PlannedDeed
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, Message, Timeline
from packetwalk.tables import (
    AddrEntry,
    BroadcastEntry,
    ConnectionEntry,
    FailedEntry,
    IpSet,
    MeshPeerEntry,
    RingEntry,
    UnicastEntry,
)
from packetwalk.walks.network import PluggableCluster
from packetwalk.walks.scenario import network
from packetwalk.wire.address import ipv4_to_int

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
PODS = {"a": "kind-worker", "b": "kind-worker2", "coredns": "kind-control-plane"}
AUTHORS = {"weaver", "weave expose", "weave-net plugin", "weave-ipam", "weave-npc", "host firewall"}
LONGER = 520  # seconds until everything that waits has been tried again
AT_A_TIME = 250
PLANNED = (
    AddrEntry,
    ConnectionEntry,
    FailedEntry,
    MeshPeerEntry,
    RingEntry,
    UnicastEntry,
    BroadcastEntry,
    IpSet,
)


class Removal(NamedTuple):
    """A node that was removed by ``weave rmpeer`` at a time, the places on it, and when it boots again."""

    begin: int
    end: int
    places: tuple[str, ...]

    def excuses(self, change: LineChange, owner: str | None) -> bool:
        """Whether an address that is given twice is one of its old ones."""
        return self.begin <= change.at <= self.end and not {change.node, owner}.isdisjoint(self.places)


class Drawing:
    """Deeds that can be done one after another, and what has to be done to make all well again."""

    def __init__(self, seed: str) -> None:
        self.chance, self.at = random.Random(seed), 0.0
        self.deeds: list[PlannedDeed] = []
        self.ended: dict[str, float] = {}
        self.cut: set[tuple[str, ...]] = set()
        self.pods = {"a2": True, "b2": True, "coredns2": True}
        for _ in range(self.chance.randint(1, 10)):
            self.at += self.chance.choice((0, 0.001, 0.3, 1.5, 2.5, 7, 31, 44, 61, 75))
            self.draw()

    def do(self, verb: str, *words: str) -> None:
        self.deeds.append(PlannedDeed(round(self.at * SECOND), verb, words))

    def draw(self) -> None:
        node, other = self.chance.sample(NODES, 2)
        verb = self.chance.choice(("kill", "stop", "start", "cut", "mend", "link", "pod"))
        if verb in ("kill", "stop") and node not in self.ended:
            self.ended[node] = self.at
            self.do(verb, node)
        elif verb == "start" and node in self.ended:
            self.start(node)
        elif verb in ("cut", "mend", "link"):
            which = tuple(sorted((node, other))) if verb == "link" or self.chance.random() < 0.3 else (node,)
            (self.cut.discard if which in self.cut else self.cut.add)(which)
            self.do("cut" if which in self.cut else "mend", *which)
        elif verb == "pod":
            self.pod(self.chance.choice(sorted(self.pods)))

    def up(self, node: str) -> bool:
        """Whether a node's weaver runs and listens."""
        return node not in self.ended and all(
            each.verb != "start" or each.words != (node,) or self.at - each.at / SECOND > 0.5
            for each in self.deeds
        )

    def start(self, node: str) -> None:
        del self.ended[node]
        self.do("start", node)

    def pod(self, name: str) -> None:
        """End a pod or start it, where that can be done, and give it the time that it needs."""
        if self.up(PODS[name[:-1]]):
            self.do("pod-ends" if self.pods[name] else "pod", name)
            self.pods[name] = not self.pods[name]
            self.at += 1

    def mended(self) -> tuple[PlannedDeed, ...]:
        """Return all deeds, with those that make all well again."""
        self.at += 1
        for which in sorted(self.cut):
            self.do("mend", *which)
        for node in sorted(self.ended):
            self.start(node)
        self.at += 1
        for name, there in sorted(self.pods.items()):
            if not there:
                self.pod(name)
        return tuple(self.deeds)


def planned(net, dialled: set[frozenset[int]]) -> Iterator[tuple[str, Any]]:
    """Yield what Weave Net's programs write by the plan, which node made which connection left to chance."""
    cluster, mode = net.cluster, net.mode.name
    for node in net.nodes:
        mtu = next(each.entry.mtu for each in net.plan(node.name) if str(each.entry).startswith("weave:"))
        links = mesh.MeshState(mtu, backwards=frozenset(dialled))
        for each in (
            *mesh.WITHOUT(cluster, node, net.plan(node.name)),
            *mesh.plan(cluster, mode, node, links),
        ):
            if each.by in AUTHORS and isinstance(each.entry, PLANNED):
                yield each.netns, _unversioned(each.entry)


def _unversioned(entry: Any) -> Any:
    """Return an entry without how often its owner has changed it, which the plan cannot know."""
    if isinstance(entry, MeshPeerEntry):
        return entry._replace(more=0)
    return entry._replace(version=0) if isinstance(entry, RingEntry) else entry


def backwards(net, found: Timeline) -> set[frozenset[int]]:
    """Return the pairs whose connection was made by the node that came earlier."""
    out = set()
    index = {mesh.peer_name(node): node.index for node in net.nodes}
    for node in net.nodes:
        for entry in found.tables(found.until)[node.name]:
            if isinstance(entry, ConnectionEntry):
                there = index[entry.peer]
                if (entry.port == mesh.PORT) != (node.index > there):
                    out.add(frozenset((node.index, there)))
    return out


def check(found: Timeline, seed: str, removed: Sequence[Removal] = ()) -> None:
    """See that at no moment an address has two owners, and that each ring covers the whole range once.

    A node that was removed and has not booted again is not asked: what it gave away is another's now.
    """
    rings: dict[str, set[RingEntry]] = {}
    owners: dict[str, str] = {}
    events = [
        *(LineChange(-1, node, by, entry, True, "") for node, entry, by in found.initial),
        *found.of(LineChange),
    ]
    for number, each in enumerate(events):
        if isinstance(each.entry, AddrEntry):
            if not each.added:
                owners.pop(each.entry.local, None)
            elif not any(one.excuses(each, owners.get(each.entry.local)) for one in removed):
                assert owners.setdefault(each.entry.local, each.node) == each.node, (seed, each)
        if isinstance(each.entry, RingEntry):
            there = rings.setdefault(each.node, set())
            (there.add if each.added else there.discard)(each.entry)
        last = number + 1 == len(events) or events[number + 1].at != each.at
        for node, ring in rings.items() if last else ():
            parts = sorted((ipv4_to_int(part.token), part.size) for part in ring)
            if parts:
                assert parts[0][0] == int(NETWORK.network_address), (seed, node)
                ends = [start + size for start, size in parts]
                assert ends[:-1] == [start for start, _ in parts[1:]], (seed, node, each)
                assert ends[-1] == int(NETWORK.broadcast_address) + 1, (seed, node)
    assert {each.by for each in found.of(LineChange)} <= AUTHORS, seed
    assert [each.at for each in found.events] == sorted(each.at for each in found.events), seed
    assert all(each.until is None or each.until > each.at for each in found.of(Message)), seed


@pytest.mark.parametrize("part", range(4))
def test_whatever_happens_all_is_as_planned_when_all_is_well_again(part: int) -> None:
    net = network("weave", "sleeve")
    for number in range(AT_A_TIME):
        seed = f"{part} {number}"
        deeds = Drawing(seed).mended()
        until = (deeds[-1].at if deeds else 0) + LONGER * SECOND
        found = timeline(net, deeds, until, seed)
        check(found, seed)
        then = {
            (place, _unversioned(entry))
            for place, lines in found.tables(until).items()
            for entry in lines
            if isinstance(entry, PLANNED)
        }
        plan = set(planned(net, backwards(net, found)))
        assert then == plan and len(plan) > 60, (seed, deeds, then ^ plan)


class RingDrawing:
    """Deeds that move ranges: nodes that are full, pods that start there, peers that are removed and boot again."""

    def __init__(self, seed: str) -> None:
        self.chance, self.at = random.Random(seed), 0.0
        self.deeds: list[PlannedDeed] = []
        self.removed: list[Removal] = []
        self.waiting = {f"{name}{number}": node for name, node in PODS.items() for number in (3, 4)}
        self.running: dict[str, str] = {}
        for _ in range(self.chance.randint(2, 9)):
            self.at += self.chance.choice((0.5, 1, 4, 33))
            verb = self.chance.choice(("fill", "pod", "pod", "pod", "pod-ends", "remove", "link"))
            getattr(self, verb.replace("-", "_"))(*self.chance.sample(NODES, 2))

    def do(self, verb: str, *words: str) -> None:
        self.deeds.append(PlannedDeed(round(self.at * SECOND), verb, words))

    def fill(self, node: str, _: str) -> None:
        self.do("fill", node)

    def pod(self, *_: str) -> None:
        if self.waiting:
            name = self.chance.choice(sorted(self.waiting))
            self.do("pod", name)
            self.running[name] = self.waiting.pop(name)
            self.at += 20  # a gift may be asked for twice

    def pod_ends(self, *_: str) -> None:
        name = self.chance.choice(("a2", "b2", "coredns2"))
        if not any(each.words == (name,) for each in self.deeds) and not self.removed:
            self.do("pod-ends", name)

    def remove(self, node: str, other: str) -> None:
        """Kill a node's weaver, let another take its ranges over, and boot it anew."""
        self.do("kill", node)
        self.at += 5
        begin = self.at
        self.do("rmpeer", other, node)
        self.at += self.chance.choice((3, 40))
        self.do("start-afresh", node)
        pods = [name for name, at in (*PODS.items(), *self.running.items()) if at == node]
        places = (node, *pods, *(f"{name}2" for name in pods if name in PODS))
        self.removed.append(Removal(round(begin * SECOND), round(self.at * SECOND) + 1, places))
        self.at += 70
        for name in [name for name, at in self.running.items() if at == node]:
            self.waiting[name] = self.running.pop(name)

    def link(self, node: str, other: str) -> None:
        """Cut a link for longer than anybody waits, and mend it."""
        self.do("cut", node, other)
        self.at += self.chance.choice((5, 66))
        self.do("mend", node, other)
        self.at += 140


@pytest.mark.parametrize("part", range(4))
def test_ranges_that_are_given_and_taken_over_are_nobodys_twice(part: int) -> None:
    net = PluggableCluster(3, 4).use("weave", "sleeve")
    owners = set()
    for number in range(AT_A_TIME // 4):
        seed = f"ring {part} {number}"
        drawing = RingDrawing(seed)
        until = round((drawing.at + 70) * SECOND)
        found = timeline(net, tuple(drawing.deeds), until, seed)
        check(found, seed, drawing.removed)
        rings = [
            {
                (each.token, each.size, each.peer)
                for each in found.tables(until)[node]
                if isinstance(each, RingEntry)
            }
            for node in NODES
        ]
        assert rings[0] == rings[1] == rings[2], (seed, [str(each) for each in drawing.deeds], rings)
        owners.add(len(rings[0]))
    assert len(owners) > 2, owners


def test_the_same_deeds_give_the_same_timeline() -> None:
    net = network("weave", "fastdp")
    once, again = (timeline(net, Drawing("again").mended(), 900 * SECOND, "") for _ in range(2))
    assert once == again and len(once.events) > 100
