"""Programs of a node that end and begin, on the model as under the real programs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check.beside import module
from packetwalk.lab.grounds.ground import Ground
from tests import ROOT

GIVEN = module(ROOT / "labs" / "10-control-plane" / "predictions.py", "what lab 10 gives to its cluster")
SERVICE, SLICE = GIVEN.SERVICE, GIVEN.SLICE
ROUTE = "ip route del 10.244.2.0/24"


@pytest.fixture(
    scope="module", params=["model", pytest.param("real", marks=[pytest.mark.kernel, pytest.mark.real])]
)
def cluster(request: pytest.FixtureRequest) -> Iterator[Ground]:
    with lab.open("flannel", "vxlan", ground=request.param, programs=True) as made:
        yield made


def answers(cluster: Ground) -> list[str]:
    return [cluster.node(name).curl("shop").strip() for name in cluster.nodes]


def test_without_kube_proxy_a_node_keeps_its_lines_until_it_begins_again(cluster: Ground) -> None:
    cluster.use("vxlan")
    cluster.apply(SERVICE)
    assert "has no endpoints" in cluster.node("kind-worker").run("iptables-save -t filter")
    cluster.apply(SLICE % cluster.address("b"))
    assert answers(cluster) == ["b", "b", "b"]
    cluster.end("kube-proxy", "kind-worker")
    cluster.apply(SLICE % cluster.address("b2"))
    assert answers(cluster) == ["b2", "b", "b2"]
    frames = cluster.capture("a", "shop", proto="tcp").packet().frames
    assert {each.netns for each in frames} >= {"a", "b"}
    cluster.begin("kube-proxy", "kind-worker")
    assert answers(cluster) == ["b2", "b2", "b2"]
    assert cluster.address("b") + ":" not in cluster.node("kind-worker").run("iptables-save -t nat | grep shop").text
    cluster.use("vxlan")
    assert cluster.find("shop") is None, "what was applied is gone"
    assert "shop" not in cluster.node("kind-worker").run("iptables-save")


def test_a_route_of_vxlan_comes_back_with_a_start_of_flanneld_alone(cluster: Ground) -> None:
    cluster.use("vxlan")
    worker = cluster.node("kind-worker")
    before = worker.run("ip route")
    assert worker.run(ROUTE).ok
    cluster.begin("kube-proxy", "kind-worker")
    assert not cluster.pod("a").ping("b").ok
    cluster.end("flanneld", "kind-worker")
    assert not cluster.pod("a").ping("b").ok and cluster.pod("a").ping("a2").ok
    cluster.begin("flanneld", "kind-worker")
    assert cluster.pod("a").ping("b").ok and worker.run("ip route") == before


def test_on_the_model_flanneld_looks_after_routes_of_host_gw_while_it_runs_and_rules_are_written_in_order() -> None:
    with lab.open("flannel", "host-gw", ground="model") as cluster:
        worker = cluster.node("kind-worker")
        worker.run(ROUTE)
        cluster.end("flanneld", "kind-worker")
        cluster.settle()
        assert not cluster.pod("a").ping("b").ok
        cluster.begin("flanneld", "kind-worker")
        worker.run(ROUTE)
        cluster.settle()
        assert cluster.pod("a").ping("b").ok
        before = worker.run("iptables-save -t nat")
        assert worker.run("iptables -t nat -D FLANNEL-POSTRTG 2").ok
        cluster.begin("flanneld", "kind-worker")
        assert worker.run("iptables-save -t nat") == before


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (SLICE % "b", "address"),
        (SLICE.replace("ports: [{name: http, port: 8080, protocol: TCP}]", "") % "10.244.2.2", "EndpointSlice"),
        (SERVICE.replace("10.96.0.90", "10.96.0.80"), "clusterIP of shop"),
        (SERVICE.replace("10.96.0.90", "10.9.0.90"), "clusterIP of shop"),
        (SERVICE.replace("]", ", {name: other, port: 81}]"), "ports of shop"),
    ],
)
def test_what_an_api_server_refuses_is_one_line_and_changes_nothing(manifest: str, said: str) -> None:
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        cluster.apply(SERVICE + "---" + SLICE % cluster.address("b"))
        with pytest.raises(BadInput, match=said):
            cluster.apply(manifest)
        assert answers(cluster) == ["b", "b", "b"]
        with pytest.raises(BadInput, match="program of a node"):
            cluster.end("kubelet", "kind-worker")
        with pytest.raises(BadInput, match="node"):
            cluster.end("kube-proxy", "kind-worker9")


@pytest.mark.parametrize("ground", ["netns", "kind"])
def test_other_grounds_say_in_a_line_that_nothing_ends_there(ground: str) -> None:
    with pytest.raises(LabError, match=f"^ground {ground}: .* for real and model$"):
        lab.open("flannel", "vxlan", ground=ground, programs=True)
