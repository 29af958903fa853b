"""Real BIRD in every node: its routes are the model's, whoever speaks to whom; it leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from packetwalk.cni import plugins
from packetwalk.control.calico.bgp import Peering, Routing
from packetwalk.errors import LabError
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live
from packetwalk.lab.kernel.programs.plan_writer import left_out
from packetwalk.lab.plugins import writer
from packetwalk.lab.plugins.calico import bird, confd
from packetwalk.lab.proving.cases import cases
from packetwalk.lab.proving.prove import ProveTask
from packetwalk.walks.scenario import network
from tests.lab.left import killed

needs_bird = pytest.mark.kernel("bird")
MESH, REFLECTOR, ALONE = (writer("calico", f"BIRD: {name}") for name in ("mesh", "reflector", "no peers"))


def written(by: bird.Bird, underlay: str = "flat") -> tuple[dict, dict]:
    """Return the routes by BIRD of each node: in the kernel, and in the plan as the routing leaves it."""
    model = network("calico", "bgp", underlay)
    change = by.routing.change
    plan = [op for node in model.nodes for op in change(model.cluster, node, model.plan(node.name))]
    live = Live()
    try:
        live.build(left_out(operations(model), by))
        with by.work(live.inside, model, plan):
            kernel = {node.name: _lines(bird.routes(live.inside[node.name])) for node in model.nodes}
    finally:
        live.close()
    planned = {
        node.name: _lines(op.entry.json() for op in plan if op.netns == node.name and by.writes(op))
        for node in model.nodes
    }
    return kernel, planned


def _lines(routes: Iterable[dict]) -> list[tuple[str, ...]]:
    return sorted(map(_line, routes))


def _line(route: dict) -> tuple[str, ...]:
    keys = ("type", "dst", "gateway", "dev", "metric")
    return tuple(str(route.get(key, "unicast" if key == "type" else "")) for key in keys)


@needs_bird
@pytest.mark.parametrize("underlay", ["flat", "routed"])
@pytest.mark.parametrize("by", [MESH, REFLECTOR], ids=lambda each: each.name)
def test_mesh_and_reflector_lead_to_the_routes_of_the_plan(by: bird.Bird, underlay: str) -> None:
    kernel, planned = written(by, underlay)
    assert kernel == planned
    assert all(len(routes) == 3 for routes in kernel.values())


@needs_bird
def test_without_mesh_and_peers_only_the_blackhole_is_left() -> None:
    kernel, planned = written(ALONE)
    assert kernel == planned
    assert kernel["kind-worker"] == [("blackhole", "10.244.162.128/26", "", "", "")]


@needs_bird
def test_a_peering_between_two_nodes_reaches_no_further() -> None:
    """What a node learnt over iBGP it does not pass on (RFC 4456), unless it is a reflector."""
    middle = "kubernetes.io/hostname == 'kind-control-plane'"
    star = Routing(mesh=False, peerings=(Peering("star", "all()", middle),))
    kernel, planned = written(bird.Bird("star", star))
    assert kernel == planned
    assert {route[1] for route in kernel["kind-worker"]} == {"10.244.82.0/26", "10.244.162.128/26"}
    assert len(kernel["kind-control-plane"]) == 3


def test_confd_knows_who_listens_and_who_reflects() -> None:
    machines = network("calico", "bgp")
    first, second, _ = machines.nodes
    mesh, reflector = MESH.routing, REFLECTOR.routing
    assert confd.configuration(machines, first, mesh).count("passive on;") == 2
    assert confd.configuration(machines, second, mesh).count("passive on;") == 1
    assert confd.configuration(machines, first, reflector).count("rr client;") == 2
    assert "Node_172_18_0_2" in confd.configuration(machines, second, reflector)
    assert "Mesh_172_18_0_4" in confd.configuration(machines, second, reflector)
    assert "rr client" not in confd.configuration(machines, second, reflector)
    assert "protocol bgp" not in confd.configuration(machines, second, ALONE.routing)


@needs_bird
def test_a_bird_that_learns_less_than_the_model_is_found_out(monkeypatch) -> None:
    calico = plugins()["calico"]
    mesh = next(case for case in cases(calico, calico.mode("bgp")) if case.writer == MESH.name)
    monkeypatch.setattr(MESH, "routing", ALONE.routing)
    monkeypatch.setattr(bird, "PATIENCE", 1.0)
    found = {
        each.what: each
        for each in ProveTask(mesh._replace(trials=mesh.trials[:1]))()
        if each.verdict == "differs"
    }
    assert "kernel lacks 'main: 10.244." in found["tables (BIRD: mesh)"].detail
    assert "cross-node-icmp (BIRD: mesh)" in found


@needs_bird
def test_a_bird_that_has_ended_says_why(monkeypatch) -> None:
    monkeypatch.setattr(bird, "configuration", lambda *_: "router id nonsense;\n")
    with pytest.raises(LabError, match=r"kind-control-plane: bird: .*1:11"):
        written(MESH)


def test_what_is_not_here_is_said(monkeypatch) -> None:
    assert "krt_tunnel" in MESH.lacking(operations(network("calico", "ipip", release="3.32")))
    monkeypatch.setenv("PATH", "/nowhere")
    assert MESH.lacking(operations(network("calico", "bgp"))) == "program missing: bird"


KILLED = """
import time
from packetwalk.lab.kernel.programs.plan_writer import left_out
from packetwalk.lab.plugins import writer
from packetwalk.walks.scenario import network
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live

model, by, live = network("calico", "bgp"), writer("calico", "BIRD: mesh"), Live()
plan = operations(model)
live.build(left_out(plan, by))
with by.work(live.inside, model, plan) as speakers:
    print(*speakers.pids, flush=True)
    time.sleep(60)
"""


@needs_bird
def test_killed_it_leaves_no_bird_behind() -> None:
    assert killed(KILLED) == []
