"""etcd, kube-apiserver and kube-proxy as they are: ready, closed to others, and in step with what was applied."""

from __future__ import annotations

import http
import json
from collections.abc import Iterator

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.kernel.build import Lab
from packetwalk.lab.real import objects
from packetwalk.lab.real.api import Api, ApiRefused
from packetwalk.lab.real.control_plane import ControlPlane
from packetwalk.lab.real.credentials import HOME, private_key
from packetwalk.lab.real.kube_proxy import LISTING, Marker, RealKubeProxy
from packetwalk.plan import underlay
from packetwalk.plan.cluster import API_PORT, Cluster
from tests.lab.left import running

pytestmark = [pytest.mark.kernel, pytest.mark.real]
CLUSTER = Cluster()
FIRST, WORKER = CLUSTER.nodes[:2]


@pytest.fixture(scope="module")
def machines() -> Iterator[Lab]:
    plan = [op for node in (FIRST, WORKER) for op in underlay.node_plan(CLUSTER, node)]
    with Lab(plan) as made:
        yield made


@pytest.fixture(scope="module")
def plane(machines: Lab) -> Iterator[ControlPlane]:
    with ControlPlane(machines.netns[FIRST.name], FIRST.address) as made:
        made.join(machines.netns[WORKER.name])
        node, status = objects.node(WORKER, str(CLUSTER.pod_cidr(WORKER)))
        made.api.apply(node)
        made.api.apply(status, status=True)
        yield made
        daemons = [each.pid for each in made.daemons]
    assert running(daemons) == []


def test_the_machines_see_it_and_nobody_without_a_token(machines: Lab, plane: ControlPlane) -> None:
    stranger = Api(machines.netns[WORKER.name], FIRST.address, API_PORT, "guessed")
    with pytest.raises(ApiRefused) as refused:
        stranger.all("Service")
    assert refused.value.code == http.HTTPStatus.UNAUTHORIZED
    stranger.close()
    assert [each["metadata"]["name"] for each in plane.api.all("Service")] == ["kubernetes"]
    with pytest.raises(LabError, match="refused"):
        Api(machines.netns[WORKER.name], WORKER.address, API_PORT, "").all("Service")


def test_only_root_of_a_machine_reads_its_secrets(machines: Lab, plane: ControlPlane) -> None:
    for name in (FIRST.name, WORKER.name):
        secret = machines.netns[name].run(["find", str(HOME), "-type", "f", "-perm", "/077"]).split()
        assert [each for each in secret if not each.endswith(".crt")] == []
        assert machines.netns[name].run(["stat", "-c", "%a", str(HOME)]) == "700\n"
    config = json.loads(machines.netns[WORKER.name].run(["cat", str(HOME / "kubeconfig")]))
    assert config["clusters"][0]["cluster"]["server"] == "https://172.18.0.2:6443"


def test_a_private_key_is_another_each_time() -> None:
    assert private_key() != private_key()
    assert private_key().startswith("-----BEGIN EC PRIVATE KEY-----\n")


def test_what_the_server_refuses_is_one_line(plane: ControlPlane) -> None:
    wrong = {**objects.service(CLUSTER.services[0]), "spec": {"clusterIP": "10.96.0.80", "ports": []}}
    with pytest.raises(ApiRefused, match=r"kube-apiserver, PATCH .*ports.*Required") as refused:
        plane.api.apply(wrong)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("mode", sorted(LISTING))
def test_kube_proxy_has_written_what_was_applied_before_the_marker(
    machines: Lab, plane: ControlPlane, mode: str
) -> None:
    worker = machines.netns[WORKER.name]
    web = objects.service(CLUSTER.services[0])
    pod = {
        "metadata": {"name": "b", "namespace": "default", "labels": {"app": "b"}},
        "spec": {"nodeName": WORKER.name, "containers": []},
        "status": {"podIP": "10.244.2.2", "conditions": [{"type": "Ready", "status": "True"}]},
    }
    proxy = RealKubeProxy(worker, str(CLUSTER.pod_network), mode)
    try:
        for end in ("10.244.2.2", "10.244.2.9"):
            pod["status"]["podIP"] = end
            written = objects.selected(web, [pod])
            assert written
            plane.api.apply(web, written)
            proxy.synced(Marker(plane))
            assert end in worker.run(LISTING[mode])
        assert "10.244.2.2" not in worker.run(LISTING[mode]).replace(end, "")
        plane.api.delete(web, written)
        proxy.synced(Marker(plane))
        assert "10.96.0.80" not in worker.run(LISTING[mode])
    finally:
        proxy.close()
    assert running([proxy.daemon.pid]) == []
