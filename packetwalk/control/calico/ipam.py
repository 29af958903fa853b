"""Calico's IPAM: who owns which block, who gets which address; values, of which each deed makes new ones.

The algorithm is ``autoAssign`` of libcalico-go/lib/ipam at release-v3.33, seen in the recording calico-3.33-ipam: free
addresses of the own blocks first, then a block that nobody has, then an empty one of another node whose claim is
older than a minute, then, unless affinity is strict, single addresses of others' blocks.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import NamedTuple

from packetwalk.cni.calico import go_rand
from packetwalk.cni.calico.blocks import fnv
from packetwalk.control.timeline import SECOND

OLD = 60 * SECOND  # EmptyBlockMinReclaimAge: a younger claim to an empty block is respected
MOST = 20  # blocks of a host, where nothing else is set


class Holding(NamedTuple):
    """An address that is given out: its place in the block, for whom, and on which node that is."""

    ordinal: int
    handle: str
    node: str


class Block(NamedTuple):
    """An IPAMBlock: its ``owner``, since when (microseconds), and what is ``free``, in the order in which it goes out."""

    network: IPv4Network
    owner: str
    claimed: int
    free: tuple[int, ...]
    held: tuple[Holding, ...] = ()

    def address(self, ordinal: int) -> str:
        """Return the address at a place."""
        return str(self.network[ordinal])


class Assigned(NamedTuple):
    """An address that was given out; ``borrowed`` is the owner of its block, where that is another node."""

    address: str
    borrowed: str = ""


class Refused(NamedTuple):
    """What calico-ipam tells the container runtime, with code 999."""

    why: str


class Pool(NamedTuple):
    """An IPPool and what has become of it; ``limit`` is ``maxBlocksPerHost``, 0 where it is not set."""

    network: IPv4Network
    length: int = 26
    strict: bool = False
    limit: int = 0
    blocks: tuple[Block, ...] = ()

    # --- what is asked ----------------------------------------------------------------------------

    def give(self, node: str, handle: str, now: int) -> tuple[Pool, Assigned | Refused]:
        """Give a node an address at a time (microseconds), or say why it gets none."""
        for block in self.of(node):
            if block.free:
                return self._taken(block, node, handle)
        if sum(1 for _ in self.of(node)) >= (self.limit or MOST):
            return self, Refused("cannot allocate new block due to per host block limit")
        new = self._unclaimed(node) or self._empty(node, now)
        if new is not None:
            claimed = Block(new, node, now, tuple(range(new.num_addresses)))
            kept = tuple(block for block in self.blocks if block.network != new)
            return self._replace(blocks=(*kept, claimed))._taken(claimed, node, handle)
        if self.strict:
            return self, _none("No more free affine blocks and strict affinity enabled")
        for network in self._walk(node):
            other = self.block(network)
            if other is not None and other.free:
                return self._taken(other, node, handle)
        return self, _none(f"No IPs available in pools: [{self.network}]")

    def release(self, handle: str) -> Pool:
        """Take back all addresses of a handle: each goes to the end of its block's list."""
        return self._replace(blocks=tuple(_released(block, handle) for block in self.blocks))

    def of(self, node: str) -> Iterator[Block]:
        """Yield a node's blocks in the order of their affinities' names."""
        mine = (block for block in self.blocks if block.owner == node)
        return iter(sorted(mine, key=lambda block: str(block.network)))

    def block(self, network: IPv4Network) -> Block | None:
        """Return a block that somebody has."""
        return next((block for block in self.blocks if block.network == network), None)

    def holders(self) -> dict[str, Holding]:
        """Return who has which address."""
        return {block.address(each.ordinal): each for block in self.blocks for each in block.held}

    # --- how it is found -----------------------------------------------------------------------------

    def _walk(self, node: str) -> Iterator[IPv4Network]:
        """Yield all blocks of the pool, from the place that follows from the node's name, round."""
        number = 1 << (self.length - self.network.prefixlen)
        size = 1 << (32 - self.length)
        first = go_rand.below(fnv(node), number)
        base = int(self.network.network_address)
        for step in range(number):
            yield IPv4Network((base + (first + step) % number * size, self.length))

    def _unclaimed(self, node: str) -> IPv4Network | None:
        there = {block.network for block in self.blocks}
        return next((each for each in self._walk(node) if each not in there), None)

    def _empty(self, node: str, now: int) -> IPv4Network | None:
        old = {block.network for block in self.blocks if not block.held and now - block.claimed > OLD}
        return next((each for each in self._walk(node) if each in old), None)

    def _taken(self, block: Block, node: str, handle: str) -> tuple[Pool, Assigned]:
        first, *rest = block.free
        changed = block._replace(free=tuple(rest), held=(*block.held, Holding(first, handle, node)))
        blocks = tuple(changed if each.network == block.network else each for each in self.blocks)
        owner = "" if block.owner == node else block.owner
        return self._replace(blocks=blocks), Assigned(block.address(first), owner)


def _released(block: Block, handle: str) -> Block:
    back = tuple(each.ordinal for each in block.held if each.handle == handle)
    kept = tuple(each for each in block.held if each.handle != handle)
    return block._replace(free=(*block.free, *back), held=kept) if back else block


def _none(why: str) -> Refused:
    return Refused(f"failed to request IPv4 addresses: Assigned 0 out of 1 requested IPv4 addresses; {why}")
