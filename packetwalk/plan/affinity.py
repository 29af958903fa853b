"""A client that a Service remembers: what an earlier connection has left in the rules of its node.

kube-proxy's rules for ``sessionAffinity: ClientIP`` write a client down where it was sent: with iptables in a list of
``-m recent`` for each endpoint, with nftables in a set whose elements expire.  Each node remembers for itself, and for
each of a Service's ports.
"""

from __future__ import annotations

import re

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, IptablesRule, NftSet, RecentEntry

BY = "an earlier connection"


def remembered(service: str, client: str, endpoint: str) -> Change:
    """Return the edit: a node remembers that ``service`` sent pod ``client`` to pod ``endpoint``, both its own."""

    def change(cluster: Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        addresses = {op.netns: op.entry.local for op in plan if isinstance(op.entry, AddrEntry)}
        if client not in addresses:
            return plan
        return met(plan, f"default/{service}", addresses[client], addresses[endpoint])

    return change


def met(plan: list[Operation], service: str, source: str, goal: str) -> list[Operation]:
    """Return a plan with what is left of a connection: ``service`` (NAMESPACE/NAME) sent a client to an endpoint.

    Both are addresses; nothing is left where no rule leads to that endpoint.
    """
    of_set = re.compile(rf"affinity-\w+-{service}/\w+/\w+__{re.escape(goal)}/\d+")
    of_list = re.compile(rf'-p \w+ .*"{service}:.* --set --name (\S+) .*--to-destination {re.escape(goal)}:')

    def noted(operation: Operation) -> list[Operation]:
        entry = operation.entry
        if isinstance(entry, NftSet) and of_set.fullmatch(entry.name):
            return [operation._replace(entry=entry._replace(elements=(source,)))]
        found = of_list.match(entry.spec) if isinstance(entry, IptablesRule) else None
        return (
            [operation, Operation(operation.netns, RecentEntry(found[1], source), BY)]
            if found
            else [operation]
        )

    return [each for operation in plan for each in noted(operation)]
