"""Calico with a small pool: calico-ipam gives out addresses, claims blocks and borrows, and BIRD or Felix makes routes of it.

Recorded without a tunnel (calico-3.33-ipam); where Felix writes the routes of blocks from the begin, what it hears of
them is computed: felix/calc/l3_route_resolver.go, and the same recording's state/4-borrowed-felix-programs.
"""

from __future__ import annotations

import re
from functools import partial
from ipaddress import IPv4Network

from packetwalk.cni.calico.plan import block_operations
from packetwalk.control.bgp.speaker import METRIC
from packetwalk.control.bgp.timers import LEARNT
from packetwalk.control.calico.attachment import FELIX_NAME, Attachment
from packetwalk.control.calico.felix import OF_BLOCKS, FelixControl
from packetwalk.control.calico.filled import SMALL, FilledCluster, Home, begun, fillers
from packetwalk.control.calico.ipam import Assigned, Block, Holding
from packetwalk.control.calico.programs import CONFD, FELIX_APART, CalicoControl
from packetwalk.control.deeds import Verbs, switch
from packetwalk.control.timeline import API, COMPUTED, ApiObject, Lane
from packetwalk.control.world import World
from packetwalk.errors import BadInput
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry
from packetwalk.walks.network import Network

IPAM = "calico-ipam"
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")  # a label of RFC 1123


class Filling(FelixControl):
    """calico-ipam and Felix of a cluster whose pods come one by one; ``network`` is one of ``filled``."""

    def __init__(
        self,
        world: World,
        network: Network,
        pending: frozenset[str] = frozenset(),
        ended: frozenset[str] = frozenset(),
    ) -> None:
        """No pod is there yet, and no block is claimed but those of tunnels."""
        self._pool = begun(network.mode.name)
        coming = pending & frozenset(node.name for node in network.nodes)
        super().__init__(world, network, coming | {pod.name for pod in network.pods}, ended)
        self._had: set[str] = set()  # names of pods that got an address
        self._told = {block.network: block for block in self._pool.blocks}
        world.tables[API] = {_object(block): IPAM for block in self._pool.blocks}
        for name, node in self.nodes.items():
            planned = block_operations(network.cluster, network.mode.name, node)
            world.governed += [(name, each.entry) for each in planned]

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
        server = (lane for lane in others if lane.node == API)
        return *server, Lane(API, "datastore"), *(lane for lanes in own for lane in lanes)

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

    def _tell_blocks(self, by: str) -> None:
        """Let the API's objects be what the pool is, and all hear of it."""
        now = {block.network: block for block in self._pool.blocks}
        changed = [(self._told.get(network), block) for network, block in now.items()]
        changed = [(before, block) for before, block in changed if before != block]
        for before, block in changed:
            if before is not None:
                self.world.take(API, by, _object(before), "the block is written anew")
            why = "an address was given or taken back" if before else "the block was claimed"
            self.world.write(API, by, _object(block), why)
        self._told = now
        if changed:
            self._hear_blocks(changed)

    def _hear_blocks(self, changed: list[tuple[Block | None, Block]]) -> None:
        """Tell every Felix that runs of each block that was written, where it makes routes of blocks."""
        for node in self.nodes if self._by_default else ():
            for _, block in changed if node not in self._felix_down else ():
                what = f"IPAMBlock {block.network} was written"
                self._watches[node].send("IPAMBlock", what, partial(self._hear, node, what), COMPUTED)

    def _learn(self, node: str) -> None:
        super()._learn(node)
        self._blocks[node] = self._block_lines(node)

    def _block_plan(self, node: str) -> list[Operation]:
        """Return a node's lines about blocks, as the plan of the pool of now has them."""
        here = {each.handle for each in self._pool.holders().values()}
        pods = (pod for pod in self.network.pods if pod.name in here)
        homes = {pod.name: Home(pod.node, pod.address) for pod in pods}
        cluster = FilledCluster(homes, self._pool)
        return [*block_operations(cluster, self.network.mode.name, cluster.node_by_name[node])]

    def _take_unwanted(self, node: str) -> None:
        wanted = {entry for lines in self._blocks[node].values() for entry in lines}
        for entry in self._of_blocks(node):
            if entry not in wanted:
                self.world.take(node, FELIX_NAME, entry, "it is no longer so")
                self._after_route(node, entry, there=False)
        deleted = self._deleted.get(node, {})
        pods = {pod.route for pod in self._pods.values()}
        for entry in [each for each in deleted if each not in wanted and each not in pods]:
            del deleted[entry]

    def _of_blocks(self, node: str) -> list[Entry]:
        """Return Felix's lines of a node that are about blocks, as they stand."""
        pods = {line for pod in self._pods.values() for line in (pod.route, pod.first, *pod.lines)}
        lines = self.world.tables[node].items()
        return [
            entry
            for entry, by in lines
            if by == FELIX_NAME and isinstance(entry, OF_BLOCKS) and entry not in pods
        ]


class FillingControl(Filling, CalicoControl):
    """The same where BIRD runs, which tells of blocks and writes their routes, or leaves that to Felix."""

    def _hear_blocks(self, changed: list[tuple[Block | None, Block]]) -> None:
        super()._hear_blocks(changed)
        for name, bird in self.birds.items():
            routes = {**bird.machine.routes, **self._of_bird(name)}
            bird.machine = bird.machine._replace(routes=routes)
        for number, node in enumerate(() if self._by_default else self.nodes):
            self.world.after(CONFD + 1 + number * FELIX_APART, partial(self._felix_blocks, node))
        for before, block in changed:
            if before is None or before.owner != block.owner:
                self.world.after(CONFD, partial(self.birds[block.owner].own, str(block.network)))
            if before is not None and before.owner != block.owner:
                self.world.after(CONFD, partial(self.birds[before.owner].disown, str(block.network)))

    def _felix_blocks(self, node: str, why: str = "Felix writes the routes of all blocks") -> None:
        if not self._by_default:
            self._blocks[node] = self._if_felix_wrote(node)
        super()._felix_blocks(node, why)

    def _claimed(self, node: str, owner: str, entry: Entry) -> bool:
        return True

    def _seen(self, pod: Attachment) -> None:
        """Felix gives the route its metric; one of a borrowed address is told with it, for no block covers it."""
        super()._seen(pod)
        there = pod.route in self.world.tables[pod.node]
        mine = (each.network for each in self._pool.of(pod.node))
        if there and not any(IPv4Network(pod.first.dst).subnet_of(each) for each in mine):
            bird = self.birds[pod.node]
            self.world.after(LEARNT, partial(bird.learn, pod.first.dst, None, there=True, metric=METRIC))


def _object(block: Block) -> ApiObject:
    """Return a block as one line."""
    held = ", ".join(_held(block, each) for each in block.held)
    free = ", ".join(map(block.address, block.free)) or "none"
    return ApiObject("IPAMBlock", f"{block.network} of {block.owner}: {held or 'empty'}; free {free}")


def _held(block: Block, each: Holding) -> str:
    whose = "" if " " in each.handle else f" {each.handle}"
    return block.address(each.ordinal) + whose + (f" on {each.node}" if each.node != block.owner else "")
