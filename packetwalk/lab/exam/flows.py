"""Who reaches whom: packets of every sort between all pods and nodes, in a model and on a ground."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from packetwalk.lab.exam.spots import MACHINES, SHOP
from packetwalk.plan.cluster import INTERNET
from packetwalk.tables import LinkEntry
from packetwalk.walks.network import Network

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

HEADERS = 28
"""Bytes of a ping that are not its data: IPv4's header and ICMP's."""


class ExamFlow(NamedTuple):
    """A ping, with ``size`` bytes of data where it is to be a large one with DF, or a question over HTTP."""

    src: str
    dst: str
    web: bool = False
    size: int = 0

    @property
    def command(self) -> str:
        """What is typed at the sender."""
        if self.web:
            return f"curl -sS -m 2 http://{self.dst}/hostname"
        return f"ping -c 1 -W 1 {f'-s {self.size} -M do ' if self.size else ''}{self.dst}"

    @property
    def words(self) -> str:
        """The same in a sentence."""
        if self.web:
            return f"{self.src} asks {self.dst} over HTTP"
        large = f" of {self.size + HEADERS} bytes that must not be cut" if self.size else ""
        return f"{self.src} pings {self.dst}{large}"

    def works(self, cluster: Ground) -> bool:
        """Try it on a cluster."""
        place = cluster.node(self.src) if self.src in cluster.nodes else cluster.pod(self.src)
        return place.run(self.command).ok

    def __str__(self) -> str:
        return f"{self.src}$ {self.command}"


def every_flow(network: Network) -> tuple[ExamFlow, ...]:
    """Return the flows of a cluster: small pings, large ones between nodes, Services, the NodePort."""
    return tuple(_flows(network))


def _flows(network: Network) -> Iterator[ExamFlow]:
    pods, nodes = [*MACHINES.pods], [each.name for each in MACHINES.nodes]
    names = [pod.name for pod in pods]
    size = _mtu(network) - HEADERS
    for src in (*names, *nodes):
        yield from (ExamFlow(src, dst) for dst in (*names, INTERNET) if dst != src)
        services = [each.name for each in MACHINES.services if each.port == SHOP.port]
        yield from (ExamFlow(src, dst, web=True) for dst in services)
    for pod in pods:
        yield from (ExamFlow(pod.name, node) for node in nodes)
        yield from (ExamFlow(pod.name, other.name, size=size) for other in pods if other.node != pod.node)
        away = next(other for other in pods if other.node != pod.node)
        yield ExamFlow(pod.name, away.name, size=size + 1)  # too long for any pod
    for node in MACHINES.nodes:
        for src in (*nodes, *names[::2]):
            if src != node.name:
                yield ExamFlow(src, f"{node.address}:{SHOP.node_port}", web=True)


def _mtu(network: Network) -> int:
    """Return the MTU of pods."""
    pod = MACHINES.pods[0]
    links = (each.entry for each in network.plan(pod.node) if each.netns == pod.name)
    return next(link.mtu for link in links if isinstance(link, LinkEntry) and link.ifname == "eth0")


def outcomes(cluster: Ground, flows: Iterable[ExamFlow]) -> dict[ExamFlow, bool]:
    """Return which flows work on a cluster."""
    return {flow: flow.works(cluster) for flow in flows}
