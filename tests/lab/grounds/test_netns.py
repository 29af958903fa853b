"""The netns ground: real commands in real namespaces, for a limited time, and nothing left behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab import program
from packetwalk.trace.packet import Packet
from tests import ROOT
from tests.waiting import HANGS

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def cluster():
    with lab.open("flannel", "vxlan", ground="netns") as opened:
        yield opened


def test_what_people_see_first(cluster) -> None:
    assert repr(cluster).startswith("flannel vxlan on netns: 3 nodes (kind-control-plane, kind-worker, ")
    assert repr(cluster.pod("a")) == "pod a, 10.244.1.2"
    assert "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink" in cluster.node("kind-worker").run("ip route")


def test_names_are_understood_by_clients(cluster) -> None:
    ping = cluster.pod("a").run("ping -c 1 -W 1 b")
    assert ping.code == 0 and ping.command == "ping -c 1 -W 1 b"
    assert "64 bytes from 10.244.2.2: icmp_seq=1 ttl=62" in ping
    assert cluster.pod("a").curl("web") == "b"
    assert cluster.pod("a").curl("b", "clientip").startswith("10.244.1.2:")
    assert cluster.node("kind-worker").ping("internet").ok


def test_only_before_a_cold_packet_nobody_is_asked_for_a_mac(cluster) -> None:
    for cold in (False, True):
        cluster.pod("a").run("ip neigh flush all")
        sent = cluster.capture("a", "b", cold=cold, ttl=9).packet()
        assert sent.packet == Packet(cold=cold, ttl=9)
        own = [frame.stack for frame in sent.frames if frame.netns == "a" and frame.direction == "out"]
        assert [stack[1].proto for stack in own] == ["arp", "ip"][not cold :]
        assert own[-1][1].ttl == 9


def test_what_fails_says_so_in_its_output(cluster) -> None:
    missing = cluster.pod("a").run("nosuchprogram -x")
    assert (missing.code, missing.text) == (127, "nosuchprogram: command not found\n")
    assert "Cannot find device" in cluster.pod("a").run("ip link show nothing0") or (
        "does not exist" in cluster.pod("a").run("ip link show nothing0")
    )
    big = cluster.pod("a").ping("b", size=1500, df=True)
    assert big.code == 1 and "message too long, mtu=1450" in big


@pytest.mark.parametrize("line", ["ip route |", "ip route > x", "ip a; ip r", "", 'ip "route'])
def test_a_line_for_a_shell_is_one_clear_line(cluster, line: str) -> None:
    with pytest.raises(BadInput, match=r"^command.*one command with its arguments"):
        cluster.node("kind-worker").run(line)


def test_what_a_program_prints_goes_through_filters(cluster) -> None:
    worker = cluster.node("kind-worker")
    assert worker.run("ip route | grep flannel | wc -l").text == "2\n"
    assert worker.run("ip route | grep nothing").code == 1
    missing = worker.run("ip link show nothing0 | grep -c .")
    assert (missing.text, missing.code) == ('Device "nothing0" does not exist.\n0\n', 1)
    with pytest.raises(BadInput, match=r"^filter after a pipe: .sh. is not valid; valid: grep, "):
        worker.run("ip route | sh")


def test_a_namespace_has_its_own_sys(cluster) -> None:
    assert cluster.pod("a").run("cat /sys/class/net/eth0/mtu").text == "1450\n"
    assert cluster.node("kind-worker").run("ls /sys/class/net").text.split()[:2] == ["cni0", "eth0"]


def test_unknown_names_list_the_valid_ones(cluster) -> None:
    for wrong in (lambda: cluster.node("worker"), lambda: cluster.pod("z"), lambda: cluster.use("vxlam")):
        with pytest.raises(BadInput, match="valid: "):
            wrong()
    with pytest.raises(BadInput, match=r"valid: .*missing-fdb"):
        cluster.fault("nothing")
    with pytest.raises(BadInput, match=r"valid: kind, netns"):
        lab.open("flannel", "vxlan", ground="moon")


def test_commands_are_inside_and_nowhere_else(cluster) -> None:
    own = os.readlink("/proc/self/ns/net")
    seen = cluster.node("kind-worker").run("readlink /proc/self/ns/net").strip()
    assert re.fullmatch(r"net:\[\d+\]", seen) and seen != own
    with pytest.raises(BadInput, match="network namespace"):
        cluster.execute("wire", ["ip", "link"])


def test_a_recording_of_one_packet(cluster, tmp_path: Path) -> None:
    walk = cluster.walk("a", "b", size=100)
    assert "10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink" in repr(walk)
    assert "Delivered and answered" in repr(walk)
    made = cluster.record(tmp_path / "one", "a", "web", proto="tcp")
    assert made.about["plugin"] == "flannel" and (tmp_path / "one" / "recording.json").exists()
    assert {frame.dev for frame in made.sent[0].frames} >= {"flannel.1", "cni0"}


def test_faults_modes_and_manifests_change_the_live_cluster() -> None:
    with lab.open("flannel", "vxlan", ground="netns") as mine:
        mine.fault("missing-fdb")
        assert not mine.pod("a").ping("b").ok
        mine.mend()
        assert mine.pod("a").ping("b").ok
        mine.use("host-gw")
        assert "via 172.18.0.4 dev eth0" in mine.node("kind-worker").run("ip route")
        said = mine.apply(
            "kind: ConfigMap\nmetadata: {name: kube-flannel-cfg}\n"
            'data: {net-conf.json: \'{"Network": "10.244.0.0/16", "Backend": {"Type": "vxlan", "MTU": 1400}}\'}\n'
        )
        assert said == ["ConfigMap/kube-flannel-cfg: mode vxlan, MTU 1350 for pods"]
        assert mine.mode == "vxlan" and "mtu 1350" in mine.pod("a").run("ip link show eth0")
        mine.pod("a").run("ip link set eth0 mtu 1000")
        assert "mtu 1000" in mine.pod("a").run("ip link show eth0")
        with pytest.raises(BadInput):
            mine.use("no-such-mode")
        assert mine.pod("a").ping("b").ok
    mine.close()
    with pytest.raises(LabError, match="closed"):
        mine.pod("a").ping("b")


def test_two_labs_do_not_disturb_each_other(cluster) -> None:
    with lab.open("calico", "bgp", ground="netns") as other:
        other.node("kind-worker").run("ip link set eth0 down")
        assert not other.pod("a").ping("b").ok
        assert cluster.pod("a").ping("b").ok


def test_a_program_has_limited_time_and_limited_output() -> None:
    slow = program.run(["ping", "127.0.0.1"], seconds=0.3)
    assert slow.code == 124 and "ping statistics" in slow and slow.endswith("(stopped after 0.3 seconds)\n")
    deaf = program.run(["sh", "-c", "trap '' INT; echo on; sleep 60"], seconds=0.2)
    assert deaf.code == 124 and deaf.startswith("on\n")
    long = program.run(["yes"], characters=1000)
    assert len(long) < 1200 and long.endswith("(stopped: more than 1000 characters)\n")
    assert program.run(["sh", "-c", "sleep 30 & echo back"]).text == "back\n"


def test_an_ordinary_user_can_do_it_too() -> None:
    user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    pythons = [
        name
        for name in (sys.executable, "/usr/bin/python3")
        if not subprocess.run([*user, "unshare", "-Ur", name, "-c", ""], check=False).returncode
    ]
    if not pythons:
        pytest.skip("needs setpriv, user namespaces, and a Python that an ordinary user may run")
    script = (
        "from packetwalk import lab\n"
        "with lab.open('flannel', 'vxlan', ground='netns') as c: print(c.pod('a').ping('b'))"
    )
    done = subprocess.run(
        [*user, pythons[0], "-c", script],
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        cwd=ROOT,
    )
    assert "ttl=62" in done.stdout, done.stderr


def test_without_permission_there_is_one_clear_line(tmp_path: Path, monkeypatch) -> None:
    """An unshare that is not allowed to, as in a container without rights."""
    fake = tmp_path / "unshare"
    fake.write_text("#!/bin/sh\necho 'unshare: unshare failed: Operation not permitted' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(LabError) as caught:
        lab.open("flannel", "vxlan", ground="netns")
    assert str(caught.value) == (
        "ground netns: unshare: unshare failed: Operation not permitted; "
        "needs root, or user namespaces for ordinary users"
    )


def test_an_interrupted_cell_leaves_the_cluster_usable(cluster, monkeypatch) -> None:
    def interrupt(*_) -> None:
        raise KeyboardInterrupt

    pipe = cluster._remote._pipe
    with monkeypatch.context() as patched:
        patched.setattr(type(pipe), "poll", interrupt)
        with pytest.raises(KeyboardInterrupt):
            cluster.pod("a").run("ip route")
    assert cluster.pod("a").run("ip -br link").startswith("lo")


def test_an_underlay_that_shrank_after_the_tunnel_was_made() -> None:
    with lab.open("flannel", "vxlan", ground="netns") as mine:
        mine.fault("underlay-mtu-1400")
        assert "mtu 1400" in mine.node("kind-worker").run("ip link show eth0")
        assert "mtu 1450" in mine.node("kind-worker").run("ip link show flannel.1")
        seen = mine.node("kind-worker").tcpdump("eth0", "a", "b", size=1422, df=True)
        packets = [line for line in seen.splitlines() if "ethertype ARP" not in line]
        assert [line.split("length ")[1].split(":")[0] for line in packets] == ["1410", "138"] * 2
