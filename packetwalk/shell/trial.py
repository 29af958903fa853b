"""A change, tried whole before it is taken: all tables are built and listed, and packets are sent."""

from __future__ import annotations

from packetwalk.plan.cluster import INTERNET
from packetwalk.shell.state import State
from packetwalk.tables import every_table
from packetwalk.walks.network import Network

PROTOCOLS = ("icmp", "udp", "tcp")


def trial(state: State, netns: str) -> None:
    """Try what a state has become by a change in a namespace; what fails raises what it raises."""
    network = state.network
    built = network.fabric.netns(netns)
    for table in every_table():
        table.lines(state.entries(netns, table))
        table.json(built)
    for src, dst in _pairs(network, netns):
        for proto in PROTOCOLS:
            network.send(src, dst, proto=proto)


def _pairs(network: Network, netns: str) -> list[tuple[str, str]]:
    """Return who sends to whom: through the namespace, from it and to it."""
    pods = [pod.name for pod in network.pods]
    here = [pod.name for pod in network.pods if netns in (pod.name, pod.node)]
    start = here[0] if here else pods[0]
    nodes = {pod.name: pod.node for pod in network.pods}
    far = next(name for name in pods if nodes[name] != nodes[start])
    services = [service.name for service in network.cluster.services]
    goals = [far, netns, INTERNET, *services[:1]]
    return [*((start, goal) for goal in goals), (netns, far), (far, start), (far, netns)]
