"""Recordings of a kind cluster, a lab's own or somebody else's: what is asked, what is kept, and what never is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packetwalk.errors import BadInput
from packetwalk.lab.grounds.kind import KindGround
from packetwalk.trace.packet import Packet
from tests.lab.kind.conftest import SECRET, Machine
from tests.lab.kind.test_ground import NAME


def test_a_recording_carries_no_secret_of_the_cluster(machine: Machine, tmp_path: Path) -> None:
    from packetwalk import wire
    from packetwalk.capture import recording
    from packetwalk.capture.recording import Probe
    from packetwalk.lab.kind.recording.record import record

    macs = ("02:42:0a:f4:01:02", "02:42:0a:f4:01:01")
    http = f"GET / HTTP/1.1\r\nAuthorization: Bearer {SECRET}\r\n\r\n".encode()
    inner = (
        wire.Ethernet(*macs), wire.Ipv4("10.244.1.2", "10.244.2.2", 6),
        wire.Tcp(40000, 8080, 1, 1, "PA", 64000), wire.Data(http),
    )  # fmt: skip
    outer = (
        wire.Ethernet(*macs),
        wire.Ipv4("172.18.0.3", "172.18.0.4", 17),
        wire.Udp(50000, 8472),
        wire.Vxlan(1),
    )
    frames = [
        [netns, "eth0", "out", 1700000000000000000 + n, wire.encode(stack).hex(), False]
        for n, (netns, stack) in enumerate([("a", inner), ("kind-worker", (*outer, *inner))])
    ]
    machine.write(frames=frames)
    cluster = KindGround("flannel", "vxlan")
    made = record(
        cluster._reach,
        nodes=["kind-worker"],
        pods=["a"],
        send=Probe("it", "a", "10.244.2.2", 8080, Packet("tcp")),
    )
    assert [place.netns for place in made.places] == ["kind-worker", "a"], "only what was chosen"
    assert made.about["payload"] == "zeroed"
    recording.write(made, tmp_path / "carried")
    read = recording.read(tmp_path / "carried")
    assert [len(frame.data) for frame in read.sent[0].frames] == [len(bytes.fromhex(f[4])) for f in frames]
    connections = read.place("kind-worker").files["conntrack.txt"]
    assert "10.244.2.2" in connections and "10.244.1.77" not in connections, "nobody else's"
    kept = read.sent[0].frames[1].stack
    assert [header.proto for header in kept[:-1]] == ["eth", "ip", "udp", "vxlan", "eth", "ip", "tcp"]
    for file in (tmp_path / "carried").rglob("*"):
        assert SECRET.encode() not in (file.read_bytes() if file.is_file() else b""), file
    for call in machine.called("kubectl", "get"):
        assert call[2] in ("nodes", "pods", "services")
        assert call[-1].startswith("jsonpath="), "never whole objects"
    whole = record(cluster._reach, nodes=["kind-worker"], pods=["a"], seconds=1, payload=True)
    assert any(SECRET.encode() in frame.data for frame in whole.sent[0].frames), "the test can fail"
    assert machine.requests[-1]["send"] is None
    with pytest.raises(BadInput, match="kind-worker"):
        record(cluster._reach, nodes=["nobody"])
    cluster.close()


def test_without_asking_for_packets_nothing_is_sent(machine: Machine) -> None:
    from packetwalk.lab.kind.recording.record import record

    with KindGround("flannel", "vxlan") as cluster:
        made = record(cluster._reach)
        assert made.sent == () and not machine.requests
        assert len(made.places) == 5


def test_frames_that_the_taps_had_no_room_for_are_counted(machine: Machine) -> None:
    from packetwalk.lab.kind.recording.record import record

    machine.write(lost={"kind-worker": 3})
    with KindGround("flannel", "vxlan") as cluster:
        made = record(cluster._reach, seconds=0.1)
        assert made.about["lost"] == {"kind-worker": 3}


def test_somebody_elses_cluster_is_recorded_and_left_as_it_was(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from packetwalk.cli import main

    theirs = {f"mine-{n}": {"id": f"x{n}", "cluster": "mine", "pid": 7} for n in ("control-plane", "worker")}
    objects = json.loads(json.dumps(machine.state["objects"]).replace(NAME, "mine"))
    machine.write(clusters=["mine"], containers=theirs, objects=objects)
    folder = str(tmp_path / "carried")
    assert main(["record", "mine", folder, "--node", "mine-worker", "--ping", "a", "web"]) == 0
    assert "2 namespaces" in capsys.readouterr().out
    assert machine.now()["containers"] == theirs and machine.now()["clusters"] == ["mine"]
    assert {call[1] for call in machine.called("kubectl")} == {"get"}, "nothing but questions"
    assert not [call for call in machine.calls if call[:2] in (["kind", "create"], ["kind", "delete"])]
    assert machine.requests[-1]["payload"] is False
    assert SECRET.encode() not in b"".join(f.read_bytes() for f in Path(folder).rglob("*") if f.is_file())
    assert main(["record", "mine", folder]) == 2 and "does not exist yet" in capsys.readouterr().err
    assert main(["record", "nobody", folder + "2"]) == 2 and "'nobody'" in capsys.readouterr().err
    assert main(["record", "mine", folder + "2", "--pod", "nobody"]) == 2
    assert machine.now()["containers"] == theirs, "the tools are gone after a failure too"


def test_a_lab_captures_its_own_packet_whole(machine: Machine) -> None:
    with KindGround("flannel", "vxlan") as cluster:
        made = cluster.capture("a", "web:80", proto="tcp")
        asked = machine.requests[-1]
        assert asked["payload"] and asked["send"]["dst"] == "10.96.0.80" and asked["send"]["dport"] == 80
        assert set(asked["namespaces"]) == {*cluster.nodes, *cluster.pods}
        assert asked["namespaces"]["kind-worker"] == "/proc/101/ns/net"
        assert made.about["plugin"] == "flannel" and made.about["mode"] == "vxlan"
        with pytest.raises(BadInput, match="web"):
            cluster.capture("a", "nobody")
