"""A cluster that manifests describe: their pods, by their addresses on nodes like those of the canonical one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network
from itertools import count, islice

from packetwalk.errors import BadInput
from packetwalk.plan.cluster import INTERNET, ROUTER, SERVICE_CIDR, Cluster, Node, Pod, Service
from packetwalk.plan.underlay import OUTSIDE_NET
from packetwalk.policy.manifests.collected import Collected, PodRecord

BLOCK, POOL = 26, 16
"""Lengths of the prefix of a block, which one node owns, and of the pool that all blocks are of."""
TUNNELS = 2
"""Addresses that a node's tunnels may need of its blocks."""
MOST_NODES = 256
TAKEN = ("172.16.0.0/12", SERVICE_CIDR, OUTSIDE_NET, "127.0.0.0/8", "224.0.0.0/4")
"""Where the cluster has its nodes, Services and the outside."""


class Unplaced(BadInput):
    """Say in a sentence, for readers, why pods of manifests, or a packet between them, have no place on a cluster of the model."""

    def __init__(self, sentence: str) -> None:
        ValueError.__init__(self, sentence)


class Placed(Cluster):
    """The pods of manifests, called NAMESPACE/NAME; nodes where they say so, else one for each block of addresses.

    ``keeps``: whether pods keep the addresses that manifests give them; else they get the plugin's.  Pods on their
    nodes' network, those that are done, and those with addresses of IPv6 alone are left out.
    """

    def __init__(self, found: Collected, services: tuple[Service, ...] = (), keeps: bool = True) -> None:
        """Raise Unplaced for pods that no such cluster can hold."""
        pods = {f"{space}/{name}": each for (space, name), each in found.pods.items() if not unplaced(each)}
        held = {name: address for name, each in pods.items() if (address := _address(each)) and keeps}
        self.pool = _pool(set(held.values()))
        if len(held) != len(set(held.values())):
            raise Unplaced("Two pods have the same address.")
        names, homes = _homes(pods, held)
        if len(names) > MOST_NODES:
            raise Unplaced(f"The pods are on {len(names)} nodes; the book's cluster may have {MOST_NODES}.")
        self._names = names
        on: list[list[str]] = [[] for _ in names]
        for name in sorted(pods, key=lambda each: (each in held, each)):  # those that need an address first
            on[homes[name]].append(name)
        super().__init__(len(names), max(1, *map(len, on)), services=False, extra=services)
        self._on = [
            tuple(self._pod(name, place, index, held.get(name)) for place, name in enumerate(here))
            for index, here in enumerate(on)
        ]
        self._by_name = {pod.name: pod for here in self._on for pod in here}
        self._claimed = dict(zip(names, self._claims(), strict=True)) if keeps else {}

    def _pod(self, name: str, place: int, index: int, address: IPv4Address | None) -> Pod:
        space = name.partition("/")[0]
        return Pod(name, self._names[index], index, place, space, str(address or ""))

    def _claims(self) -> Iterator[tuple[IPv4Network, ...]]:
        """Yield each node's blocks: those of its pods' addresses, and another where they have too little room."""
        claimed = {
            _block(IPv4Address(pod.address)): pod.node for pod in self._by_name.values() if pod.address
        }
        free = (each for each in self.pool.subnets(new_prefix=BLOCK) if each not in claimed)
        for name, here in zip(self._names, self._on, strict=True):
            own = sorted(block for block, node in claimed.items() if node == name)
            needed = TUNNELS + len(here)
            while sum(block.num_addresses for block in own) < needed:
                own.append(next(free))
            yield tuple(own)

    def blocks_of(self, node: Node) -> tuple[IPv4Network, ...]:
        return self._claimed.get(node.name, ())

    def _node(self, index: int) -> Node:
        return super()._node(index)._replace(name=self._names[index])

    @property
    def pods(self) -> tuple[Pod, ...]:  # type: ignore[override]
        return tuple(self._by_name.values())

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        return self._on[node.index]

    def find_pod(self, name: str) -> Pod | None:
        return self._by_name.get(name)

    @property
    def pod_network(self) -> IPv4Network:
        return self.pool


def unplaced(each: PodRecord) -> str:
    """Say what a pod is that has no place: on its node's network, done, or without an address of IPv4; else nothing."""
    if each.host_network:
        return "is on its node's network, and the nodes here are the book's own"
    if each.finished:
        return "is done, and sends nothing more"
    return (
        "has no address of IPv4, and the model knows no other"
        if each.addresses and not _address(each)
        else ""
    )


def _address(each: PodRecord) -> IPv4Address | None:
    return next((IPv4Address(one.value) for one in each.addresses if one.version == 4), None)


def _block(address: IPv4Address) -> IPv4Network:
    return IPv4Network((int(address), BLOCK), strict=False)


def _pool(held: set[IPv4Address]) -> IPv4Network:
    """Return the pool that all addresses are of; the canonical one where there are none."""
    pools = sorted({IPv4Network((int(each), POOL), strict=False) for each in held})
    if not pools:
        return IPv4Network("10.244.0.0/16")
    if len(pools) > 1:
        said = " and ".join(map(str, pools[:2]))
        raise Unplaced(
            f"The pods' addresses are of several ranges ({said}); the book's cluster has one pool, a /16."
        )
    for taken in map(IPv4Network, TAKEN):
        if taken.overlaps(pools[0]):
            raise Unplaced(
                f"The pods' addresses are of {taken}, where the book's cluster has something else."
            )
    return pools[0]


def _homes(
    pods: dict[str, PodRecord], held: dict[str, IPv4Address]
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the nodes' names, and for each pod the place of its own among them."""
    owner: dict[IPv4Network, str] = {}
    for name, address in held.items():
        node = pods[name].node
        if node and owner.setdefault(_block(address), node) != node:
            said = f"{_block(address)} has pods on {owner[_block(address)]} and on {node}"
            raise Unplaced(f"{said}; on the book's cluster such a block belongs to one node.")
    named = sorted({each.node for each in pods.values() if each.node})
    for name in (ROUTER, INTERNET):
        if name in named:
            raise Unplaced(f"A node is called {name}, as something else is on the book's cluster.")
    loose = sorted({_block(each) for each in held.values()} - owner.keys())
    canonical = _fresh(named)
    names = [*named, *islice(canonical, len(loose))]
    owner |= dict(zip(loose, names[len(named) :], strict=True))
    names += islice(canonical, max(0, 3 - len(names)))
    place = {name: number for number, name in enumerate(names)}
    spread = count()
    return tuple(names), {
        name: place[each.node or owner[_block(held[name])]]
        if each.node or name in held
        else 1 + next(spread) % (len(names) - 1)
        for name, each in sorted(pods.items())
    }


def _fresh(named: Iterable[str]) -> Iterator[str]:
    """Yield the canonical names of nodes that nobody has."""
    kind = ("kind-worker" + str(number) * (number > 1) for number in count(1))
    return (name for name in ("kind-control-plane", *islice(kind, MOST_NODES)) if name not in set(named))
