"""Every mode of a plugin of the book has a control plane, and its timelines end with the plan's tables."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from packetwalk import cni
from packetwalk.control.deeds import PlannedDeed, read
from packetwalk.control.probe import network_at
from packetwalk.control.running import CONTROL_PLANES, timeline
from packetwalk.control.timeline import SECOND, Deed, LineChange, Message
from packetwalk.tables import ConnectionEntry, MeshPeerEntry, RingEntry
from packetwalk.walks.network import Network
from packetwalk.walks.scenario import network

NODES = ("kind-control-plane", "kind-worker", "kind-worker2")
B = "kind-worker2"
WITHOUT = {"kindnet"}
"""Plugins of which no page tells what happens in time."""
ENDED = {"calico": "felix-ends", "flannel": "kill", "weave": "kill"}
STARTED = {"calico": "felix-starts", "flannel": "start", "weave": "start"}
TROUBLE = {
    "calico": ("2 delete kind-control-plane", "3 register kind-control-plane", "10 cut {b}", "12 mend {b}"),
    "flannel": ("2 delete kind-control-plane", "3 register kind-control-plane", "4 stop kind-control-plane",
                "5 start kind-control-plane", "10 cut {b}", "12 mend {b}"),
    "weave": ("10 cut {b} kind-worker", "12 mend {b} kind-worker"),
}  # fmt: skip
FELIX = [mode for plugin, mode in CONTROL_PLANES if plugin == "calico" and mode != "bgp"]
MORE = {"kind-worker": "a2", "kind-worker2": "b2", "kind-control-plane": "coredns2"}  # pods that start, by node
AT_A_TIME = 100
every_mode = pytest.mark.parametrize(
    "which",
    [(plugin.name, mode.name) for plugin in cni.plugins().values() for mode in plugin.modes],
    ids="-".join,
)


def lines_of(net: Network, node: str, kept: Callable[[object], bool] = bool) -> list[str]:
    """Return what a node has, in no order: a route that comes again is the last one."""
    return sorted(f"{x.netns} {x.entry}" for x in net.plan(node) if kept(x.entry))


@every_mode
def test_every_mode_has_a_control_plane_and_begins_with_the_plan_s_tables(which: tuple[str, str]) -> None:
    assert (which[0] in WITHOUT) != (which in CONTROL_PLANES)
    if which[0] not in WITHOUT:
        net = network(*which)
        made = timeline(net, (), SECOND, "")
        then = network_at(net, made, 0)
        assert len(made.governed) + len(made.initial) > 10
        for node in NODES:
            assert lines_of(then, node) == lines_of(net, node)


@every_mode
def test_every_mode_ends_with_the_plan_s_tables_when_all_is_well_again(which: tuple[str, str]) -> None:
    if which[0] in WITHOUT:
        return
    net = network(*which)
    told = [f"0 {ENDED[which[0]]} {B}", *TROUBLE[which[0]], f"15 {STARTED[which[0]]} {B}"]
    deeds = read([each.format(b=B) for each in told])
    until = 200 * SECOND
    made = timeline(net, deeds, until, "")
    assert len(list(made.of(LineChange))) >= 2 and len(list(made.of(Deed))) == len(deeds)
    then = network_at(net, made, until)
    for node in NODES:
        assert lines_of(then, node, _stays) == lines_of(net, node, _stays), node


def _stays(entry: object) -> bool:
    """Whether a line is none of weaver's memory that tells how often something changed, or who called whom."""
    return not isinstance(entry, MeshPeerEntry | ConnectionEntry | RingEntry)


def drawn(mode: str, seed: str) -> tuple[PlannedDeed, ...]:
    """Draw deeds about Felix, Nodes, wires, routes and pods, then those that make all well again."""
    chance, at = random.Random(seed), 0.0
    dead: set[str] = set()
    gone: set[str] = set()
    cut: set[str] = set()
    waiting = dict(MORE)
    joining = set(chance.sample(NODES, chance.choice((0, 0, 1, 2))))  # not there at first
    out: list[str] = []
    for _ in range(chance.randint(1, 14)):
        at += chance.choice((0, 0.0001, 0.05, 0.3, 1.2, 7, 88))
        node = chance.choice(NODES)
        about = chance.choice(("felix", "felix", "node", "node", "wire", "pod"))
        if node in joining:
            out.append(f"{at:.4f} join {node}")
            joining.discard(node)
        elif about == "felix":
            out.append(f"{at:.4f} {'felix-starts' if node in dead else 'felix-ends'} {node}")
            dead ^= {node}
        elif about == "node":
            out.append(f"{at:.4f} {'register' if node in gone else 'delete'} {node}")
            gone ^= {node}
        elif about == "wire":
            out.append(f"{at:.4f} {'mend' if node in cut else 'cut'} {node}")
            cut ^= {node}
        elif node in waiting:
            out.append(f"{at:.4f} pod {waiting.pop(node)}")
    at += 1
    out += [f"{at} join {node}" for node in sorted(joining)]
    out += [f"{at} mend {node}" for node in sorted(cut)]
    out += [f"{at} register {node}" for node in sorted(gone)]
    out += [f"{at} felix-starts {node}" for node in sorted(dead)]
    return read(out)


@pytest.mark.parametrize("mode", FELIX)
def test_whatever_happens_all_is_as_planned_when_all_is_well_again(mode: str) -> None:
    net = network("calico", mode)
    plans = {node: lines_of(net, node) for node in NODES}
    for number in range(AT_A_TIME):
        seed = f"{mode} {number}"
        deeds = drawn(mode, seed)
        until = deeds[-1].at + 400 * SECOND if deeds else SECOND
        found = timeline(net, deeds, until, seed)
        then = network_at(net, found, until)
        for node in NODES:
            assert lines_of(then, node) == plans[node], (seed, deeds)
        assert {each.by for each in found.of(LineChange)} <= {"Felix", "calico CNI plugin"}, seed
        assert [each.at for each in found.events] == sorted(each.at for each in found.events), seed
        assert all(each.until is None or each.until > each.at for each in found.of(Message)), seed
