"""A pod that sends under an address that is not its own."""

from __future__ import annotations

from ipaddress import IPv4Address

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule

UNUSED = 40
"""How many addresses behind a pod's own nobody is: still in the range of its node, with every plugin."""


def forged(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
    """Return a node's plan in which the first worker's first pod changes the source of all that it sends."""
    if node is not cluster.nodes[1]:
        return plan
    pod = cluster.pod(node, 0).name
    own = next(op.entry.local for op in plan if op.netns == pod and isinstance(op.entry, AddrEntry))
    rule = IptablesRule("nat", "POSTROUTING", f"-o eth0 -j SNAT --to-source {IPv4Address(own) + UNUSED}")
    return [*plan, Operation(pod, rule, "a program in the pod")]
