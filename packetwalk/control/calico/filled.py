"""A cluster with a small pool of addresses, in which each pod has the address that IPAM will give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from ipaddress import IPv4Network
from typing import NamedTuple

from packetwalk.cni.calico.plan import tunnel_devices
from packetwalk.control.calico.ipam import Assigned, Pool
from packetwalk.control.deeds import PlannedDeed
from packetwalk.plan.cluster import Cluster, Node, Pod
from packetwalk.walks.network import PluggableCluster

SMALL = Pool(IPv4Network("10.244.100.0/27"), 30)
"""Eight blocks of four addresses, as in the recording calico-3.33-ipam."""


FILLING = ("add", "del", "fill", "strict")
"""Verbs about the pool: a cluster to which one of them is done has nothing but a small pool at first."""
NODES = tuple(Cluster(3).node_by_name)


class Home(NamedTuple):
    """Where a pod is, and its address."""

    node: str
    address: str


class FilledCluster(PluggableCluster):
    """Three nodes and the pods that get an address, whenever that is; the blocks are those of the pool."""

    def __init__(self, homes: Mapping[str, Home], pool: Pool) -> None:
        """``homes`` are by pod, in the order in which they come."""
        super().__init__(3, 1, services=False)
        self.pods_per_node = 0  # but for those of ``homes``
        self._homes = dict(homes)
        self._claimed: dict[str, tuple[IPv4Network, ...]] = {}
        self._borrowed: dict[str, tuple[str, ...]] = {}
        for block in pool.blocks:
            self._claimed[block.owner] = (*self._claimed.get(block.owner, ()), block.network)
            for each in block.held:
                if each.node != block.owner:
                    more = block.address(each.ordinal)
                    self._borrowed[each.node] = (*self._borrowed.get(each.node, ()), more)

    @cached_property
    def _pods(self) -> tuple[Pod, ...]:
        out, count = [], dict.fromkeys(self.node_by_name, 0)
        for name, home in self._homes.items():
            index = self.node_by_name[home.node].index
            out.append(Pod(name, home.node, index, count[home.node], address=home.address))
            count[home.node] += 1
        return tuple(out)

    @property
    def pods(self):
        """The pods in the order in which they come."""
        return self._pods

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        """Those of a node."""
        return tuple(pod for pod in self._pods if pod.node == node.name)

    def find_pod(self, name: str) -> Pod | None:
        """Return a pod by name, or None."""
        return next((pod for pod in self._pods if pod.name == name), None)

    def blocks_of(self, node: Node) -> tuple[IPv4Network, ...]:
        """Return the blocks that a node has in the pool."""
        return self._claimed.get(node.name, ())

    def borrowed_by(self, node: Node) -> tuple[str, ...]:
        """Return the addresses that a node has of others' blocks."""
        return self._borrowed.get(node.name, ())

    @property
    def pod_network(self) -> IPv4Network:
        """The pool."""
        return SMALL.network

    @property
    def key(self) -> tuple:
        """What makes two clusters equal."""
        blocks, borrowed = tuple(self._claimed.items()), tuple(self._borrowed.items())
        return (*super().key, tuple(self._homes.items()), blocks, borrowed)


def begun(mode: str) -> Pool:
    """Return the pool before the first deed: each node's tunnels have addresses, before any pod (``allocate-tunnel-addrs``)."""
    pool = SMALL
    for node in NODES:
        for device in tunnel_devices(mode):
            pool, _ = pool.give(node, f"{device} {node}", 0)
    return pool


def filled(mode: str, deeds: Iterable[PlannedDeed]) -> FilledCluster:
    """Return the cluster in which these deeds can be done: ``add NODE POD``, ``del POD``, ``fill NODE COUNT``, ``strict on|off``."""
    pool, homes = begun(mode), {}
    for each in deeds:
        if each.verb == "strict":
            pool = pool._replace(strict=each.words == ("on",))
        elif each.verb in ("del", "pod-ends") and each.words:
            pool = pool.release(each.words[0])
        elif each.verb == "fill" and len(each.words) == 2 and each.words[1].isdecimal():
            for handle in fillers(each.words[0], each.at, int(each.words[1])):
                pool, _ = pool.give(each.words[0], handle, each.at)
        elif each.verb == "add" and len(each.words) == 2:
            node, name = each.words
            pool, got = pool.give(node, name, each.at)
            if isinstance(got, Assigned) and node in NODES:
                homes[name] = Home(node, got.address)
    return FilledCluster(homes, pool)


def fillers(node: str, at: int, count: int) -> list[str]:
    """Return for whom addresses are that calico-ipam gives out and no pod gets."""
    return [f"{node} {at} {number}" for number in range(min(count, SMALL.network.num_addresses))]
