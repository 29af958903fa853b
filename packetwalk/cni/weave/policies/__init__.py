"""Weave Net's tables under policies, as its weave-npc writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from packetwalk.cni.weave import npc
from packetwalk.cni.weave.policies.controller import Controller
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import Change, entries, instead
from packetwalk.plan.operation import Operation

if TYPE_CHECKING:
    from packetwalk.policy.estate import Estate


def policed(estate: Estate) -> Change:
    """Return the edit that makes of weave-npc's part of a plan what it is under the policies of an estate."""
    made = tuple(Controller(estate).tables())

    def tables(cluster: Cluster, node: Node, gone: list[Operation]) -> Iterator[Operation]:
        yield from npc.base(node.name)
        for entry, source in made:
            yield Operation(node.name, entry, "weave-npc", source)

    return instead(entries(by={"weave-npc"}), tables)
