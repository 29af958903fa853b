"""The kind ground on fake programs: what it calls, in which order, and what it says when a call fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
import yaml

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.grounds.kind import KindGround
from packetwalk.lab.kind import pins
from packetwalk.lab.kind.installation import Installation
from packetwalk.lab.kind.running.cluster import WORKLOAD
from packetwalk.lab.plugins import installations
from tests import ROOT
from tests.interrupted import HEARS
from tests.lab.kind.conftest import Machine
from tests.waiting import HANGS

NAME = "packetwalk-flannel"
NODES = tuple(f"{NAME}-{suffix}" for suffix in ("control-plane", "worker", "worker2"))


def test_a_cluster_is_made_by_these_calls_in_this_order(machine: Machine) -> None:
    folder = machine.folder / "state" / "packetwalk" / "kind" / NAME
    cluster = KindGround("flannel", "vxlan")
    kube = ["kubectl", "--kubeconfig", str(folder / "kubeconfig")]
    image = f"{pins.node().image}@{pins.node().digest}"
    wait = "--timeout=300s"
    assert [call for call in machine.calls if call[:3] != ["docker", "image", "inspect"] and "sh" not in call][:14] == [
        ["docker", "version", "--format", "{{.Server.Version}} {{.Server.Arch}}"],
        ["kind", "get", "clusters"],
        ["kind", "create", "cluster", "--name", NAME, "--config", str(folder / "kind.yaml"),
         "--kubeconfig", str(folder / "kubeconfig"), "--image", image],
        *(["docker", "cp", str(machine.folder / "bridge"), f"{node}:/opt/cni/bin/bridge"] for node in NODES),
        ["kubectl", "apply", "--server-side", "--filename", "-"],
        ["kubectl", "rollout", "status", "daemonset/kube-flannel-ds", "--namespace", "kube-flannel", wait],
        ["kubectl", "wait", "--for=condition=Ready", "node", "--all", wait],
        ["kubectl", "apply", "--filename", str(WORKLOAD)],
        ["kubectl", "wait", "--for=condition=Ready", "pod", "--all", wait],
        ["docker", "rm", "--force", f"{NAME}-tools"],
        ["docker", "run", "--detach", "--rm", "--name", f"{NAME}-tools", "--label", f"packetwalk={NAME}",
         "--env", "PYTHONPATH=/opt", "--privileged", "--pid", "host", "--network", "none",
         pins.tools().image, "sleep", "infinity"],
        ["docker", "cp", str(ROOT / "packetwalk"), f"{NAME}-tools:/opt/packetwalk"],
    ]  # fmt: skip
    assert kube[2] and cluster.nodes == ("kind-control-plane", "kind-worker", "kind-worker2")
    assert cluster.pods == ("a", "b")
    assert cluster.services == ("web",)
    cluster.close()
    cluster.close()
    assert machine.nothing_left()
    assert machine.called("kind", "delete")[-1][:5] == ["kind", "delete", "cluster", "--name", NAME]


@pytest.mark.parametrize("plugin", installations())
def test_every_plugin_comes_up_in_its_own_cluster(machine: Machine, plugin: str) -> None:
    renamed = json.dumps(machine.state["objects"]).replace(NAME, f"packetwalk-{plugin}")
    machine.write(objects=json.loads(renamed))
    mode = list(installations()[plugin].modes)[-1]
    with KindGround(plugin, mode) as cluster:
        assert cluster.pods == ("a", "b")
        assert bool(machine.called("docker", "cp", str(machine.folder / "bridge"))) == (plugin == "flannel")
        password = [yaml.safe_load_all(text) for text in machine.applied[:1]]
        assert password
    assert machine.nothing_left()
    for call in machine.calls:
        assert "stringData" not in " ".join(call), "the password is in no command line"


def test_commands_run_on_nodes_and_in_pods_which_need_no_tool(machine: Machine) -> None:
    with KindGround("flannel", "vxlan") as cluster:
        assert "default via 172.18.0.1" in cluster.node("kind-worker").run("ip route")
        assert cluster.pod("b").run("ip route").ok
        lost = cluster.pod("a").ping("b")
        assert lost.code == 1 and "nothing known" in lost
        pid = sum(b"sandbox-b")
        assert machine.ran[-3:] == [
            [NODES[1], ["ip", "route"]],
            [f"{NODES[2]} --net=/proc/{pid}/ns/net", ["ip", "route"]],
            [
                f"{NAME}-tools --net=/proc/101/root/proc/{sum(b'sandbox-a')}/ns/net",
                ["ping", "-c", "1", "-W", "1", "-s", "56", "10.244.2.2"],
            ],
        ]


def test_a_faults_commands_are_taken_back_the_last_first(machine: Machine) -> None:
    do = "bridge fdb del 8e:00:00:00:00:02 dev flannel.1 dst 172.18.0.4"
    undo = "bridge fdb append 8e:00:00:00:00:02 dev flannel.1 dst 172.18.0.4 self permanent"
    machine.write(answers={**machine.state["answers"], do: "", undo: ""})
    with KindGround("flannel", "vxlan") as cluster:
        cluster.fault("missing-fdb")
        assert machine.ran[-1] == [NODES[1], do.split()]
        cluster.mend()
        assert machine.ran[-1] == [NODES[1], undo.split()]
        before = len(machine.ran)
        cluster.mend()
        assert len(machine.ran) == before
        with pytest.raises(BadInput, match="missing-fdb"):
            cluster.fault("nobody")


def test_a_changed_mac_takes_no_neighbours_with_it(machine: Machine) -> None:
    """The kernel forgets a device's neighbours, permanent ones too, when its MAC changes."""
    near = "ip neigh replace 10.244.2.0 lladdr 8e:00:00:00:00:02 dev flannel.1 nud permanent"
    do, undo = (
        f"ip link set dev flannel.1 address {mac}" for mac in ("02:00:00:00:00:99", "8e:00:00:00:00:02")
    )
    machine.write(answers={**machine.state["answers"], near: "", do: "", undo: ""})
    with KindGround("flannel", "vxlan") as cluster:
        cluster.fault("vtep-mac-mismatch")
        assert machine.ran[-2:] == [[NODES[2], do.split()], [NODES[2], near.split()]]
        cluster.mend()
        assert machine.ran[-2:] == [[NODES[2], undo.split()], [NODES[2], near.split()]]


def test_another_mode_is_installed_anew(machine: Machine) -> None:
    with KindGround("flannel", "vxlan") as cluster:
        cluster.use("host-gw")
        assert _backends(machine) == ["vxlan", "host-gw"]
        assert cluster.mode == "host-gw"
        assert machine.called("kubectl", "rollout", "restart")
        assert [NODES[1], ["ip", "link", "delete", "flannel.1"]] in machine.ran
        with pytest.raises(BadInput):
            cluster.use("nobody")
        with pytest.raises(LabError, match="no flannel udp"):
            cluster.use("udp")
        assert cluster.mode == "host-gw"


def _backends(machine: Machine) -> list[str]:
    """Return the Backend.Type of each net-conf.json that was applied."""
    documents = [each for text in machine.applied for each in yaml.safe_load_all(text)]
    confs = [each["data"]["net-conf.json"] for each in documents if each["kind"] == "ConfigMap"]
    return [json.loads(conf)["Backend"]["Type"] for conf in confs]


def test_manifests_name_nodes_as_the_book_does(machine: Machine) -> None:
    with KindGround("flannel", "vxlan") as cluster:
        text = "apiVersion: projectcalico.org/v3\nkind: BGPPeer\nmetadata:\n  name: p\nspec:\n  node: kind-worker2\n"
        assert cluster.apply(text) == ["bgppeer/p serverside-applied"]
        assert f"node: {NAME}-worker2" in machine.applied[-1]
        with pytest.raises(BadInput, match=r"nowhere\.yaml"):
            cluster.apply("nowhere.yaml")


POOL = "apiVersion: projectcalico.org/v3\nkind: IPPool\nmetadata: {name: default-ipv4-ippool}\nspec: {vxlanMode: Always}\n"
PEER = POOL.replace("IPPool", "BGPPeer")


@pytest.mark.parametrize(("text", "anew"), [(POOL, True), (PEER, False)])
def test_calico_is_given_time_and_pods_are_made_anew_for_a_pool(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, text: str, anew: bool
) -> None:
    waited: list[str] = []
    monkeypatch.setattr(Installation, "wait", lambda of: waited.append(of.plugin))
    renamed = json.dumps(machine.state["objects"]).replace(NAME, "packetwalk-calico")
    machine.write(objects=json.loads(renamed))
    with KindGround("calico", "ipip") as cluster:
        before = len(machine.calls)
        cluster.apply(text)
        done = [call[:2] for call in machine.calls[before:]]
    assert waited == ["calico"]
    assert "apiVersion: crd.projectcalico.org/v1" in machine.applied[-2 if anew else -1]
    assert (["kubectl", "delete"] in done) == anew


# --- whose cluster is it? -------------------------------------------------------------------------


def test_a_cluster_of_that_name_made_by_somebody_else_is_left_alone(machine: Machine) -> None:
    theirs = {node: {"id": f"x{node}", "cluster": NAME, "pid": 7} for node in NODES}
    machine.write(clusters=[NAME], containers=theirs)
    with pytest.raises(LabError, match="not made here") as said:
        KindGround("flannel", "vxlan")
    assert "\n" not in str(said.value)
    assert machine.now()["clusters"] == [NAME] and machine.now()["containers"] == theirs
    assert not machine.called("kind", "delete")


def test_an_own_cluster_is_taken_up_on_request_only(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    KindGround("flannel", "vxlan")
    with pytest.raises(LabError, match="PACKETWALK_KIND_REUSE=1"):
        KindGround("flannel", "vxlan")
    assert not machine.called("kind", "delete")
    monkeypatch.setenv("PACKETWALK_KIND_REUSE", "1")
    made = len(machine.called("kind", "create"))
    again = KindGround("flannel", "vxlan")
    assert len(machine.called("kind", "create")) == made
    assert not machine.called("kubectl", "rollout", "restart"), "the mode is the same"
    again.close()
    assert machine.now()["clusters"] == [NAME], "close leaves it"
    other = KindGround("flannel", "host-gw")
    assert machine.called("kubectl", "rollout", "restart"), "the mode is another"
    other.close()


def test_a_record_that_speaks_of_other_containers_is_not_believed(machine: Machine) -> None:
    KindGround("flannel", "vxlan")
    others = {node: {"id": "new", "cluster": NAME, "pid": 7} for node in NODES}
    machine.write(clusters=[NAME], containers=others)
    with pytest.raises(LabError, match="not made here"):
        KindGround("flannel", "vxlan")


# --- what goes wrong ------------------------------------------------------------------------------

FAILURES = {
    "no right": ("docker version", "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get ...", "usermod -aG docker"),
    "no engine": ("docker version", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", "engine does not run"),
    "kind fails halfway": ("kind create", "half made\nERROR: failed to create cluster: could not find a log line", "failed to create cluster"),
    "disk full": ("kind create", "half made\nERROR: failed to create cluster: write: no space left on device", "disk is full"),
    "plugin not applied": ("kubectl apply", "error: unable to recognize \"STDIN\"", "unable to recognize"),
    "a server that is not there": ("kubectl apply", "E1130 21:42:13.741109   10372 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list\"\nThe connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?", "The connection to the server 127.0.0.1:6443 was refused"),
    "several fields refused": ("kubectl apply", "Warning: spec.x: deprecated\nThe DaemonSet \"it\" is invalid: \n* spec.a: Required value\n* spec.b: Required value", "The DaemonSet \"it\" is invalid: spec.a: Required value"),
    "plugin never ready": ("rollout status", "error: timed out waiting for the condition", "timed out"),
    "pods never ready": ("condition=Ready pod", "error: timed out waiting for the condition on pods/a", "pods/a"),
    "no bridge": ("docker cp", "Error response from daemon: no space left on device", "disk is full"),
    "no tools": ("docker run", "docker: Error response from daemon: manifest for nicolaka/netshoot not found", "not found"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_each_failure_is_one_line_and_leaves_nothing(machine: Machine, name: str) -> None:
    pattern, text, expected = FAILURES[name]
    machine.fail(pattern=pattern, text=text)
    with pytest.raises(LabError) as said:
        KindGround("flannel", "vxlan")
    assert expected in str(said.value) and "\n" not in str(said.value)
    assert machine.nothing_left()
    if machine.called("kind", "create"):
        assert machine.called("kind", "delete")


def test_a_kernel_module_that_is_not_there_is_named(machine: Machine) -> None:
    machine.write(**{"no modules": ["br_netfilter"]})
    with pytest.raises(LabError, match="needs the kernel module br_netfilter: `sudo modprobe br_netfilter`"):
        KindGround("flannel", "vxlan")
    assert machine.nothing_left()
    machine.write(**{"no modules": ["wireguard"], "clusters": [], "containers": {}})
    with KindGround("flannel", "vxlan") as cluster:
        with pytest.raises(LabError, match="kernel module wireguard"):
            cluster.use("wireguard")
        assert cluster.mode == "vxlan" and not machine.called("kubectl", "delete"), "all stays as it was"


@pytest.mark.parametrize("program", ["docker", "kind", "kubectl"])
def test_a_program_that_is_not_there_is_named(machine: Machine, program: str) -> None:
    (machine.folder / "bin" / program).unlink()
    assert f"program {program}" in KindGround.missing()
    with pytest.raises(LabError, match=f"program {program} is not on the PATH; install") as said:
        KindGround("flannel", "vxlan")
    assert "\n" not in str(said.value)
    if program == "kubectl":
        assert machine.nothing_left()


def test_a_full_disk_for_our_own_notes_is_one_line(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("packetwalk.lab.kind.pins.os.replace", full)
    with pytest.raises(LabError, match="No space left on device"):
        KindGround("flannel", "vxlan")
    assert machine.nothing_left()


RUN = """
import tests.lab.kind.conftest as c, packetwalk.lab.kind.pins as pins, pathlib, os
from packetwalk.lab.plugins import installation
from packetwalk.lab.plugins.flannel import bridge
texts = {installation(n).manifest.url: t for n, t in c.manifests().items()}
pins.fetch = lambda file: texts[file.url].encode()
bridge.extract = lambda architecture: pathlib.Path(os.environ["XDG_STATE_HOME"]).parent / "bridge"
from packetwalk.lab.grounds.kind import KindGround
KindGround("flannel", "vxlan")
"""


def _start(machine: Machine, pattern: str, text: str) -> subprocess.Popen[str]:
    """Start a lab in a process of its own and return when the call that matches is under way."""
    machine.fail(pattern, text, stays=True)
    run = subprocess.Popen([*HEARS, sys.executable, "-c", RUN], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    while not machine.exchange.reached.wait(0.1):
        assert run.poll() is None, run.communicate()
    return run


PHASES = {"the cluster": ("kind create", "half made"), "the plugin": ("rollout status", "x"), "pods": ("condition=Ready pod", "x")}  # fmt: skip


@pytest.mark.parametrize("phase", PHASES)
def test_ctrl_c_in_the_middle_deletes_what_was_made(machine: Machine, phase: str) -> None:
    run = _start(machine, *PHASES[phase])
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=HANGS)
    assert run.returncode != 0
    assert machine.called("kind", "delete")
    assert machine.nothing_left()


def test_killed_in_the_middle_the_next_one_tidies_up(machine: Machine) -> None:
    run = _start(machine, "kind create", "half made")
    run.kill()
    run.communicate(timeout=HANGS)
    assert machine.now()["clusters"] == [NAME]
    machine.fail()
    with KindGround("flannel", "vxlan") as cluster:
        assert cluster.pods == ("a", "b")
        assert len(machine.called("kind", "delete")) == 1
    assert machine.nothing_left()


@pytest.mark.skipif(
    os.environ.get("PACKETWALK_GROUND") != "kind", reason="needs Docker: set PACKETWALK_GROUND=kind"
)
def test_for_real() -> None:
    """What the workflow labs.yml runs where there is a Docker engine."""
    with KindGround("flannel", "vxlan") as cluster:
        assert cluster.pod("a").ping("b").ok
        assert cluster.capture("a", "b").sent[0].frames
