"""Real BIRD in every node: its routes are the model's, whoever speaks to whom; it leaves nothing behind."""

from __future__ import annotations

import pytest

from packetwalk.cluster import Cluster
from packetwalk.cni import plugins
from packetwalk.errors import LabError
from packetwalk.lab import bird
from packetwalk.lab.bgp import Peering, Routing
from packetwalk.lab.cases import cases, network
from packetwalk.lab.everything import operations
from packetwalk.lab.live import Live
from packetwalk.lab.prove import Task
from tests.lab.needs import killed, needs

needs_bird = needs("bird")


def written(routing: Routing, underlay: str = "flat") -> tuple[dict, dict]:
    """Return the routes by BIRD of each node: in the kernel, and in the model's plan as the routing leaves it."""
    model = network("calico", "bgp", underlay, None, None)
    plan = operations(model)
    learnt = [op for node in model.nodes for op in routing.change(model.cluster, node, model.plan(node.name))]
    live = Live()
    try:
        live.build([op for op in plan if not bird.writes(op)])
        with bird.Speakers(live.inside, model.cluster, routing) as speakers:
            speakers.wait(learnt)
            kernel = {
                node.name: sorted(map(_line, bird.routes(live.inside[node.name]))) for node in model.nodes
            }
    finally:
        live.close()
    planned = {
        node.name: sorted(
            _line(op.entry.json()) for op in learnt if op.netns == node.name and bird.writes(op)
        )
        for node in model.nodes
    }
    return kernel, planned


def _line(route: dict) -> tuple[str, ...]:
    keys = ("type", "dst", "gateway", "dev", "metric")
    return tuple(str(route.get(key, "unicast" if key == "type" else "")) for key in keys)


@needs_bird
@pytest.mark.parametrize("underlay", ["flat", "routed"])
@pytest.mark.parametrize("name", ["mesh", "reflector"])
def test_mesh_and_reflector_lead_to_the_routes_of_the_plan(name: str, underlay: str) -> None:
    kernel, planned = written(bird.ROUTINGS[name], underlay)
    assert kernel == planned
    assert all(len(routes) == 3 for routes in kernel.values())


@needs_bird
def test_without_mesh_and_peers_only_the_blackhole_is_left() -> None:
    kernel, planned = written(bird.ROUTINGS["no peers"])
    assert kernel == planned
    assert kernel["kind-worker"] == [("blackhole", "10.244.1.0/26", "", "", "")]


@needs_bird
def test_a_peering_between_two_nodes_reaches_no_further() -> None:
    """What a node learnt over iBGP it does not pass on (RFC 4456), unless it is a reflector."""
    middle = "kubernetes.io/hostname == 'kind-control-plane'"
    star = Routing(mesh=False, peerings=(Peering("star", "all()", middle),))
    kernel, planned = written(star)
    assert kernel == planned
    assert {route[1] for route in kernel["kind-worker"]} == {"10.244.0.0/26", "10.244.1.0/26"}
    assert len(kernel["kind-control-plane"]) == 3


def test_confd_knows_who_listens_and_who_reflects() -> None:
    machines = Cluster()
    first, second, _ = machines.nodes
    mesh, reflector = bird.ROUTINGS["mesh"], bird.ROUTINGS["reflector"]
    assert bird.configuration(machines, first, mesh).count("passive on;") == 2
    assert bird.configuration(machines, second, mesh).count("passive on;") == 1
    assert bird.configuration(machines, first, reflector).count("rr client;") == 2
    assert "Node_172_18_0_2" in bird.configuration(machines, second, reflector)
    assert "Mesh_172_18_0_4" in bird.configuration(machines, second, reflector)
    assert "rr client" not in bird.configuration(machines, second, reflector)
    assert "protocol bgp" not in bird.configuration(machines, second, bird.ROUTINGS["no peers"])


@needs_bird
def test_a_bird_that_learns_less_than_the_model_is_found_out(monkeypatch) -> None:
    calico = plugins()["calico"]
    mesh = next(case for case in cases(calico, calico.mode("bgp")) if case.bird == "mesh")
    monkeypatch.setitem(bird.ROUTINGS, "mesh", bird.ROUTINGS["no peers"])
    monkeypatch.setattr(bird, "PATIENCE", 1.0)
    found = {each.what: each for each in Task(mesh)() if each.verdict == "differs"}
    assert "kernel lacks 'main: 10.244." in found["tables (BIRD: mesh)"].detail
    assert "cross-node-icmp (BIRD: mesh)" in found


@needs_bird
def test_a_bird_that_has_ended_says_why(monkeypatch) -> None:
    monkeypatch.setattr(bird, "configuration", lambda *_: "router id nonsense;\n")
    with pytest.raises(LabError, match=r"kind-control-plane: bird: .*1:11"):
        written(bird.ROUTINGS["mesh"])


def test_what_is_not_here_is_said(monkeypatch) -> None:
    tunnelled = operations(network("calico", "ipip", "flat", None, None))
    assert "krt_tunnel" in bird.lacking(tunnelled)
    monkeypatch.setenv("PATH", "/nowhere")
    assert bird.lacking(operations(network("calico", "bgp", "flat", None, None))) == "program missing: bird"


KILLED = """
import time
from packetwalk.lab import bird
from packetwalk.lab.cases import network
from packetwalk.lab.everything import operations
from packetwalk.lab.live import Live

model = network("calico", "bgp", "flat", None, None)
live = Live()
live.build([op for op in operations(model) if not bird.writes(op)])
speakers = bird.Speakers(live.inside, model.cluster, bird.ROUTINGS["mesh"])
print(*speakers.pids, flush=True)
time.sleep(60)
"""


@needs_bird
def test_killed_it_leaves_no_bird_behind() -> None:
    assert killed(KILLED) == []
