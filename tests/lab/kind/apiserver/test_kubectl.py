"""The ground kind from open to close with the real kubectl: each call it makes is understood, and does what it should."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from packetwalk.errors import LabError
from packetwalk.lab.grounds.kind import KindGround
from packetwalk.lab.kind.recording.foreign import Foreign
from packetwalk.lab.kind.running.reach import Reach
from tests import ROOT
from tests.lab.kind.apiserver.hands import Hands
from tests.lab.kind.conftest import Machine

pytestmark = [pytest.mark.kernel, pytest.mark.real]
CHANGES = re.compile(r"\bcluster\.(apply|delete)\(")
POOL = """
apiVersion: projectcalico.org/v3
kind: IPPool
metadata: {name: default-ipv4-ippool}
spec: {cidr: 10.244.0.0/16, ipipMode: Always}
"""


def cells(plugin: str) -> Iterator[tuple[str, str]]:
    """Yield lab and code of the cells of solutions that change a cluster of this plugin."""
    for file in sorted(ROOT.glob("labs/*/solution.ipynb")):
        codes = ["".join(each["source"]) for each in json.loads(file.read_text())["cells"] if each["cell_type"] == "code"]
        if any(re.search(rf'lab\.open\("{plugin}"', code) for code in codes):
            yield from ((file.parent.name, code) for code in codes if CHANGES.search(code))


def done(ground: KindGround, code: str) -> list[str]:
    """Do what a cell does to a cluster, and nothing else of it; return what kubectl says."""
    said: list[str] = []

    class Cluster:
        address = staticmethod(ground.find)

        def apply(self, text: str) -> None:
            said.extend(ground.apply(text))

        def delete(self, text: str) -> None:
            said.extend(ground.delete(text))

    tree = ast.parse(code)
    tree.body = [each for each in tree.body if CHANGES.search(ast.unparse(each))]
    exec(compile(tree, "cell", "exec"), {"cluster": Cluster()})
    return said


def data(hands: Hands, *words: str) -> Any:
    """Return what kubectl prints of objects."""
    return json.loads(hands.run(["--kubeconfig", str(hands.file), "get", *words, "--output", "json"])[1])


def test_flannel_from_open_to_close(real_kubectl: Machine, hands: Hands) -> None:
    with KindGround("flannel", "vxlan") as ground:
        assert ground.nodes == ("kind-control-plane", "kind-worker", "kind-worker2")
        assert ground.pods == ("a", "a2", "b", "b2") and ground.services == ("kubernetes", "near", "web")
        assert (ground.find("web"), ground.find("kind-worker2")) == ("10.96.0.80", "172.18.0.4")
        homes = {each["metadata"]["name"]: each["spec"]["nodeName"] for each in data(hands, "pods")["items"]}
        assert homes == {"a": "packetwalk-flannel-worker", "a2": "packetwalk-flannel-worker",
                         "b": "packetwalk-flannel-worker2", "b2": "packetwalk-flannel-worker2"}  # fmt: skip
        where = ("daemonset/kube-flannel-ds", "--namespace", "kube-flannel")
        before = data(hands, *where)["metadata"]["generation"]
        ground.use("host-gw")
        assert data(hands, *where)["metadata"]["generation"] == before + 1, "restarted"
        assert _backend(hands) == {"Type": "host-gw"}
        for lab, code in cells("flannel"):
            assert done(ground, code) == ["configmap/kube-flannel-cfg serverside-applied"], lab
        assert _backend(hands) == {"Type": "vxlan", "MTU": 1400}
        with pytest.raises(LabError, match=r"namespaces \"nowhere\" not found") as refused:
            ground.apply("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: it, namespace: nowhere}\n")
        assert "\n" not in str(refused.value)
    assert real_kubectl.nothing_left()


def _backend(hands: Hands) -> Any:
    held = data(hands, "configmap/kube-flannel-cfg", "--namespace", "kube-flannel")
    return json.loads(held["data"]["net-conf.json"])["Backend"]


def test_calico_with_all_that_its_labs_apply(real_kubectl: Machine, hands: Hands) -> None:
    with KindGround("calico", "ipip") as ground:
        assert ground.apply(POOL) == ["ippool.crd.projectcalico.org/default-ipv4-ippool serverside-applied"]  # calico-node makes the first
        ground.use("vxlan-crosssubnet")
        assert _pool(hands) == ("Never", "CrossSubnet")
        for lab, code in cells("calico"):
            told = done(ground, code)
            assert told and all(re.search(r" (serverside-applied|deleted( from default namespace)?)$", line) for line in told), lab
        assert _pool(hands) == ("Never", "Never")
        (node,) = (each for each in data(hands, "nodes")["items"] if each["metadata"]["labels"].get("route-reflector") == "true")
        assert node["metadata"]["name"] == "packetwalk-calico-control-plane"
        left = [each["metadata"]["name"] for each in data(hands, "networkpolicies.networking.k8s.io")["items"]]
        assert left == ["job", "probe"]
    assert real_kubectl.nothing_left()


def _pool(hands: Hands) -> tuple[str, str]:
    spec = data(hands, "ippools.crd.projectcalico.org/default-ipv4-ippool")["spec"]
    return spec["ipipMode"], spec["vxlanMode"]


def test_a_cluster_of_somebody_else_is_asked(real_kubectl: Machine, hands: Hands) -> None:
    """``record`` reads it with a kubeconfig that kind prints."""
    with KindGround("flannel", "vxlan"), Foreign("packetwalk-flannel") as foreign:
        assert set(Reach(foreign).nodes.values()) == {"172.18.0.2", "172.18.0.3", "172.18.0.4"}
        assert set(Reach(foreign, "kube-system").pods) == set()


def test_the_labs_that_change_a_cluster_are_found() -> None:
    assert [lab for lab, _ in cells("flannel")] == ["1-flannel", "2-mtu"]
    assert {lab for lab, _ in cells("calico")} == {"4-calico", "9-policy"}
