"""A recording of a live cluster, carried elsewhere, is the same walk there, and holds no secret."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.capture.joining.redact import without_payload
from packetwalk.capture.recording import Recording
from packetwalk.cni import plugins
from packetwalk.walks.replay import replay
from tests import ROOT
from tests.waiting import HANGS

NOBODY = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
PACKETS: dict[str, dict] = {
    "ping": {"dst": "b"},
    "service": {"dst": "web", "proto": "tcp"},
    "neighbour": {"dst": "near", "proto": "tcp"},
    "outside": {"dst": "internet"},
    "large": {"dst": "b", "size": 3000},
    "datagram": {"dst": "b", "proto": "udp"},
}
SECRET = "s3cr3t-of-the-cluster"
ANNOTATED = f"""
apiVersion: v1
kind: Node
metadata: {{name: kind-worker, labels: {{rack: one}}, annotations: {{token: {SECRET}}}}}
"""


def _pythons() -> list[list[str]]:
    """Return ways to start a Python that has no rights at all; the last resort is this one."""
    tried = [[*NOBODY, name] for name in (sys.executable, "/usr/bin/python3")]
    works = [
        each
        for each in tried
        if shutil.which("setpriv")
        and not subprocess.run(
            [*each, "-c", "import yaml"], check=False, stderr=subprocess.DEVNULL
        ).returncode
    ]
    return [*works, [sys.executable]]


def _elsewhere(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*_pythons()[0], "-m", "packetwalk", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )


@pytest.mark.kernel
@pytest.mark.parametrize("mode", ["vxlan", "ipip"])  # ipip is played by a program where the kernel lacks it
def test_the_same_walk_on_another_desk(mode: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    shown = {}
    with lab.open("flannel", mode, ground="netns") as cluster:
        for name, packet in PACKETS.items():
            cluster.record(tmp_path / "here" / name, "a", **packet)
            shown[name] = replay(tmp_path / "here" / name)
            assert shown[name].traces[0].disposition == "delivered"
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    shutil.rmtree(tmp_path / "here")
    for name, walk in shown.items():
        read = _elsewhere("replay", name, folder=tmp_path / "there")
        assert (read.returncode, read.stderr) == (0, "")
        assert read.stdout == f"{walk!r}\n"
        told = _elsewhere("replay", name, "--format", "json", folder=tmp_path / "there")
        assert json.loads(told.stdout) == json.loads(json.dumps(walk.to_json()))
        proven = _elsewhere("prove", "--replay", name, folder=tmp_path / "there")
        assert proven.returncode == 0, proven.stdout
        assert "2 of 2" in proven.stdout


def _holding(folder: Path, text: str) -> list[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.kernel
@pytest.mark.parametrize(("plugin", "mode"), [("calico", "bgp"), ("flannel", "vxlan")])
def test_no_secret_goes_along(
    plugin: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planted in the environment, in an annotation and in what pods say to each other, wrapped or not."""
    monkeypatch.setenv("PASSWORD", SECRET)
    with lab.open(plugin, mode, ground="netns") as cluster:
        cluster.apply(ANNOTATED)
        made = cluster.capture("a", "b", proto="udp", size=len(SECRET))
        monkeypatch.setattr(cluster, "capture", lambda *_, **__: _saying(made, SECRET))
        cluster.record(tmp_path / "whole", "a", "b", payload=True)
        cluster.record(tmp_path / "headers", "a", "b")
        assert SECRET in cluster.pod("a").run("env"), "it was there to be taken"
    assert {Path(name).suffix for name in _holding(tmp_path / "whole", SECRET)} == {".pcapng"}
    assert not _holding(tmp_path / "headers", SECRET) and not _holding(tmp_path / "headers", SECRET[:8])
    assert repr(replay(tmp_path / "headers")) == repr(replay(tmp_path / "whole"))


def _saying(made: Recording, text: str) -> Recording:
    """Return a recording in which the programs said this, instead of the lab's own bytes."""
    ours = bytes(range(len(text)))
    (sent,) = made.sent
    frames = [frame._replace(data=frame.data.replace(ours, text.encode())) for frame in sent.frames]
    assert sum(text.encode() in frame.data for frame in frames) > 8
    return made._replace(sent=(sent._replace(frames=tuple(frames)),))


@pytest.mark.parametrize(
    ("plugin", "mode"),
    [(p.name, m.name) for p in plugins().values() for m in p.modes if m.name != "sleeve-encrypted"],
)
def test_in_every_mode_headers_are_enough_for_the_walk(plugin: str, mode: str) -> None:
    with lab.open(plugin, mode, ground="model") as cluster:
        for packet in PACKETS.values():
            made = cluster.capture("a", **packet)
            assert repr(replay(without_payload(made))) == repr(replay(made)), packet
