"""Calico's address blocks: a node owns blocks of 64 addresses, a pod gets the next free one.

In Calico a node claims its first block at a pseudo-random place in the pool, seeded with the host's
name (libcalico-go/lib/ipam, ``randomBlockGenerator``: FNV and Go's math/rand).  That sequence is not
reproduced here.  **Formula instead**: the blocks of node ``i`` are the /26 networks of the ``i``-th /24
of the pool, in order, so a node's pods have the addresses they have under Flannel.

Inside a block addresses go out in order.  The first two are taken before any pod: by the node's tunnel
devices, or, in a mode that needs none, by two pods that are gone.  All 64 are usable: .0 is legal.
"""

from __future__ import annotations

from ipaddress import IPv4Network

from packetwalk.plan.cluster import Cluster, Node

LENGTH, SIZE = 26, 64
TAKEN = 2


def address(cluster: Cluster, node: Node, ordinal: int) -> str:
    """Return the ``ordinal``-th address (from 0) that a node hands out."""
    return str(cluster.pod_cidr(node)[ordinal])


def pod_address(cluster: Cluster, node: Node, ordinal: int) -> str:
    """Return the address of the node's ``ordinal``-th pod (from 0)."""
    return address(cluster, node, TAKEN + ordinal)


def blocks(cluster: Cluster, node: Node) -> list[IPv4Network]:
    """Return the blocks a node owns: as many as its pods need, claimed when the last was full."""
    used = -(-(TAKEN + cluster.pods_per_node) // SIZE)
    return list(cluster.pod_cidr(node).subnets(new_prefix=LENGTH))[:used]
