"""YAML documents that change a network: what is understood, what is named and left alone, what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.control.calico.bgp import selects
from packetwalk.errors import BadInput
from packetwalk.lab import manifests
from packetwalk.lab.manifests import Asked, Settings, change
from packetwalk.lab.plugins import plugin_slice
from packetwalk.plan.cluster import Cluster
from packetwalk.tables import RouteEntry
from packetwalk.walks.network import Network
from packetwalk.wire import Ipv4


def read(text: str | Path, plugin: str, mode: str, settings: Settings) -> Asked:
    return manifests.read(text, plugin, plugin_slice(plugin).readers, mode, settings)


def flannel(backend: str) -> str:
    conf = backend.replace("{", '{"Network": "10.244.0.0/16", ', 1)
    return f"kind: ConfigMap\nmetadata: {{name: kube-flannel-cfg}}\ndata:\n  net-conf.json: '{conf}'\n"


def pool(spec: str) -> str:
    return f"kind: IPPool\nmetadata: {{name: default-ipv4-ippool}}\nspec: {{cidr: 10.244.0.0/16, {spec}}}\n"


def felix(spec: str) -> str:
    return f"kind: FelixConfiguration\nmetadata: {{name: default}}\nspec: {{{spec}}}\n"


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
        ("flannel", flannel('{"SubnetLen": 24}'), "udp", None),
        ("calico", pool("ipipMode: Always"), "ipip", None),
        ("calico", pool("ipipMode: Never, vxlanMode: CrossSubnet"), "vxlan-crosssubnet", None),
        ("calico", pool("ipipMode: Never, vxlanMode: Never"), "bgp", None),
        ("calico", felix("wireguardEnabled: true"), "wireguard", None),
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
        (
            "kind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\n",
            r"^ConfigMap/kube-flannel-cfg, data: None is not",
        ),
        (flannel("{no json"), r"^ConfigMap/kube-flannel-cfg, net-conf.json: .*; valid: JSON$"),
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
    everybody = {"10.244.82.0/26", "10.244.110.128/26"}
    assert routes("", "kind-worker") == everybody
    assert routes(MESH_OFF, "kind-worker") == set()
    assert routes("---".join([MESH_OFF, REFLECTOR]), "kind-worker") == set()
    assert routes("---".join([MESH_OFF, REFLECTOR, PEER]), "kind-worker") == everybody
    not_reflecting = REFLECTOR.replace("routeReflectorClusterID: 244.0.0.1", "")
    assert routes("---".join([MESH_OFF, not_reflecting, PEER]), "kind-worker") == {"10.244.82.0/26"}
    assert routes("---".join([MESH_OFF, not_reflecting, PEER]), "kind-control-plane") == {
        "10.244.162.128/26",
        "10.244.110.128/26",
    }
    assert routes(REFLECTOR, "kind-worker") == {"10.244.110.128/26"}, "a reflector has left the mesh"


def test_a_peering_by_address_and_node() -> None:
    peer = (
        "kind: BGPPeer\nmetadata: {name: p}\nspec: {node: kind-worker, peerIP: 172.18.0.4, asNumber: 64512}\n"
    )
    assert routes("---".join([MESH_OFF, peer]), "kind-worker") == {"10.244.110.128/26"}
    assert routes("---".join([MESH_OFF, peer]), "kind-worker2") == {"10.244.162.128/26"}


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


CALICO = [
    (
        pool("ipipMode: Always, vxlanMode: Always"),
        "spec: 'ipipMode Always, vxlanMode Always'",
        "one of the two",
    ),
    (pool("ipipMode: always"), "ipipMode: 'always'", "Always, CrossSubnet, Never"),
    (pool("ipipmode: Always"), "field: 'ipipmode'", "cidr, ipipMode"),
    (pool("natOutgoing: 'false'"), "natOutgoing: 'false'", "true, false, without quotes"),
    (pool("blockSize: 40"), "blockSize: 40", "20 to 32"),
    (pool("ipipMode: Always").replace("10.244", "10.9"), "cidr: '10.9.0.0/16'", "10.244.0.0/16"),
    (pool("x: 1").replace("cidr: 10.244.0.0/16, x: 1", "ipipMode: Always"), "cidr: None", "10.244.0.0/16"),
    (
        pool("ipipMode: Always").replace("default-ipv4", "other"),
        "name: 'other-ippool'",
        "default-ipv4-ippool",
    ),
    (pool("ipipMode: Always").replace("spec", "sepc"), "field: 'sepc'", "apiVersion, kind, metadata, spec"),
    ("apiVersion: v1\n" + pool("ipipMode: Always"), "apiVersion: 'v1'", "projectcalico.org/v3"),
    (felix("ipipMTU: 10"), "ipipMTU: 10", "68 to 65535"),
    (felix("ipipMTU: '1400'"), "ipipMTU: '1400'", "68 to 65535"),
    (felix("wireguardEnabled: 'false'"), "wireguardEnabled: 'false'", "true, false, without quotes"),
    (felix("wiregaurdEnabled: true"), "field: 'wiregaurdEnabled'", "wireguardEnabled"),
    (felix("ipipMTU: 1400").replace("default", "node.kind-worker"), "name: 'node.kind-worker'", "default"),
    (MESH_OFF.replace("false", "'false'"), "nodeToNodeMeshEnabled: 'false'", "true, false"),
    (MESH_OFF.replace("Mesh", "Mash"), "field: 'nodeToNodeMashEnabled'", "nodeToNodeMeshEnabled"),
    (REFLECTOR.replace('"true"', "true"), "labels: {'route-reflector': True}", "text in quotes"),
    (REFLECTOR.replace("244.0.0.1", "true"), "routeReflectorClusterID: True", "an IPv4 address"),
    (REFLECTOR.replace("kind-control-plane", "nobody"), "name: 'nobody'", "kind-control-plane, kind-worker"),
    (PEER.replace("peerSelector", "peerselector"), "field: 'peerselector'", "peerSelector"),
    (PEER.replace("nodeSelector", "peerIP: 172.18.0.3, nodeSelector"), "peerIP and peerSelector", "one of"),
    (
        PEER.replace(", peerSelector: \"route-reflector == 'true'\"", ""),
        "['nodeSelector']",
        "peerSelector or peerIP",
    ),
    ("kind: IPPool\nmetadata: {name: p}\nspec: 3\n", "spec: 3", "fields with values"),
    ("kind: IPPool\nmetadata: none\n", "metadata: 'none'", "fields with values"),
    ("kind: IPPool\nmetadata: {name: p, lables: {}}\n", "field: 'lables'", "labels"),
]
FLANNEL = [
    (flannel('{"Backend": {"Type": "vxlan", "MTU": 10}}'), "MTU: 10", "118 to 65535"),
    (flannel('{"Backend": {"Type": "vxlan", "MTU": "1400"}}'), "MTU: '1400'", "0 to 65535"),
    (
        flannel('{"Backend": {"Type": "vxlan", "DirectRouting": "false"}}'),
        "DirectRouting: 'false'",
        "true, false",
    ),
    (
        flannel('{"Backend": {"Type": "vxlan", "DirectRoutng": true}}'),
        "field: 'DirectRoutng'",
        "DirectRouting",
    ),
    (flannel('{"Backend": {"MTU": 1400}}'), "mode of flannel: ''", "vxlan"),
    (flannel('{"EnableNFTable": true}'), "field: 'EnableNFTable'", "EnableNFTables"),
    (flannel('{"EnableIPv6": "no"}'), "EnableIPv6: 'no'", "true, false"),
    (flannel('{"SubnetLen": 24}').replace("10.244", "10.9"), "Network: '10.9.0.0/16'", "10.244.0.0/16"),
    (
        flannel('{"SubnetLen": 24}').replace('"Network": "10.244.0.0/16", ', ""),
        "Network: None",
        "10.244.0.0/16",
    ),
]
WEAVE = [
    ("WEAVE_MTU, value: '10'", "WEAVE_MTU: '10'", "68 to 65535"),
    ("WEAVE_MTU, value: 1300", "variable, value: 1300", "text in quotes"),
    ("WEAVE_MTV, value: '1300'", "field: 'WEAVE_MTV'", "WEAVE_MTU"),
]


def weave(variable: str) -> str:
    pod = f"{{containers: [{{name: weave, env: [{{name: {variable}}}]}}]}}"
    return f"kind: DaemonSet\nmetadata: {{name: weave-net}}\nspec: {{template: {{spec: {pod}}}}}\n"


@pytest.mark.parametrize(
    ("plugin", "text", "what", "valid"),
    [
        *(("calico", *each) for each in CALICO),
        *(("flannel", *each) for each in FLANNEL),
        *(("weave", weave(variable), *said) for variable, *said in WEAVE),
    ],
)
def test_a_wrong_field_is_named_with_what_is_valid(plugin: str, text: str, what: str, valid: str) -> None:
    mode = {"calico": "ipip", "flannel": "vxlan", "weave": "fastdp"}[plugin]
    with pytest.raises(BadInput) as caught:
        read(text, plugin, mode, Settings())
    line = str(caught.value)
    assert what in line and valid in line.partition("; valid: ")[2] and "\n" not in line


@pytest.mark.parametrize(
    ("plugin", "text", "left"),
    [
        ("calico", pool("blockSize: 24, nodeSelector: has(x), ipipMode: Always"), "blockSize, nodeSelector"),
        ("calico", pool("blockSize: 26, nodeSelector: all(), disabled: false"), ""),
        ("calico", felix("logSeverityScreen: Debug, vxlanMTU: 1400"), "logSeverityScreen, vxlanMTU"),
        ("calico", MESH_OFF.replace("false", "false, asNumber: 64512"), ""),
        ("calico", MESH_OFF.replace("false", "false, asNumber: 65000"), "asNumber"),
        ("calico", REFLECTOR.replace("{bgp: {", "{bgp: {ipv4Address: 172.18.0.2/16, "), ""),
        ("calico", REFLECTOR.replace("{bgp: {", "{bgp: {ipv4Address: 10.0.0.9/24, "), "the node's address"),
        ("flannel", flannel('{"EnableNFTables": true, "EnableIPv6": true}'), "EnableIPv6"),
        ("flannel", flannel('{"EnableNFTables": false, "EnableIPv6": false}'), ""),
        ("weave", weave("EXTRA_ARGS, value: -x"), "EXTRA_ARGS"),
    ],
)
def test_what_the_model_has_otherwise_is_named(plugin: str, text: str, left: str) -> None:
    mode = {"calico": "ipip", "flannel": "vxlan", "weave": "fastdp"}[plugin]
    assert read(text, plugin, mode, Settings()).lines[0].partition("left alone: ")[2] == left


def lines(settings: Settings, plugin: str, mode: str) -> list[str]:
    """Return what a worker's plan says of masquerading and of bridge ports."""
    network = Network(Cluster(), plugin, mode, change=change(settings))
    return [str(op.entry) for op in network.plan("kind-worker")]


def test_flannels_own_rules_are_tables_of_nftables_where_it_is_told_so() -> None:
    asked = read(flannel('{"EnableNFTables": true, "Backend": {"Type": "vxlan"}}'), "flannel", "vxlan", Settings())
    assert asked.lines == ["ConfigMap/kube-flannel-cfg: mode vxlan, rules of nftables"]
    written = lines(asked.settings, "flannel", "vxlan")
    assert "table ip flannel-ipv4 {" in written
    assert not any("FLANNEL-" in each for each in written)
    assert any("KUBE-SERVICES" in each for each in written)  # kube-proxy is told elsewhere
    back = read(flannel('{"Backend": {"Type": "vxlan"}}'), "flannel", "vxlan", asked.settings)
    assert back.settings == Settings()


def test_nat_outgoing_is_felix_masquerading() -> None:
    off = read(pool("natOutgoing: false"), "calico", "ipip", Settings())
    assert off.lines == [
        "IPPool/default-ipv4-ippool: mode ipip, packets that leave the pool are not masqueraded"
    ]
    assert not any(
        "cali-nat-outgoing" in each and "MASQUERADE" in each for each in lines(off.settings, "calico", "ipip")
    )
    assert "cali40masq-ipam-pools hash:net:" in lines(off.settings, "calico", "ipip")
    on = read(pool("natOutgoing: true"), "calico", "ipip", off.settings)
    assert on.settings == Settings()
    for settings, source in ((off.settings, "10.244.162.129"), (on.settings, "172.18.0.3")):
        sent = Network(Cluster(), "calico", "ipip", change=change(settings)).send("a", "internet").traces[0]
        left = next(
            step
            for step in sent.steps
            if (step.event, step.netns, step.dev) == ("egress", "kind-worker", "eth0")
        )
        assert next(head for head in left.after if isinstance(head, Ipv4)).src == source


def test_hairpin_mode_is_the_ports() -> None:
    conf = '{"plugins": [{"type": "flannel", "delegate": {"hairpinMode": false, "isDefaultGateway": true}}]}'
    text = flannel('{"Backend": {"Type": "vxlan"}}') + f"  cni-conf.json: '{conf}'\n"
    off = read(text, "flannel", "vxlan", Settings())
    assert off.lines == ["ConfigMap/kube-flannel-cfg: mode vxlan, ports of pods without hairpin"]
    network = Network(Cluster(), "flannel", "vxlan", change=change(off.settings))
    assert not any(link.hairpin for link in network.fabric.netns("kind-worker").links.values())
    on = read(text.replace("false", "true", 1), "flannel", "vxlan", off.settings)
    assert on.settings == Settings()
