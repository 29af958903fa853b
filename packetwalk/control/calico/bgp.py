"""Who learns whose routes: Calico's node-to-node mesh, route reflectors and peerings, as resources say.

Rules (docs.tigera.io, Calico v3.32, networking/configuring/bgp): with the mesh every node has a session
with every other, but a node with a route reflector cluster ID has left the mesh; a BGPPeer adds sessions;
what a node learnt over iBGP it passes on only if it is a reflector (RFC 4456).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.plan import cluster
from packetwalk.plan.cluster import Node
from packetwalk.plan.edit import drop, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import RouteEntry

Labels = Mapping[str, str]
BIRD = "BIRD"


class Peering(NamedTuple):
    """A BGPPeer: nodes that ``ours`` selects have sessions with nodes that ``theirs`` selects, both ways."""

    name: str
    ours: str
    theirs: str


class Routing(NamedTuple):
    """BGP as configured: ``labels`` and ``reflectors`` are of nodes, by name."""

    mesh: bool = True
    peerings: tuple[Peering, ...] = ()
    labels: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    reflectors: tuple[str, ...] = ()

    def session(self, one: Node, other: Node) -> bool:
        """Say whether two nodes have a BGP session."""
        if self.mesh and not {one.name, other.name} & set(self.reflectors):
            return True
        return any(
            self._selects(peering.ours, a) and self._selects(peering.theirs, b)
            for peering in self.peerings
            for a, b in ((one, other), (other, one))
        )

    def _selects(self, selector: str, node: Node) -> bool:
        mine = dict(dict(self.labels).get(node.name, ()))
        return selects(selector, {"kubernetes.io/hostname": node.name, "address": node.address, **mine})

    def learns(self, nodes: tuple[Node, ...], node: Node, peer: Node) -> bool:
        """Say whether ``node`` learns the routes of ``peer``, directly or through a reflector."""
        if self.session(node, peer):
            return True
        between = [each for each in nodes if each.name in self.reflectors and each not in (node, peer)]
        return any(self.session(node, each) and self.session(each, peer) for each in between)

    def change(self, machines: cluster.Cluster, node: Node, plan: list[Operation]) -> list[Operation]:
        """Return the plan of a node without the routes that BIRD does not learn this way."""
        unknown = [
            peer
            for peer in machines.nodes
            if peer is not node and not self.learns(machines.nodes, node, peer)
        ]
        return drop(entries(RouteEntry, by={BIRD}, about=lambda _: unknown))(machines, node, plan)


def selects(selector: str, labels: Labels) -> bool:
    """Say whether a Calico selector of one term finds these labels; BadInput for one it cannot read."""
    tests: dict[str, Callable[[re.Match], bool]] = {
        r"(all\(\))?": lambda m: True,
        r"has\(([\w./-]+)\)": lambda m: m[1] in labels,
        r"!\s*has\(([\w./-]+)\)": lambda m: m[1] not in labels,
        r"([\w./-]+)\s*==\s*[\"'](.*)[\"']": lambda m: labels.get(m[1]) == m[2],
        r"([\w./-]+)\s*!=\s*[\"'](.*)[\"']": lambda m: labels.get(m[1]) != m[2],
    }
    for pattern, test in tests.items():
        match = re.fullmatch(pattern, selector.strip())
        if match:
            return test(match)
    raise BadInput(
        "selector", selector, ["all()", "has(KEY)", "!has(KEY)", "KEY == 'VALUE'", "KEY != 'VALUE'"]
    )
