"""YAML documents that change a network: what is understood, what is named and left alone, what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.cni.calico.bgp import selects
from packetwalk.errors import BadInput
from packetwalk.lab import manifests
from packetwalk.lab.manifests import Asked, Settings, change
from packetwalk.lab.plugins import plugin_slice
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network


def read(text: str | Path, plugin: str, mode: str, settings: Settings) -> Asked:
    return manifests.read(text, plugin, plugin_slice(plugin).readers, mode, settings)


def flannel(backend: str) -> str:
    return f"kind: ConfigMap\nmetadata: {{name: kube-flannel-cfg}}\ndata:\n  net-conf.json: '{backend}'\n"


def pool(spec: str) -> str:
    return f"kind: IPPool\nmetadata: {{name: default-ipv4-ippool}}\nspec: {{cidr: 10.244.0.0/16, {spec}}}\n"


@pytest.mark.parametrize(
    ("plugin", "text", "mode", "mtu"),
    [
        ("flannel", flannel('{"Backend": {"Type": "host-gw"}}'), "host-gw", None),
        (
            "flannel",
            flannel('{"Backend": {"Type": "vxlan", "DirectRouting": true}}'),
            "vxlan-directrouting",
            None,
        ),
        ("flannel", flannel('{"Backend": {"Type": "vxlan", "MTU": 1400}}'), "vxlan", 1350),
        ("flannel", flannel('{"Backend": {"Type": "wireguard", "MTU": 1400}}'), "wireguard", 1320),
        ("flannel", flannel('{"Network": "10.244.0.0/16"}'), "udp", None),
        ("calico", pool("ipipMode: Always"), "ipip", None),
        ("calico", pool("ipipMode: Never, vxlanMode: CrossSubnet"), "vxlan-crosssubnet", None),
        ("calico", pool("ipipMode: Never, vxlanMode: Never"), "bgp", None),
        ("calico", "kind: FelixConfiguration\nspec: {wireguardEnabled: true}\n", "wireguard", None),
    ],
)
def test_mode_and_mtu(plugin: str, text: str, mode: str, mtu: int | None) -> None:
    asked = read(text, plugin, "ipip", Settings())
    assert (asked.mode, asked.settings.mtu) == (mode, mtu)
    assert len(asked.lines) == 1


def test_weaves_environment() -> None:
    container = (
        "{name: weave, env: [{name: WEAVE_MTU, value: '1300'}, {name: WEAVE_PASSWORD, valueFrom: {}}]}"
    )
    text = f"kind: DaemonSet\nmetadata: {{name: weave-net}}\nspec: {{template: {{spec: {{containers: [{container}]}}}}}}\n"
    asked = read(text, "weave", "fastdp", Settings())
    assert (asked.mode, asked.settings.mtu) == ("fastdp-encrypted", 1300)
    assert asked.lines == ["DaemonSet/weave-net: mode fastdp-encrypted, MTU 1300 for pods"]


def test_what_changes_nothing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "some.yaml"
    file.write_text(
        "---\nkind: Secret\nmetadata: {name: s}\n---\n" + flannel('{"Backend": {"Type": "vxlan", "VNI": 7}}')
    )
    asked = read(file, "flannel", "host-gw", Settings())
    assert asked.lines == [
        "Secret/s: does not change the network of flannel here",
        "ConfigMap/kube-flannel-cfg: mode vxlan; left alone: VNI",
    ]
    assert read(str(file), "flannel", "host-gw", Settings()) == asked


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("kind: ConfigMap\n\tx", r"^manifest: .line 2: .*; valid: YAML$"),
        ("- a list\n- of words\n", r"^document 1: .*; valid: a resource with apiVersion and kind$"),
        ("kind: ConfigMap\nmetadata: {name: c}\n", r"^ConfigMap/c: \"KeyError: 'data'\""),
        (flannel("{no json"), r"^ConfigMap/kube-flannel-cfg: .*JSONDecodeError"),
        (flannel('{"Backend": {"Type": "vxlam"}}'), r"^mode of flannel: 'vxlam'.*valid: vxlan, "),
        ("/nowhere/at/all.yaml", r"^manifest: '/nowhere/at/all.yaml' .*No such file or directory"),
    ],
)
def test_what_is_wrong_is_one_clear_line(text: str, line: str) -> None:
    with pytest.raises(BadInput, match=line):
        read(text, "flannel", "vxlan", Settings())


MESH_OFF = "kind: BGPConfiguration\nmetadata: {name: default}\nspec: {nodeToNodeMeshEnabled: false}\n"
REFLECTOR = """
kind: Node
metadata: {name: kind-control-plane, labels: {route-reflector: "true"}}
spec: {bgp: {routeReflectorClusterID: 244.0.0.1}}
"""
PEER = """
kind: BGPPeer
metadata: {name: to-reflectors}
spec: {nodeSelector: "!has(route-reflector)", peerSelector: "route-reflector == 'true'"}
"""


def routes(text: str, node: str) -> set[str]:
    """Return the networks that a node learns from others by BIRD."""
    settings = Settings()
    for part in text.split("---"):
        settings = read(part, "calico", "bgp", settings).settings if part.strip() else settings
    network = Network(Cluster(), "calico", "bgp", change=change(settings))
    entries = [op.entry for op in network.plan(node) if op.by == "BIRD"]
    return {e.dst for e in entries if isinstance(e, RouteEntry) and e.type == "unicast"}


def test_from_mesh_to_route_reflector() -> None:
    everybody = {"10.244.0.0/26", "10.244.2.0/26"}
    assert routes("", "kind-worker") == everybody
    assert routes(MESH_OFF, "kind-worker") == set()
    assert routes("---".join([MESH_OFF, REFLECTOR]), "kind-worker") == set()
    assert routes("---".join([MESH_OFF, REFLECTOR, PEER]), "kind-worker") == everybody
    not_reflecting = REFLECTOR.replace("routeReflectorClusterID: 244.0.0.1", "")
    assert routes("---".join([MESH_OFF, not_reflecting, PEER]), "kind-worker") == {"10.244.0.0/26"}
    assert routes("---".join([MESH_OFF, not_reflecting, PEER]), "kind-control-plane") == {
        "10.244.1.0/26",
        "10.244.2.0/26",
    }
    assert routes(REFLECTOR, "kind-worker") == {"10.244.2.0/26"}, "a reflector has left the mesh"


def test_a_peering_by_address_and_node() -> None:
    peer = (
        "kind: BGPPeer\nmetadata: {name: p}\nspec: {node: kind-worker, peerIP: 172.18.0.4, asNumber: 64512}\n"
    )
    assert routes("---".join([MESH_OFF, peer]), "kind-worker") == {"10.244.2.0/26"}
    assert routes("---".join([MESH_OFF, peer]), "kind-worker2") == {"10.244.1.0/26"}


@pytest.mark.parametrize(
    ("selector", "found"),
    [
        ("all()", True),
        ("", True),
        ("has(a)", True),
        ("!has(a)", False),
        ("a == 'b'", True),
        ("a != 'b'", False),
    ],
)
def test_selectors(selector: str, found: bool) -> None:
    assert selects(selector, {"a": "b"}) is found
    assert selects(selector, {}) is (selector in ("all()", "", "!has(a)", "a != 'b'"))


def test_a_selector_nobody_can_read_is_one_clear_line() -> None:
    with pytest.raises(BadInput, match=r"^selector: 'a in b'.*valid: all\(\), has\(KEY\)"):
        read(PEER.replace("!has(route-reflector)", "a in b"), "calico", "bgp", Settings())
