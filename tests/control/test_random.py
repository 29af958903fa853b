"""Deeds drawn at random: nothing breaks, and when all is well again the tables are the plan's."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from packetwalk.control.calico.attachment import FELIX_NAME
from packetwalk.control.calico.felix import CNI_PLUGIN
from packetwalk.control.deeds import PlannedDeed
from packetwalk.control.running import cluster, timeline
from packetwalk.control.timeline import SECOND, LineChange, Message
from packetwalk.plan.cluster import ROUTER
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
PODS = {"kind-worker": "a2", "kind-worker2": "b2", "kind-control-plane": "coredns2"}  # that start, by node
VERBS = ("kill", "stop", "start", "start-without-R", "cut", "mend", "mesh", "felix", "pod", "router-peers", "service-range")
AUTHORS = {"BIRD", FELIX_NAME, CNI_PLUGIN, "by hand"}
LONGER = 600  # seconds until everything that waits has ended
AT_A_TIME = 250


def drawn(seed: str) -> tuple[PlannedDeed, ...]:
    """Draw deeds that can be done one after another, then those that make all well again."""
    chance, at = random.Random(seed), 0.0
    ended: set[str] = set()
    cut: set[str] = set()
    mesh, felix = True, set(NODES)
    pods = dict(PODS)
    joining = set(chance.sample(NODES, chance.choice((0, 0, 1, 2))))  # not there at first
    router = chance.random() < 0.3
    out: list[PlannedDeed] = []

    def do(verb: str, *words: str) -> None:
        out.append(PlannedDeed(round(at * SECOND), verb, words))

    for _ in range(chance.randint(1, 12)):
        at += chance.choice((0, 0.001, 0.3, 2, 7, 60, 119.5, 130, 245))
        node, verb = chance.choice(NODES), chance.choice(VERBS)
        if verb == "router-peers" and router:
            router = False
            do(verb)
        elif verb == "service-range":
            do(verb, chance.choice(("on", "off")))
        elif node in joining:
            joining.discard(node)
            do("join", node)
        elif verb in ("kill", "stop") and node not in ended:
            ended.add(node)
            do(verb, node)
        elif verb.startswith("start") and node in ended:
            ended.discard(node)
            do(verb, node)
        elif verb in ("cut", "mend"):
            (cut.add if verb == "cut" else cut.discard)(node)
            do(verb, node)
        elif verb == "mesh":
            mesh = not mesh
            do("mesh", "on" if mesh else "off")
        elif verb == "felix":
            do("felix-ends" if node in felix else "felix-starts", node)
            felix ^= {node}
        elif verb == "pod" and node in pods:
            do("pod", pods.pop(node))
    at += 1
    for node in sorted(joining):
        do("join", node)
    for node in sorted(cut):
        do("mend", node)
    for node in sorted(ended):
        do("start", node)
    for node in sorted(set(NODES) - felix):
        do("felix-starts", node)
    if not mesh:
        do("mesh", "on")
    return tuple(out)


def planned(net: Network) -> Iterator[tuple[str, RouteEntry]]:
    """Yield every node's routes that a control plane writes by the plan."""
    for node in NODES:
        for each in net.plan(node):
            if each.netns == node and isinstance(each.entry, RouteEntry) and each.by in AUTHORS:
                yield node, each.entry


@pytest.mark.parametrize("part", range(4))
def test_whatever_happens_all_is_as_planned_when_all_is_well_again(part: int) -> None:
    seen: set[str] = set()
    for number in range(AT_A_TIME):
        seed = f"{part} {number}"
        deeds = drawn(seed)
        net = cluster("calico", "bgp", deeds)
        plan = set(planned(net))
        assert len(plan) > 10
        until = deeds[-1].at + LONGER * SECOND if deeds else SECOND
        found = timeline(net, deeds, until, seed)
        then = {
            (node, entry)
            for node, lines in found.tables(until).items()
            for entry in lines
            if isinstance(entry, RouteEntry) and node != ROUTER
        }
        assert then == plan, (seed, deeds, then ^ plan)
        assert {each.by for each in found.of(LineChange)} <= AUTHORS, seed
        assert all(0 <= each.at <= until for each in found.events), seed
        assert [each.at for each in found.events] == sorted(each.at for each in found.events), seed
        assert all(each.until is None or each.until > each.at for each in found.of(Message)), seed
        seen |= {each.verb for each in deeds}
    assert seen >= {"join", "router-peers", "service-range", "mesh", "felix-ends", "start-without-R"}


def test_the_same_deeds_give_the_same_timeline() -> None:
    net = cluster("calico", "bgp", drawn("again"))
    once, again = (timeline(net, drawn("again"), 900 * SECOND, "") for _ in range(2))
    assert once == again and len(once.events) > 20
