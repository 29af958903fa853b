"""The canonical cluster: nodes, pods and services by written formulas.

Nothing here is measured or random: node ``i`` has the address ``172.18.0.(2+i)`` and the MAC that
Docker derives from it (``02:42`` and the four bytes), node 0 is the control plane, nodes 1, 2 ...
are the workers; pods are named ``a``, ``a2`` ... on the first worker, ``b``, ``b2`` ... on the
second, and ``coredns`` on the control plane, as kind places them.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from copy import copy
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import NamedTuple

from packetwalk.errors import BadInput

MAX_NODES = 5000
ROUTER, INTERNET = "router", "internet"
OUTSIDE = "203.0.113.9"
OUTSIDE_GATEWAY = "203.0.113.1"
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
"""The namespaces that every cluster has, with pods or without."""


class Node(NamedTuple):
    """A machine of the cluster; ``address`` is on its ``eth0`` in the subnet ``prefix``."""

    name: str
    index: int  # type: ignore[assignment]  # a tuple's own index() is not wanted here
    address: str
    prefixlen: int
    gateway: str
    segment: str

    @property
    def mac(self) -> str:
        """The MAC of ``eth0``, made from the address as Docker does."""
        return docker_mac(self.address)

    @property
    def machine(self) -> str:
        """What tells the machine from others, where a real one has UUIDs: here its name."""
        return self.name


class Pod(NamedTuple):
    """A pod: the ``ordinal``-th (from 0) on its node; ``address`` is one that it keeps whatever its plugin gives.

    ``name`` is that of its network namespace, and NAMESPACE/NAME where pods of several namespaces are called alike.
    """

    name: str
    node: str
    node_index: int
    ordinal: int
    namespace: str = "default"
    address: str = ""

    @property
    def own_name(self) -> str:
        """The name that it has in Kubernetes, one within its namespace."""
        return self.name.rpartition("/")[2]

    @property
    def mac(self) -> str:
        """The MAC of the pod's ``eth0`` (a formula here; random on a real node)."""
        return made_mac(f"pod {self.name}")


class Service(NamedTuple):
    """A Service with one port number, backed by pods, nodes (programs on their network) or addresses.

    ``ports`` are (protocol, name).  With ``node_port`` or ``load_balancers`` (addresses, perhaps for ``sources``
    only) it is reached from outside too; ``internal_local`` and ``external_local`` are its traffic policies,
    ``affinity`` is for how many seconds a client keeps its endpoint.
    """

    name: str
    address: str
    port: int
    target_port: int
    backends: tuple[str, ...]
    namespace: str = "default"
    ports: tuple[tuple[str, str], ...] = (("tcp", "http"), ("udp", "h3"))
    node_port: int = 0
    load_balancers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    internal_local: bool = False
    external_local: bool = False
    affinity: int = 0


API_PORT = 6443
SERVICE_CIDR = "10.96.0.0/16"
"""Where Services have their addresses, as kind sets it."""


def docker_mac(address: str) -> str:
    """Return ``02:42`` followed by the four bytes of ``address``."""
    return "02:42:" + ":".join(f"{int(part):02x}" for part in address.split("."))


def made_mac(text: str) -> str:
    """Return a locally administered unicast MAC derived from ``text`` by SHA-1."""
    digest = hashlib.sha1(text.encode(), usedforsecurity=False).digest()
    return ":".join(f"{byte:02x}" for byte in [(digest[0] & 0xFC) | 0x02, *digest[1:6]])


def made_key(text: str) -> str:
    """Return 32 bytes derived from ``text`` in base64, where WireGuard prints a public key.

    It is a name for a peer, not a key: nobody knows a private half.
    """
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def letters(index: int) -> str:
    """Return a, b ... z, aa, ab ... for 1, 2 ... (the columns of a spreadsheet)."""
    out = ""
    while index:
        index, rest = divmod(index - 1, 26)
        out = chr(97 + rest) + out
    return out


class Cluster:
    """A cluster of ``nodes`` machines with ``pods_per_node`` pods each; it has no plugin yet.

    ``underlay`` is ``flat`` (one subnet, 172.18.0.0/16) or ``routed`` (every third node, the
    second worker first, in 172.19.0.0/16 behind the router).  ``mtu`` is the underlay's, in bytes;
    ``segment_mtu`` what its Ethernet segments carry, where that is not the same.
    ``extra`` are Services on top of the canonical ones, ``living`` the pods that are not in the namespace
    ``default``, each with its own.
    """

    def __init__(
        self,
        nodes: int = 3,
        pods_per_node: int = 2,
        *,
        underlay: str = "flat",
        mtu: int = 1500,
        segment_mtu: int | None = None,
        services: bool = True,
        extra: tuple[Service, ...] = (),
        living: tuple[tuple[str, str], ...] = (),
    ) -> None:
        """Raise BadInput when a figure is outside of what the address formulas can hold."""
        _between("nodes", nodes, 2, MAX_NODES)
        _between("pods_per_node", pods_per_node, 1, 250)
        _between("mtu", mtu, 576, 65535)
        if underlay not in ("flat", "routed"):
            raise BadInput("underlay", underlay, ["flat", "routed"])
        self.size, self.pods_per_node = nodes, pods_per_node
        self.underlay, self.mtu = underlay, mtu
        self.segment_mtu = mtu if segment_mtu is None else segment_mtu
        _between("segment_mtu", self.segment_mtu, 576, 65535)
        self.with_services, self.extra = services, extra
        self.living, self._namespaces = living, dict(living)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes, the control plane first."""
        return tuple(self._node(i) for i in range(self.size))

    @property
    def late(self) -> tuple[Node, ...]:
        """The nodes that came when the others ran already; here all came at once."""
        return ()

    @cached_property
    def node_by_name(self) -> dict[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.nodes}

    def _node(self, index: int) -> Node:
        number = "" if index == 1 else str(index)
        name = f"kind-worker{number}" if index else "kind-control-plane"
        second = self.underlay == "routed" and index % 3 == 2
        subnet = IPv4Address("172.19.0.0" if second else "172.18.0.0")
        return Node(
            name,
            index,
            str(subnet + 2 + index),
            16,
            str(subnet + 1),
            "172.19.0.0/16" if second else "172.18.0.0/16",
        )

    @property
    def pods(self) -> Pods:
        """All pods, node by node; made when asked for, so 150,000 cost nothing."""
        return Pods(self)

    def pods_of(self, node: Node) -> tuple[Pod, ...]:
        """Return the pods of one node in the order in which they started."""
        return tuple(self.pod(node, k) for k in range(self.pods_per_node))

    def pod(self, node: Node, ordinal: int) -> Pod:
        """Return the ``ordinal``-th pod (from 0) of ``node``."""
        stem = letters(node.index) if node.index else "coredns"
        name = stem + (str(ordinal + 1) if ordinal else "")
        return Pod(name, node.name, node.index, ordinal, self._namespaces.get(name, "default"))

    def moved(self, living: tuple[tuple[str, str], ...]) -> Cluster:
        """Return the same cluster with these pods in these namespaces."""
        other = copy(self)
        other.living, other._namespaces = living, dict(living)
        return other

    def find_pod(self, name: str) -> Pod | None:
        """Return the pod called ``name``, or None; by formula, not by search."""
        match = re.fullmatch(r"([a-z]+)([1-9]\d*)?", name)
        if not match:
            return None
        index = 0
        if match[1] != "coredns":
            for char in match[1]:
                index = index * 26 + ord(char) - 96
        ordinal = int(match[2] or 1) - 1
        if index >= self.size or ordinal >= self.pods_per_node or match[2] == "1":
            return None
        return self.pod(self.nodes[index], ordinal)

    def blocks_of(self, node: Node) -> tuple[IPv4Network, ...]:
        """Return the blocks of addresses that a node has already; none: it claims them as its plugin does."""
        return ()

    def borrowed_by(self, node: Node) -> tuple[str, ...]:
        """Return the addresses that a node has of other nodes' blocks, whether a pod has them or nobody."""
        return ()

    @cached_property
    def services(self) -> tuple[Service, ...]:
        """The services: ``web`` on another node than pod a, ``near`` on the same node, and the API's own.

        The API server names no node in the EndpointSlice that it writes of itself: to kube-proxy it is nowhere local.
        """
        if not self.with_services:
            return self.extra
        last = self.nodes[2] if self.size > 2 else self.nodes[0]
        near = self.pod(self.nodes[1], min(1, self.pods_per_node - 1))
        return (
            Service("web", "10.96.0.80", 80, 8080, (self.pod(last, 0).name,)),
            Service("near", "10.96.0.81", 80, 8080, (near.name,)),
            Service(
                "kubernetes", "10.96.0.1", 443, API_PORT, (self.nodes[0].address,), ports=(("tcp", "https"),)
            ),
            *self.extra,
        )

    @cached_property
    def pod_network(self) -> IPv4Network:
        """10.244.0.0/16, kubeadm's usual choice; 10.128.0.0/9 when 256 node ranges are not enough."""
        return IPv4Network("10.244.0.0/16" if self.size <= 256 else "10.128.0.0/9")

    def pod_cidr(self, node: Node) -> IPv4Network:
        """Return ``node.spec.podCIDR``: the ``index``-th /24 of the pod network."""
        base = int(self.pod_network.network_address) + (node.index << 8)
        return IPv4Network((base, 24))

    @property
    def key(self) -> tuple:
        """What makes two clusters equal."""
        mtus = self.mtu, self.segment_mtu
        return (
            self.size,
            self.pods_per_node,
            self.underlay,
            *mtus,
            self.with_services,
            self.extra,
            self.living,
        )

    def __repr__(self) -> str:
        return (
            f"Cluster(nodes={self.size}, pods_per_node={self.pods_per_node}, "
            f"underlay={self.underlay!r}, mtu={self.mtu})"
        )


class Pods(Sequence):
    """The pods of a cluster as a sequence that makes each one when it is asked for."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def __len__(self) -> int:
        return self._cluster.size * self._cluster.pods_per_node

    def __getitem__(self, index):
        if isinstance(index, slice):
            return tuple(self[i] for i in range(*index.indices(len(self))))
        if not -len(self) <= index < len(self):
            raise IndexError(f"pod {index}: there are {len(self)}")
        node, ordinal = divmod(index % len(self), self._cluster.pods_per_node)
        return self._cluster.pod(self._cluster.nodes[node], ordinal)

    def __iter__(self) -> Iterator[Pod]:
        return (self[i] for i in range(len(self)))


def _between(what: str, value: int, low: int, high: int) -> None:
    if not isinstance(value, int) or not low <= value <= high:
        raise BadInput(what, value, [f"{low} to {high}"])
