"""A machine with fake docker, kind and kubectl on its PATH, and a home of its own."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from packetwalk.lab.kind import pins
from packetwalk.lab.plugins import installation, installations
from tests.lab.kind.fakes.exchange import PROGRAM, Exchange

SECRET = "correct-horse-battery-staple"  # planted wherever a secret may be in a cluster

POD = {"a": ("worker", "10.244.1.2"), "b": ("worker2", "10.244.2.2")}


class Machine:
    """What the fakes know and what they were asked."""

    def __init__(self, folder: Path, cluster: str) -> None:
        self.folder, self.cluster = folder, cluster
        images = [each for part in _images() for each in part]
        self.state: dict[str, Any] = {
            "clusters": [],
            "containers": {},
            "images": {},
            "registry": {each.image: each.digest or f"sha256:{'0' * 64}" for each in images},
            "objects": _objects(cluster),
            "answers": _answers(),
            "frames": [],
            "no modules": [],
        }
        self.exchange = Exchange(copy.deepcopy(self.state))

    def write(self, **state: Any) -> None:
        """Put the machine back to how it was given, with this changed."""
        self.state = {**self.state, **state}
        self.exchange.programs.state = copy.deepcopy(self.state)

    def now(self) -> dict[str, Any]:
        return copy.deepcopy(self.exchange.programs.state)

    def fail(self, pattern: str | None = None, text: str = "", code: int = 1, stays: bool = False) -> None:
        """Let calls that match ``pattern`` say ``text`` and end with ``code``, or first stay until the end."""
        self.exchange.failures = {} if pattern is None else {pattern: (text, code, stays)}

    @property
    def calls(self) -> list[list[str]]:
        return list(self.exchange.calls)

    @property
    def ran(self) -> list[Any]:
        return list(self.exchange.log.ran)

    @property
    def applied(self) -> list[str]:
        return list(self.exchange.log.applied)

    @property
    def requests(self) -> list[dict[str, Any]]:
        return list(self.exchange.log.requests)

    def called(self, *words: str) -> list[list[str]]:
        return [call for call in self.calls if call[: len(words)] == list(words)]

    def nothing_left(self) -> bool:
        state, home = self.now(), self.folder / "state" / "packetwalk" / "kind"
        return (
            not state["clusters"] and not state["containers"] and not (home.exists() and list(home.iterdir()))
        )


def _images() -> list[tuple[pins.Image, ...]]:
    return [
        (pins.node(), pins.tools(), pins.workload()),
        *(each.images for each in installations().values()),
    ]


def _objects(cluster: str) -> dict[str, Any]:
    suffixes = ("control-plane", "worker", "worker2")
    nodes = [
        {
            "metadata": {"name": f"{cluster}-{suffix}", "annotations": {"token": SECRET}},
            "status": {
                "addresses": [
                    {"type": "Hostname", "address": suffix},
                    {"type": "InternalIP", "address": f"172.18.0.{2 + n}"},
                ]
            },
        }
        for n, suffix in enumerate(suffixes)
    ]
    pods = [
        {
            "metadata": {"name": name, "annotations": {"token": SECRET}},
            "spec": {
                "nodeName": f"{cluster}-{suffix}",
                "containers": [{"env": [{"name": "TOKEN", "value": SECRET}]}],
            },
            "status": {"podIP": address},
        }
        for name, (suffix, address) in POD.items()
    ]
    host = {
        "metadata": {"name": "kube-proxy"},
        "spec": {"nodeName": f"{cluster}-worker", "hostNetwork": True},
        "status": {"podIP": "172.18.0.3"},
    }
    services = [
        {"metadata": {"name": "web", "annotations": {"token": SECRET}}, "spec": {"clusterIP": "10.96.0.80"}},
        {"metadata": {"name": "headless"}, "spec": {"clusterIP": "None"}},
    ]
    return {
        "nodes": nodes,
        "pods": [*pods, host],
        "services": services,
        "configmaps": [{"metadata": {"name": "settings"}, "data": {"TOKEN": SECRET}}],
        "secrets": [{"metadata": {"name": "token"}, "data": {"TOKEN": SECRET}}],
    }


def _answers() -> dict[str, str]:
    link = {"ifindex": 2, "ifname": "eth0", "flags": ["UP"], "mtu": 1450, "address": "02:42:0a:f4:01:02", "link_type": "ether"}  # fmt: skip
    return {
        "ip -j -d link": json.dumps([link]),
        "ip -j addr": "[]",
        "ip -j route show table all": "[]",
        "ip -j rule": "[]",
        "ip -j neigh": "[]",
        "ip route": "default via 172.18.0.1 dev eth0 ",
        "ip -j route show default": json.dumps([{"dst": "default", "gateway": "172.18.0.1", "dev": "eth0"}]),
        "bridge -j fdb show dev flannel.1": json.dumps([{"mac": "8e:00:00:00:00:02", "ifname": "flannel.1", "dst": "172.18.0.4"}]),
        "ip -j neigh show dev flannel.1": json.dumps([{"dst": "10.244.2.0", "lladdr": "8e:00:00:00:00:02"}]),
        "ip -j route show dev flannel.1": json.dumps([{"dst": "10.244.2.0/24", "gateway": "10.244.2.0"}]),
        "conntrack -L": "tcp 6 9 ESTABLISHED src=10.244.1.2 dst=10.244.2.2 sport=1 dport=80\n"
        "tcp 6 9 ESTABLISHED src=10.244.1.77 dst=192.0.2.9 sport=1 dport=443",
        "uname -sr": "Linux 6.8.0",
    }  # fmt: skip


def manifests() -> dict[str, str]:
    """Small manifests of the plugins' shape, in place of the released ones, which are pinned by digest."""
    container = {
        "name": "calico-node",
        "image": "x",
        "env": [{"name": "CALICO_IPV4POOL_IPIP", "value": "Always"}],
    }
    weave = [{"name": "weave", "image": "rajchaudhuri/weave-kube:latest", "imagePullPolicy": "Always", "env": None},
             {"name": "weave-npc", "image": "rajchaudhuri/weave-npc:latest", "imagePullPolicy": "Always"}]  # fmt: skip
    net = {"Network": "10.244.0.0/16", "EnableNFTables": False, "Backend": {"Type": "vxlan"}}

    def daemonset(name: str, containers: list[dict[str, Any]]) -> dict[str, Any]:
        labels = {"app": name}
        return {
            "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": "kube-system"},
            "spec": {"selector": {"matchLabels": labels}, "template": {
                "metadata": {"labels": labels},
                "spec": {"initContainers": [dict(each) for each in containers[:1]], "containers": containers}}},
        }  # fmt: skip

    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "it", "namespace": "kube-system"},
    }
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "kube-flannel-cfg", "namespace": "kube-flannel"},
              "data": {"cni-conf.json": "{}", "net-conf.json": json.dumps(net)}}  # fmt: skip
    return {
        "flannel": yaml.safe_dump_all([account, config]),
        "calico": yaml.safe_dump_all([account, daemonset("calico-node", [container])]),
        "weave": yaml.safe_dump(
            {"apiVersion": "v1", "kind": "List", "items": [account, daemonset("weave-net", weave)]}
        ),
    }


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """The fakes are the only docker, kind and kubectl there are; downloads come from memory."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("docker", "kind", "kubectl"):
        (programs / name).symlink_to(PROGRAM)
    made = Machine(tmp_path, "packetwalk-flannel")
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("FAKE_PORT", str(made.exchange.port))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PACKETWALK_KIND_REUSE", raising=False)
    texts = {installation(name).manifest.url: text for name, text in manifests().items()}
    monkeypatch.setattr(
        pins, "fetch", lambda file: texts[file.url].encode() if file.url in texts else b"archive"
    )
    program = tmp_path / "bridge"
    program.write_text("bridge")
    monkeypatch.setattr("packetwalk.lab.plugins.flannel.bridge.extract", lambda architecture: program)
    yield made
    made.exchange.close()
