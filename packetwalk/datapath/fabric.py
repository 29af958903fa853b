"""All network namespaces of a model, built when a packet first enters one.

A cluster of 5,000 nodes has 25 million table entries; a walk touches two or three machines, and
only their tables are made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from packetwalk.datapath.netns import Netns
from packetwalk.plan.operation import Operation
from packetwalk.plan.segment import Segment


class NetnsPlan(NamedTuple):
    """What a network namespace is, and the operations that make its tables."""

    node: str
    kind: str
    label: str
    operations: list[Operation]


class Fabric:
    """Network namespaces by name, Ethernet segments by name.

    ``warm`` holds, for each neighbour asked for before a warm walk, what the question and its answer
    taught (neighbours, bridge FDBs, what drivers learn); it follows from the tables alone, so keeping
    it changes no result.
    """

    def __init__(self, plan: Callable[[str], NetnsPlan], segments: Mapping[str, Segment]) -> None:
        self._plan, self._segments = plan, segments
        self._built: dict[str, Netns] = {}
        self.warm: dict[tuple[str, str, str], dict[tuple, Any]] = {}

    def plan(self, name: str) -> NetnsPlan:
        """Return what a namespace is made of, without building it."""
        return self._plan(name)

    def netns(self, name: str) -> Netns:
        """Return the namespace called ``name``, building it if this is the first time."""
        try:
            return self._built[name]
        except KeyError:
            plan = self._plan(name)
            built = self._built[name] = Netns(name, plan.node, plan.kind, plan.label, plan.operations)
            return built

    def nic(self, segment: str, mac: str) -> tuple[str, str] | None:
        """Return (netns, device) of the NIC with ``mac`` on a segment."""
        return self._segments[segment].by_mac.get(mac)

    def holder(self, segment: str, address: str) -> tuple[str, str] | None:
        """Return (netns, device) of the NIC whose machine answers ARP for ``address``."""
        return self._segments[segment].by_address.get(address)
