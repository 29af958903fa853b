"""Every fault of every plugin, in each mode it can befall: it changes what it says, and only that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import pytest

import packetwalk
from packetwalk.cni import Plugin, plugins
from packetwalk.faults import Fault, Touch
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import receiver
from packetwalk.plan.operation import Operation
from packetwalk.plan.properties import properties
from packetwalk.tables import IptablesRule, table_of
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import scenario
from packetwalk.walks.walk import Walk

BEFALLS = [
    (plugin, mode.name, fault)
    for plugin in plugins().values()
    for fault in plugin.faults
    for mode in plugin.modes_with(fault)
]
each_fault = pytest.mark.parametrize(
    ("plugin", "mode", "fault"), BEFALLS, ids=[f"{p.name}-{m}-{f.name}" for p, m, f in BEFALLS]
)


class Change(NamedTuple):
    """An operation that is there only with, or only without, a fault."""

    node: Node
    operation: Operation


def changes(
    plugin: Plugin, mode: str, fault: Fault, underlay: str = "flat", *, noticed: bool = False
) -> Iterator[Change]:
    """Yield what a fault makes different in the canonical cluster."""
    sound = network(plugin.name, mode, None, underlay)
    broken = network(plugin.name, mode, fault.name, underlay, noticed)
    for node in sound.nodes:
        before, after = Counter(sound.plan(node.name)), Counter(broken.plan(node.name))
        for operation in ((before - after) + (after - before)).elements():
            yield Change(node, operation)


@cache
def network(
    plugin: str, mode: str, fault: str | None, underlay: str = "flat", noticed: bool = False
) -> Network:
    network = Network(Cluster(underlay=underlay), plugin, mode, fault)
    return network.noticed() if noticed else network


@cache
def walked(plugin: str, mode: str, name: str, fault: str | None, **packet) -> Walk:
    return packetwalk.walk(plugin, mode, name, fault=fault, **packet)


def pair(plugin: Plugin, mode: str, fault: Fault, name: str) -> tuple[Walk, Walk]:
    """Return the packet that shows a fault, with it and without."""
    broken = walked(plugin.name, mode, name, fault.name)
    return broken, walked(plugin.name, mode, name, None, **broken.packet.options())


def covers(touch: Touch, change: Change, cluster: Cluster) -> bool:
    about = {node.name for node in touch.about(cluster)} if touch.about else None
    return (
        (not touch.tables or table_of(change.operation.entry).name in touch.tables)
        and change.node.name in {node.name for node in touch.nodes(cluster)}
        and (about is None or change.operation.peer in about)
    )


@each_fault
def test_a_fault_touches_what_it_declares_and_nothing_else(plugin: Plugin, mode: str, fault: Fault) -> None:
    for underlay in {scenario(name, plugin).underlay for name in fault.shows}:
        cluster = Cluster(underlay=underlay)
        found = list(changes(plugin, mode, fault, underlay))
        assert found
        for change in found:
            assert any(covers(touch, change, cluster) for touch in fault.touches), change


@each_fault
def test_a_fault_leaves_the_order_of_the_other_rules(plugin: Plugin, mode: str, fault: Fault) -> None:
    def order(network: Network, node: Node) -> list[tuple[str, IptablesRule]]:
        plan = network.plan(node.name)
        return [(op.netns, op.entry) for op in plan if isinstance(op.entry, IptablesRule)]

    sound, broken = (network(plugin.name, mode, name) for name in (None, fault.name))
    for node in sound.nodes:
        before, after = order(sound, node), order(broken, node)
        for chain in {(netns, *rule[:2]) for netns, rule in before}:
            kept = [
                [each for each in one if (each[0], *each[1][:2]) == chain and each in other]
                for one, other in ((before, after), (after, before))
            ]
            assert kept[0] == kept[1]


@each_fault
def test_a_fault_makes_a_difference_in_every_scenario_it_declares(
    plugin: Plugin, mode: str, fault: Fault
) -> None:
    for name in fault.shows:
        broken, sound = pair(plugin, mode, fault, name)
        assert [str(step.entry) for step in broken.steps] != [str(step.entry) for step in sound.steps], name


@each_fault
def test_a_fault_shows_in_the_packets_fate_or_way(plugin: Plugin, mode: str, fault: Fault) -> None:
    def fate(walk: Walk) -> list:
        way = [(step.netns, step.dev, step.event, step.size) for step in walk.steps]
        return [walk.disposition, way]

    assert any(fate(one) != fate(other) for one, other in (pair(plugin, mode, fault, n) for n in fault.shows))


@each_fault
def test_a_fault_about_a_port_or_a_device_befalls_only_a_mode_that_has_it(
    plugin: Plugin, mode: str, fault: Fault
) -> None:
    """What a rule drops and a story names is the mode's own; with another port or name it would break nothing."""
    like = properties(plugin.plan, mode)
    for port in map(int, re.findall(r"UDP (?:port )?(\d+)", f"{fault.title} {fault.story}")):
        rules = [str(each.operation.entry) for each in changes(plugin, mode, fault)]
        assert any(f"--dport {port} " in rule and rule.endswith("-j DROP") for rule in rules)
        if like.port is not None:
            assert port == like.port
            assert not fault.needs(like._replace(port=port + 1))
    known = {name for each in plugin.modes for name in properties(plugin.plan, each.name).devices}
    words = set(re.findall(r"[\w.-]*\w", f"{fault.title} {fault.story}"))
    for name in {each for each in known & words if re.search(r"[\d.-]", each)}:
        assert name in like.devices
        if like.devices[name] == like.tunnel:
            others = {f"{name}0" if each == name else each: kind for each, kind in like.devices.items()}
            assert not fault.needs(like._replace(devices=others))


@pytest.mark.parametrize(
    "fault", {f"{p.name}-{f.name}": (p, f) for p, _, f in BEFALLS}.items(), ids=lambda x: x[0]
)
def test_a_fault_declares_no_more_than_it_does(fault: tuple[str, tuple[Plugin, Fault]]) -> None:
    """Each table, node and peer of a declaration is touched, if not in all modes."""
    plugin, broken = fault[1]
    cluster = Cluster()
    found = [each for mode in plugin.modes_with(broken) for each in changes(plugin, mode.name, broken)]
    for touch in broken.touches:
        mine = [change for change in found if covers(touch, change, cluster)]
        assert {change.node for change in mine} == set(touch.nodes(cluster))
        assert not touch.tables or {table_of(change.operation.entry).name for change in mine} == set(
            touch.tables
        )
        if touch.about:
            assert {change.operation.peer for change in mine} == {node.name for node in touch.about(cluster)}


@each_fault
def test_a_plugin_that_has_noticed_mends_all_or_does_more(plugin: Plugin, mode: str, fault: Fault) -> None:
    now, later = (set(changes(plugin, mode, fault, noticed=noticed)) for noticed in (False, True))
    assert now <= later or not later
    assert (now != later) == (fault.later is not None)


def test_every_fault_befalls_some_mode_and_every_mode_has_faults() -> None:
    for plugin in plugins().values():
        assert all(plugin.modes_with(fault) for fault in plugin.faults)
        assert all(plugin.faults_of(mode.name) for mode in plugin.modes)


@pytest.mark.parametrize("mode", [mode.name for mode in plugins()["flannel"].modes])
@pytest.mark.parametrize("underlay", ["flat", "routed"])
def test_without_a_pod_cidr_nobody_knows_the_node_and_the_node_has_nothing(mode: str, underlay: str) -> None:
    sound, broken = (network("flannel", mode, name, underlay) for name in (None, "missing-pod-cidr"))
    (peer,) = receiver(sound.cluster)
    theirs = {op.by for op in sound.plugin.plan(sound.cluster, mode, peer)} - {"kernel", "node set-up"}
    for node in sound.nodes:
        left = broken.plan(node.name)
        assert not [op for op in left if op.peer == peer.name]
        if node is peer:
            assert not [op for op in left if op.by in theirs or str(op.entry).endswith("kernel (vxlan)")]
