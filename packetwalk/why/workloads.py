"""What a node has for each of its pods: a route, settings of the pod's interface; and for one pod has no longer."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from packetwalk.tables import Table
from packetwalk.tables.route import ROUTES
from packetwalk.tables.sysctl import SETTINGS
from packetwalk.why.change import Mend
from packetwalk.why.commands import added
from packetwalk.why.loading import Loaded
from packetwalk.why.siblings import OWN, Deviation, mapped

TABLES: tuple[Table, ...] = (ROUTES, SETTINGS)
ADDRESS, INTERFACE = f"{OWN}pod's address{OWN}", f"{OWN}pod's interface{OWN}"


class PodOnNode(NamedTuple):
    """A pod as its node knows it: by its address, and by the cable's end on the node."""

    pod: str
    node: str
    address: str
    interface: str

    def told(self, entry: Any) -> Any:
        """Return a line about the pod with names in the place of what is the pod's own."""
        address = re.compile(rf"(?<![\d.]){re.escape(self.address)}(?![\d.])")
        return mapped(entry, lambda text: address.sub(ADDRESS, text).replace(self.interface, INTERFACE))

    def own(self, told: Any) -> Any:
        """Return such a line about this pod."""
        return mapped(
            told, lambda text: text.replace(ADDRESS, self.address).replace(INTERFACE, self.interface)
        )


def pods_on_nodes(loaded: Loaded) -> Iterator[PodOnNode]:
    """Yield the pods of which address and interface are known."""
    for name, plan in loaded.plans.items():
        if plan.kind != "pod" or plan.node not in loaded.plans:
            continue
        ns = loaded.fabric.netns(name)
        for addr in ns.addrs:
            link = ns.links.get(addr.dev)
            if link and link.peer and link.peer[0] == plan.node:
                yield PodOnNode(name, plan.node, addr.local, link.peer[1])


def lost(loaded: Loaded, netns: str) -> Iterator[Mend]:
    """Yield what a node has for every pod but one of its own, for all that this one lacks; its interface up before."""
    every = [*pods_on_nodes(loaded)]
    lines = {each.pod: _lines(loaded, each) for each in every}
    common = Counter(line for found in lines.values() for line in found)
    for each in every:
        if each.node != netns:
            continue
        missing = [
            line for line, there in common.items() if there == len(every) - 1 and line not in lines[each.pod]
        ]
        commands = tuple(
            command
            for table, told in missing
            for command in added(Deviation(netns, table, each.own(told), len(every) - 1, len(every) - 1))
        )
        link = loaded.fabric.netns(netns).links[each.interface]
        up = () if link.up else (("ip", "link", "set", link.ifname, "up"),)
        if commands:
            yield Mend(
                netns,
                (*up, *commands),
                "it is down, and what stood on it has gone" if up else "every other pod has it",
            )


def _lines(loaded: Loaded, of: PodOnNode) -> set[tuple[Table, Any]]:
    """Return what the node's tables say of a pod, told of any."""
    ns = loaded.fabric.netns(of.node)
    found = ((table, entry, of.told(entry)) for table in TABLES for entry in ns.entries(table))
    return {
        (table, told)
        for table, entry, told in found
        if told != entry and getattr(entry, "table", "") != "local"
    }
