"""Calico with a small pool: calico-ipam gives out addresses, claims blocks and borrows, and BIRD tells of it."""

from __future__ import annotations

import re
from functools import partial
from ipaddress import IPv4Network

from packetwalk.control.bgp.speaker import METRIC, SpeakerNode
from packetwalk.control.bgp.timers import LEARNT
from packetwalk.control.calico.attachment import Attachment
from packetwalk.control.calico.filled import SMALL, fillers
from packetwalk.control.calico.ipam import Assigned, Block, Holding
from packetwalk.control.calico.programs import CONFD, CalicoControl
from packetwalk.control.deeds import Verbs, switch
from packetwalk.control.timeline import API, ApiObject, Lane
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.walks.network import Network

IPAM = "calico-ipam"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # a label of RFC 1123


class FillingControl(CalicoControl):
    """All programs of a cluster whose pods come one by one; ``network`` is one of ``filled``."""

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """No pod is there yet, and no block is claimed."""
        coming = pending & frozenset(node.name for node in network.nodes)
        super().__init__(world, network, coming | {pod.name for pod in network.pods}, ended)
        self._pool = SMALL
        self._had: set[str] = set()  # names of pods that got an address
        self._told: dict[IPv4Network, Block] = {}
        world.tables[API] = {}

    def _machine(self, name: str) -> SpeakerNode:
        return super()._machine(name)._replace(blocks=())

    def verbs(self) -> Verbs:
        """Return what can be done, by the words for it."""
        return {
            **super().verbs(),
            "add": (self.add, ("NODE", "POD")),
            "del": (self.remove, ("POD",)),
            "pod-ends": (self.remove, ("POD",)),
            "fill": (self.fill, ("NODE", "COUNT")),
            "strict": (self.strict, ("on|off",)),
        }

    def lanes(self) -> tuple[Lane, ...]:
        """Return who is seen; the API holds blocks, and on each node calico-ipam asks for them."""
        others = super().lanes()
        own = ((Lane(name, IPAM), *(lane for lane in others if lane.node == name)) for name in self.nodes)
        return Lane(API, "datastore"), *(lane for lanes in own for lane in lanes)

    # --- deeds ----------------------------------------------------------------------------------------

    def add(self, node: str, name: str) -> None:
        """A container runtime asks for a pod's address."""
        if name in self._had:
            raise BadInput("pod to add", name, ["a name that no pod has had"])
        if name in (*self.nodes, ROUTER, INTERNET) or not NAME.fullmatch(name):
            raise BadInput("pod to add", name, ["small letters, digits and -, and no machine's name"])
        self.world.deed(self._node(node), f"CNI ADD of {name} on {node}")
        self._pool, got = self._pool.give(node, name, self.world.now)
        if not isinstance(got, Assigned):
            self.world.state(Lane(node, IPAM), f"code 999: {got.why}")
            return
        self._had.add(name)
        whose = f", borrowed from {got.borrowed}" if got.borrowed else ""
        self.world.state(Lane(node, IPAM), f"{got.address} for {name}{whose}")
        self._tell_blocks(f"{IPAM} on {node}")
        self._add(self._pods[name])

    def remove(self, name: str) -> None:
        """A pod goes: its address goes to the end of its block's list."""
        handles = {each.handle for each in self._pool.holders().values()}
        held = [each for each in self._pods if each in handles]
        if name not in held:
            raise BadInput("pod to remove", name, held or ["none there now"])
        pod = self._pods[name]
        self.world.deed(pod.node, f"CNI DEL of {name}")
        self._pool = self._pool.release(name)
        self._tell_blocks(f"{IPAM} on {pod.node}")
        self._remove(pod)

    def fill(self, node: str, count: str) -> None:
        """Take addresses by calico-ipam alone, for nobody."""
        most = SMALL.network.num_addresses
        if not count.isdecimal() or not 1 <= int(count) <= most:
            raise BadInput("number of addresses", count, [f"1 to {most}"])
        self.world.deed(self._node(node), f"{IPAM} on {node} is asked for addresses: {int(count)}")
        for handle in fillers(node, self.world.now, int(count)):
            self._pool, got = self._pool.give(node, handle, self.world.now)
            if not isinstance(got, Assigned):
                self.world.state(Lane(node, IPAM), f"code 999: {got.why}")
        self._tell_blocks(f"{IPAM} on {node}")

    def strict(self, word: str) -> None:
        """Set ``strictAffinity`` of IPAMConfig."""
        self._pool = self._pool._replace(strict=switch(word))
        self.world.deed("", f"IPAMConfig.strictAffinity: {str(self._pool.strict).lower()}")

    # --- what follows ----------------------------------------------------------------------------------

    def _seen(self, pod: Attachment) -> None:
        """Felix gives the route its metric; one of a borrowed address is told with it, for no block covers it."""
        super()._seen(pod)
        there = pod.route in self.world.tables[pod.node]
        mine = (each.network for each in self._pool.of(pod.node))
        if there and not any(IPv4Network(pod.first.dst).subnet_of(each) for each in mine):
            bird = self.birds[pod.node]
            self.world.after(LEARNT, partial(bird.learn, pod.first.dst, None, there=True, metric=METRIC))

    def _tell_blocks(self, by: str) -> None:
        """Let the API's objects be what the pool is, and each node's confd hear of its blocks."""
        now = {block.network: block for block in self._pool.blocks}
        for network, block in now.items():
            before = self._told.get(network)
            if before == block:
                continue
            if before is not None:
                self.world.take(API, by, _object(before), "the block is written anew")
            why = "an address was given or taken back" if before else "the block was claimed"
            self.world.write(API, by, _object(block), why)
            if self._felix_programs:
                self.world.after(CONFD + 1, self._felix_routes)
            if before is None or before.owner != block.owner:
                self.world.after(CONFD, partial(self.birds[block.owner].own, str(network)))
            if before is not None and before.owner != block.owner:
                self.world.after(CONFD, partial(self.birds[before.owner].disown, str(network)))
        self._told = now


def _object(block: Block) -> ApiObject:
    """Return a block as one line."""
    held = ", ".join(_held(block, each) for each in block.held)
    free = ", ".join(map(block.address, block.free)) or "none"
    return ApiObject("IPAMBlock", f"{block.network} of {block.owner}: {held or 'empty'}; free {free}")


def _held(block: Block, each: Holding) -> str:
    whose = "" if " " in each.handle else f" {each.handle}"
    return block.address(each.ordinal) + whose + (f" on {each.node}" if each.node != block.owner else "")
