"""Whom an entry is about: when another node or pod is another one, its entries change, and no others."""

from __future__ import annotations

from functools import cached_property

import pytest

from packetwalk.cni import plugins
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import BroadcastEntry, Entry, IpSet, MeshPeerEntry, NftSet, RingEntry

MODES = [(plugin.name, mode.name) for plugin in plugins().values() for mode in plugin.modes]
OF_MANY = (IpSet, BroadcastEntry, NftSet)  # they hold several nodes or pods, so they are about none
STRANGER = 8  # in the same subnet as kind-worker2, in either underlay


class Replaced(Cluster):
    """Three nodes, of which the last is not kind-worker2 but kind-worker8."""

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes."""
        return (self._node(0), self._node(1), self._node(STRANGER))


def planned(cluster: Cluster, plugin: str, mode: str) -> list[Operation]:
    made = plugins()[plugin].plan(cluster, mode, cluster.nodes[1])
    return [op._replace(entry=_alone(op.entry)) for op in made]


def _alone(entry: Entry) -> Entry:
    """Without what a line about one peer tells of others: its connections, how much it has given away."""
    if isinstance(entry, MeshPeerEntry):
        return entry._replace(connections=())
    return entry._replace(version=0) if isinstance(entry, RingEntry) else entry


@pytest.mark.parametrize("underlay", ["flat", "routed"])
@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_what_depends_on_another_node_says_so(plugin: str, mode: str, underlay: str) -> None:
    before = planned(Cluster(underlay=underlay), plugin, mode)
    after = planned(Replaced(underlay=underlay), plugin, mode)
    gone, come = [op for op in before if op not in after], [op for op in after if op not in before]
    assert {op.peer for op in gone if not isinstance(op.entry, OF_MANY)} <= {"kind-worker2"}
    assert {op.peer for op in come if not isinstance(op.entry, OF_MANY)} <= {"kind-worker8"}
    assert [op for op in before if op.peer == "kind-worker2"] == [op for op in gone if op.peer]
    assert gone or underlay == "routed"  # host-gw knows no way to another subnet


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_what_depends_on_a_pod_says_so(plugin: str, mode: str) -> None:
    before = planned(Cluster(), plugin, mode)
    after = planned(Cluster(pods_per_node=1), plugin, mode)
    gone = [op for op in before if op not in after and not isinstance(op.entry, OF_MANY)]
    assert {op.peer for op in gone if op.netns != "a2"} == {"a2"}
    assert [op for op in before if op.peer == "a2"] == [op for op in gone if op.netns != "a2"]


@pytest.mark.parametrize(("plugin", "mode"), MODES)
def test_nobody_is_its_own_peer(plugin: str, mode: str) -> None:
    made = planned(Cluster(), plugin, mode)
    assert not [op for op in made if op.peer in (op.netns, "kind-worker")]
