"""The ground of the real programs: what is asked of every ground, written by nobody but them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds.ground import Ground
from packetwalk.lab.grounds.real import RealGround
from packetwalk.plan.cluster import API_PORT
from packetwalk.wire import Tcp
from tests import ROOT
from tests.lab.left import of_session

SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: more}
spec:
  clusterIP: 10.96.0.90
  selector: {app: b2}
  ports: [{port: 80, targetPort: 8080}]
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Ground]:
    with lab.open("flannel", "vxlan", ground="real") as made:
        yield made


def marked(function):
    return pytest.mark.kernel(pytest.mark.real(function))


def nodes(cluster: Ground, line: str) -> dict[str, str]:
    return {name: cluster.node(name).run(line).text for name in cluster.nodes}


@marked
def test_the_programs_wrote_the_tables_and_packets_arrive(cluster: Ground) -> None:
    for src in cluster.pods:
        for dst in (*cluster.pods, "internet"):
            assert cluster.pod(src).ping(dst).ok, (src, dst)
    for name, rules in nodes(cluster, "iptables-save").items():
        assert "-j FLANNEL-POSTRTG" in rules and "-A KUBE-SERVICES -d 10.96.0.80/32 -p tcp" in rules, name
        assert "marker" not in rules
    fdb = nodes(cluster, "bridge fdb show dev flannel.1")
    macs = {name: cluster.node(name).run("ip -br link show flannel.1").split()[2] for name in cluster.nodes}
    for name, table in fdb.items():
        others = {f"{macs[each]} dst {cluster.address(each)}" for each in cluster.nodes if each != name}
        assert {line.removesuffix(" self permanent").strip() for line in table.splitlines()} == others
    assert cluster.pod("a").curl("web") == "b"


@marked
def test_nothing_is_written_into_the_learners_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with lab.open("flannel", "vxlan", ground="real") as made:
        assert made.node("kind-worker").run("kubectl get nodes").ok
    assert list(tmp_path.iterdir()) == []


@marked
def test_kubectl_in_a_nodes_shell_has_the_clusters_kubeconfig(cluster: Ground) -> None:
    said = cluster.node("kind-worker").run("kubectl get pods -o json")
    pods = {each["metadata"]["name"]: each["status"]["podIP"] for each in json.loads(said)["items"]}
    assert pods == {name: cluster.address(name) for name in cluster.pods}
    assert not cluster.pod("a").run("kubectl get pods").ok, "a pod has no kubeconfig"


@marked
def test_a_service_comes_and_goes_by_manifest_and_by_kubectl(cluster: Ground) -> None:
    assert cluster.apply(SERVICE) == ["service/more created"]
    try:
        assert cluster.address("more") == "10.96.0.90"
        assert cluster.pod("a").curl("more") == "b2"
        seen = cluster.capture("a", "more", proto="tcp").packet().frames
        assert any(frame.netns == "b2" for frame in seen)
        cluster.node("kind-worker").run("kubectl label pod b2 app=other --overwrite")
        assert not cluster.pod("a").curl("more").ok, "no endpoint is left"
        cluster.node("kind-worker").run("kubectl label pod b2 app=b2 --overwrite")
        assert cluster.pod("a").curl("more") == "b2"
    finally:
        assert cluster.delete(SERVICE) == ['service "more" deleted from default namespace']
    assert "10.96.0.90" not in "".join(nodes(cluster, "iptables-save -t nat").values())
    with pytest.raises(LabError, match=r"^kubectl apply: .*ports"):
        cluster.apply(SERVICE.replace("  ports: [{port: 80, targetPort: 8080}]\n", ""))


@marked
def test_the_talk_with_the_api_server_is_in_no_recording(cluster: Ground) -> None:
    cluster.node("kind-worker").run("kubectl get pods")
    frames = cluster.capture("a", "web", proto="tcp").packet().frames
    ports = {port for each in frames for head in each.stack if isinstance(head, Tcp) for port in head[:2]}
    assert frames and API_PORT not in ports
    asked = cluster.capture("a", "kubernetes", proto="tcp").packet().frames
    assert any(API_PORT in head[:2] for each in asked for head in each.stack if isinstance(head, Tcp))


@marked
def test_what_is_broken_or_changed_by_hand_is_mended(cluster: Ground) -> None:
    worker, a = cluster.node("kind-worker"), cluster.pod("a")
    before = nodes(cluster, "ip route"), nodes(cluster, "ip -br addr show eth0")
    cluster.fault("missing-fdb")
    assert not a.ping("b").ok
    for line in (
        "ip link set eth0 mtu 1300",
        "ip addr add 192.0.2.7/24 dev eth0",
        "ip route add 198.51.100.0/24 via 172.18.0.4",
        "ip rule add to 10.0.0.0/8 lookup 99",
        "ip link add stray type bridge",
        "iptables -I FORWARD -j DROP",
        "sysctl -w net.bridge.bridge-nf-call-iptables=0",
    ):
        assert worker.run(line).ok, line
    a.run("ip route flush table main")
    cluster.mend()
    assert (nodes(cluster, "ip route"), nodes(cluster, "ip -br addr show eth0")) == before
    assert "stray" not in worker.run("ip link") and "99" not in worker.run("ip rule")
    assert "mtu 1500" in worker.run("ip link show eth0")
    assert a.ping("b").ok and a.curl("near") == "a2"


@marked
def test_a_program_that_ended_writes_nothing_until_it_begins_again(cluster: Ground) -> None:
    assert isinstance(cluster, RealGround)
    cluster.end("kube-proxy", "kind-worker")
    cluster.end("flanneld", "kind-worker")
    cluster.apply(SERVICE)
    rules = nodes(cluster, "iptables-save -t nat")
    assert [name for name in cluster.nodes if "10.96.0.90" not in rules[name]] == ["kind-worker"]
    worker = cluster.node("kind-worker")
    assert worker.run("iptables -t nat -F FLANNEL-POSTRTG").ok and worker.run("ip link del flannel.1").ok
    cluster.begin("kube-proxy", "kind-worker")
    cluster.begin("flanneld", "kind-worker")
    assert cluster.pod("a").curl("more") == "b2"
    assert worker.run("iptables -t nat -S FLANNEL-POSTRTG").count("-A") == 6
    cluster.delete(SERVICE)
    for program, node in (("kubelet", "kind-worker"), ("kube-proxy", "nowhere")):
        with pytest.raises(BadInput):
            cluster.end(program, node)


@marked
def test_another_number_of_subnets_is_another_cluster(cluster: Ground) -> None:
    cluster.use("vxlan-directrouting")
    assert cluster.address("kind-worker2") == "172.19.0.4" and cluster.pod("a").ping("b").ok
    cluster.use("vxlan")
    assert cluster.address("kind-worker2") == "172.18.0.4" and cluster.pod("a").ping("b").ok


@marked
def test_a_fault_that_real_programs_cannot_have_is_named_with_those_they_can(cluster: Ground) -> None:
    with pytest.raises(BadInput, match=r"under real programs: 'missing-podcidr'|fault in flannel vxlan") as refused:
        cluster.fault("no-such-fault")
    assert "missing-fdb" in str(refused.value)


@marked
@pytest.mark.parametrize(
    ("mode", "subnets", "device"),
    [("host-gw", 1, "eth0"), ("vxlan-directrouting", 2, "flannel.1"), ("udp", 1, "flannel0")],
)
def test_every_mode_with_the_rules_of_nftables(mode: str, subnets: int, device: str) -> None:
    if mode == "udp" and not os.access("/dev/net/tun", os.W_OK):
        pytest.skip("needs /dev/net/tun")
    with lab.open("flannel", mode, ground="real", rules="nftables") as cluster:
        assert len({cluster.address(name).rsplit(".", 2)[0] for name in cluster.nodes}) == subnets
        assert f"dev {device}" in cluster.node("kind-worker").run(f"ip route get {cluster.address('b')}")
        assert cluster.pod("a").ping("b").ok and cluster.pod("a").curl("web") == "b"
        tables = cluster.node("kind-worker").run("nft list tables")
        assert "table ip kube-proxy" in tables and "table ip flannel-ipv4" in tables
        assert "KUBE-" not in cluster.node("kind-worker").run("iptables-save")


@marked
def test_two_side_by_side_know_nothing_of_each_other_and_end_with_their_programs(cluster: Ground) -> None:
    with lab.open("flannel", "host-gw", ground="real") as other:
        other.pod("a").run("ip route flush table main")
        assert cluster.pod("a").ping("b").ok and not other.pod("a").ping("b").ok
        assert isinstance(other, RealGround)
        assert len(of_session(other.session)) >= 9, "etcd, the API server, and two programs a node"
    assert of_session(other.session) == []
    with pytest.raises(LabError):
        other.pod("a").ping("b")


def test_a_plugin_without_real_programs_is_one_line() -> None:
    with pytest.raises(LabError, match=r"^ground real: .*"):
        lab.open("calico", "ipip", ground="real")
    with pytest.raises(LabError, match=r"^calico is not among the real programs$"):
        RealGround("calico", "ipip")


def test_without_make_real_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PACKETWALK_REAL", str(tmp_path))
    with pytest.raises(LabError, match=re.escape("ground real: missing: what make real builds")):
        lab.open("flannel", "vxlan", ground="real")


def test_a_lab_on_the_model_needs_nothing_of_it_that_a_browser_lacks() -> None:
    """Python in a page has no ssl; every ground's file is imported there."""
    asked = "from packetwalk import lab; lab.open('flannel', ground='model').close()"
    told = "; print(*[name for name in sys.modules if name.startswith('packetwalk.lab.real.')])"
    line = f"import sys; sys.modules['ssl'] = None; {asked}{told}"
    said = subprocess.run([sys.executable, "-c", line], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "packetwalk.lab.real.agent" in said and "packetwalk.lab.real.api" not in said
