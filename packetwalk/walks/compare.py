"""The same packet through every mode of every plugin, and what each mode keeps on a node.

All figures are computed: the packet is walked, the entries are counted in the plan of one node.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from packetwalk import wire
from packetwalk.cni import plugin, plugins
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import table_of
from packetwalk.trace.step import Step
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk

SENDER = 1  # the index of the node that is counted: a worker


class Crossing(NamedTuple):
    """One packet from pod a to pod b on another node; sizes in bytes.

    ``stack`` names the headers on the wire, outermost first; ``ttl`` is what pod b sees;
    ``decided`` is the line that picks the other node, ``table`` the table it stands in.
    """

    plugin: str
    mode: str
    holds_for: str
    pod_frame: int
    wire_frame: int
    stack: tuple[str, ...]
    pod_mtu: int
    ttl: int
    hops: int
    table: str
    decided: str

    @property
    def added(self) -> int:
        """Bytes that the mode adds to the frame."""
        return self.wire_frame - self.pod_frame


def modes() -> Iterator[tuple[str, str]]:
    """Yield (plugin, mode) for every mode there is, in the order in which plugins list them."""
    for name, found in plugins().items():
        yield from ((name, mode.name) for mode in found.modes)


def crossing(name: str, mode: str, underlay: int = 1500) -> Crossing:
    """Walk a default ping (84 bytes of IP) from a to b and say what became of it.

    ``underlay`` is the MTU from which the pod's is computed.  ValueError if the ping is lost.
    """
    ping = walk(name, mode, "cross-node")
    if ping.disposition != "delivered":
        raise ValueError(f"{name} {mode}: the ping is not delivered: {ping.summary}")
    steps = ping.traces[0].steps
    on_wire = _on_wire(ping)
    last = _ip(steps[-1])
    chooser = _chooser(ping)
    entry = chooser.entry if chooser else None
    return Crossing(
        name,
        mode,
        ping.holds_for,
        wire.size(_first_frame(steps)),
        on_wire.size,
        tuple(header.proto for header in on_wire.after),
        plugin(name).mode(mode).pod_mtu(underlay),
        last.ttl,
        64 - last.ttl,
        table_of(entry).name if entry else "",
        str(entry) if entry else "",
    )


def crossings() -> list[Crossing]:
    """Return the crossing of every mode of every plugin."""
    return [crossing(name, mode) for name, mode in modes()]


def entries(name: str, mode: str, nodes: int, pods_per_node: int = 2) -> Counter[str]:
    """Count what a plugin writes on one node of a cluster of ``nodes``, by table.

    Only that node's plan is made.  Left out: the pods' own tables, kube-proxy, the node's own NIC.
    """
    machines = Cluster(nodes=nodes, pods_per_node=pods_per_node)
    node = machines.nodes[SENDER]
    return Counter(
        table_of(operation.entry).name
        for operation in plugin(name).plan(machines, mode, node)
        if operation.netns == node.name
    )


def _first_frame(steps: tuple[Step, ...]) -> wire.Stack:
    return next(step.after for step in steps if step.event == "egress")


def _on_wire(ping: Walk) -> Step:
    """Return the step at which the frame leaves the sender's own NIC."""
    return next(
        step
        for step in ping.traces[0].steps
        if step.event == "egress" and step.dev == "eth0" and step.netns == step.node
    )


def _ip(step: Step) -> wire.Ipv4:
    """Return the innermost IPv4 header of a step."""
    return [header for header in step.after if isinstance(header, wire.Ipv4)][-1]


def _chooser(ping: Walk) -> Step | None:
    """Return the first step on the sending node whose deciding line names the other node."""
    steps = ping.traces[0].steps
    sender = _on_wire(ping).netns
    goal = Cluster().nodes[2].address
    for step in steps:
        if step.netns == sender and step.entry is not None and goal in str(step.entry):
            return step
    return None
