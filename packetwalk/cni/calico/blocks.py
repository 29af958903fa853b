"""Calico's address blocks: a node owns blocks of 64 addresses, a pod gets the next free one.

Sources: libcalico-go/lib/ipam (``randomBlockGenerator``: FNV of the node's name is the seed of Go's math/rand); the
recording calico-3.33-ipam holds the blocks of 16 names.  Nodes claim their blocks in the order in which they joined,
each another one when its last is full.

Inside a block addresses go out in order.  Tunnel devices take the first ones, before any pod
(``allocate-tunnel-addrs``); without one the first pod has .0.  All 64 are usable.
"""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network
from itertools import islice

from packetwalk.cni.calico import go_rand
from packetwalk.plan.cluster import Cluster, Node

LENGTH, SIZE = 26, 64
FNV_OFFSET, FNV_PRIME = 2166136261, 16777619


def address(cluster: Cluster, node: Node, ordinal: int, taken: int) -> str:
    """Return the ``ordinal``-th address (from 0) that a node hands out, where tunnels have ``taken`` some."""
    if cluster.blocks_of(node):
        return _free(cluster, node, ordinal)
    block, place = divmod(ordinal, SIZE)
    return str(blocks(cluster, node, taken)[block][place])


def blocks(cluster: Cluster, node: Node, taken: int) -> tuple[IPv4Network, ...]:
    """Return the blocks a node owns: as many as its tunnels, which have ``taken`` addresses, and its pods need."""
    needed = -(-(taken + cluster.pods_per_node) // SIZE)
    return cluster.blocks_of(node) or (_claims(cluster, needed)[node.name] if needed else ())


def _free(cluster: Cluster, node: Node, ordinal: int) -> str:
    """Return the ``ordinal``-th address of a node's blocks that no pod of its own keeps."""
    kept = {pod.address for pod in cluster.pods_of(node)}
    every = (str(each) for block in cluster.blocks_of(node) for each in block)
    return next(islice((each for each in every if each not in kept), ordinal, None))


@lru_cache(maxsize=16)
def _claims(cluster: Cluster, needed: int) -> dict[str, tuple[IPv4Network, ...]]:
    """Return the blocks of a cluster's nodes by name, so many for each."""
    pool = cluster.pod_network
    base, number = int(pool.network_address), 1 << (LENGTH - pool.prefixlen)
    taken: set[int] = set()
    claims: dict[str, tuple[IPv4Network, ...]] = {node.name: () for node in cluster.nodes}
    for _ in range(needed):
        for node in cluster.nodes:
            place = go_rand.below(fnv(node.name), number)
            while place in taken:
                place = (place + 1) % number
            taken.add(place)
            claims[node.name] += (IPv4Network((base + place * SIZE, LENGTH)),)
    return claims


def fnv(name: str) -> int:
    """Return the 32 bits of FNV-1 of a name (Go's ``fnv.New32``)."""
    out = FNV_OFFSET
    for byte in name.encode():
        out = out * FNV_PRIME & 0xFFFFFFFF ^ byte
    return out
