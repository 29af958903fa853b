"""Pods and addresses drawn at random, in every mode of Calico: nobody has another's address, and in the end all is as planned."""

from __future__ import annotations

import random

import pytest

from packetwalk.cni.calico.plan import block_operations
from packetwalk.control.calico.filled import FilledCluster, Home, begun, fillers
from packetwalk.control.calico.ipam import Assigned
from packetwalk.control.deeds import PlannedDeed, read
from packetwalk.control.running import CONTROL_PLANES, cluster, timeline
from packetwalk.control.timeline import API, SECOND, ApiObject, LineChange, Message, Timeline
from packetwalk.tables import FdbEntry, NeighEntry, RouteEntry, WireguardPeer

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
AUTHORS = {"BIRD", "Felix", "calico CNI plugin", "kernel", *(f"calico-ipam on {node}" for node in NODES)}
MODES = [mode for plugin, mode in CONTROL_PLANES if plugin == "calico"]
WITH_BIRD = {"bgp", "ipip", "ipip-crosssubnet", "wireguard"}
WHAT = ("add", "add", "add", "add", "remove", "remove", "fill", "strict", "trouble", "trouble")
LONGER = 400  # seconds until everything that waits has ended
AT_A_TIME = 170
FIRST = PlannedDeed(0, "strict", ("off",))  # so that there is a small pool, whatever is drawn
PLANNED = RouteEntry | NeighEntry | FdbEntry | WireguardPeer


class Drawing:
    """Deeds that can be done one after another, with the pool that they make, and those that make all well again."""

    def __init__(self, mode: str, seed: str) -> None:
        self.chance, self.at, self.mode = random.Random(seed), 0.0, mode
        self.pool, self.homes = begun(mode), {}
        self.deeds: list[str] = []
        self.felix, self.birds, self.cut = set(NODES), set(NODES), set()
        self.strict_on = False
        self.lent: set[str] = set()  # pods that have had an address of another node's block
        for number in range(self.chance.randint(1, 20)):
            self.at += self.chance.choice((0, 0.05, 0.2, 0.41, 2, 7, 65))
            getattr(self, self.chance.choice(WHAT))(number)
        self.mend()

    def do(self, *words: object) -> int:
        """Note a deed; return when it is done, in microseconds."""
        self.deeds.append(f"{self.at:.4f} {' '.join(map(str, words))}")
        return read(self.deeds[-1:])[0].at

    def add(self, number: int) -> None:
        node, name = self.chance.choice(NODES), f"p{number}"
        self.pool, got = self.pool.give(node, name, self.do("add", node, name))
        if isinstance(got, Assigned):
            self.homes[name] = Home(node, got.address)
            if got.borrowed:
                self.lent.add(name)

    def remove(self, _: int) -> None:
        if self.homes:
            name = self.chance.choice(sorted(self.lent & self.homes.keys() or self.homes))
            self.do(self.chance.choice(("del", "pod-ends")), name)
            self.pool = self.pool.release(name)
            del self.homes[name]

    def fill(self, _: int) -> None:
        node, count = self.chance.choice(NODES), self.chance.choice((1, 3, 9, 21, 26))
        at = self.do("fill", node, count)
        for handle in fillers(node, at, count):
            self.pool, _got = self.pool.give(node, handle, at)

    def strict(self, _: int) -> None:
        self.strict_on = not self.strict_on
        self.do("strict", "on" if self.strict_on else "off")
        self.pool = self.pool._replace(strict=self.strict_on)

    def trouble(self, _: int) -> None:
        """End or start a program, or cut a wire or mend it."""
        node, what = self.chance.choice(NODES), self.chance.choice(("felix", "bird", "wire"))
        if what == "felix":
            self.do("felix-ends" if node in self.felix else "felix-starts", node)
            self.felix ^= {node}
        elif what == "wire":
            self.do("mend" if node in self.cut else "cut", node)
            self.cut ^= {node}
        elif self.mode in WITH_BIRD:
            self.do(self.chance.choice(("kill", "stop")) if node in self.birds else "start", node)
            self.birds ^= {node}

    def mend(self) -> None:
        self.at += 1
        for node in sorted(self.cut):
            self.do("mend", node)
        for node in sorted(set(NODES) - self.felix):
            self.do("felix-starts", node)
        for node in sorted(set(NODES) - self.birds):
            self.do("start", node)

    @property
    def borrows(self) -> bool:
        """Whether a node has an address of another's block in the end."""
        return any(each.node != block.owner for block in self.pool.blocks for each in block.held)

    def planned(self) -> set[tuple[str, object]]:
        """Return the lines about blocks and pods that the plan of this pool has."""
        net = FilledCluster(self.homes, self.pool).use("calico", self.mode)
        blocks = {
            (node.name, each.entry)
            for node in net.nodes
            for each in block_operations(net.cluster, self.mode, node)
        }
        pods = {
            (each.netns, each.entry)
            for node in net.nodes
            for each in net.plan(node.name)
            if each.peer in self.homes and each.netns == node.name and isinstance(each.entry, RouteEntry)
        }
        return blocks | pods


def owned_once(found: Timeline, seed: str) -> None:
    """See that at no moment two pods have the route of one address, each on its node, and no block two owners."""
    here: dict[str, set[RouteEntry]] = {}
    blocks: dict[str, str] = {}
    for each in found.of(LineChange):
        entry = each.entry
        if isinstance(entry, RouteEntry) and entry.dev.startswith("cali"):
            there = here.setdefault(entry.dst, set())
            (there.add if each.added else there.discard)(entry._replace(metric=0))
            assert len(there) <= 1, (seed, each)
        if isinstance(entry, ApiObject):
            network, _, owner = entry.text.partition(":")[0].partition(" of ")
            if not each.added:
                blocks.pop(network, None)
            else:
                assert blocks.setdefault(network, owner) == owner, (seed, each)


@pytest.mark.parametrize("mode", MODES)
def test_whatever_happens_all_is_as_planned_when_all_is_well_again(mode: str) -> None:
    seen: set[str] = set()
    borrowed, gone = 0, 0
    for number in range(AT_A_TIME):
        seed = f"filling {mode} {number}"
        drawing = Drawing(mode, seed)
        deeds = (FIRST, *read(drawing.deeds))
        until = deeds[-1].at + LONGER * SECOND
        found = timeline(cluster("calico", mode, deeds), deeds, until, seed)
        then = {
            (node, entry)
            for node, lines in found.tables(until).items()
            for entry in lines
            if node != API and isinstance(entry, PLANNED)
        }
        plan = drawing.planned()
        assert then == plan, (seed, drawing.deeds, then ^ plan)
        owned_once(found, seed)
        assert {each.by for each in found.of(LineChange)} <= AUTHORS, seed
        assert [each.at for each in found.events] == sorted(each.at for each in found.events), seed
        assert all(each.until is None or each.until > each.at for each in found.of(Message)), seed
        seen |= {each.verb for each in deeds}
        borrowed += drawing.borrows
        gone += len(drawing.lent - drawing.homes.keys())
    assert seen >= {"add", "del", "fill", "strict", "felix-ends", "cut"}
    assert min(borrowed, gone) > 5
