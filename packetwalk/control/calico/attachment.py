"""What stands on a node about a pod of Calico: Felix's route to it, and its other lines."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.plan.cluster import Pod
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, RouteEntry
from packetwalk.walks.network import Network

FELIX_NAME = "Felix"


class Attachment(NamedTuple):
    """A pod on its node: Felix's route to it, and its other lines about it."""

    node: str
    route: RouteEntry
    lines: tuple[Entry, ...]

    @property
    def first(self) -> RouteEntry:
        """The route as the CNI plugin writes it, before Felix."""
        return self.route._replace(metric=0)


def attachment(network: Network, plan: list[Operation], pod: Pod) -> Attachment:
    """Return what Felix writes of a pod, from the plan."""
    address, lines = network.address(pod.name), []
    for each in plan:
        if each.netns != pod.node:
            continue
        if isinstance(each.entry, RouteEntry) and each.entry.dst == address and each.peer == pod.name:
            route = each.entry
        elif each.by == FELIX_NAME and each.peer == pod.name and not isinstance(each.entry, RouteEntry):
            lines.append(each.entry)
    return Attachment(pod.node, route, tuple(lines))
