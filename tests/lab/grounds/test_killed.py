"""kill -9 in every phase of a lab: no process, namespace, interface or file is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.capture import recording
from tests import ROOT
from tests.lab import left
from tests.lab.apart import Apart
from tests.waiting import until

pytestmark = pytest.mark.kernel
LAB = """
import os, shutil, sys, time
from packetwalk import lab
phase = sys.argv[1]
def say(word): print(word, flush=True)
say("start")
cluster = lab.open("flannel", "vxlan", ground="netns")
say("up")
while phase == "command": cluster.pod("a").run("ping b")
while phase == "daemon": cluster.pod("a").run("setsid -f sleep 60"); say("forked"); time.sleep(60)
while phase == "capture": cluster.capture("a", "b")
while phase == "measure": cluster.measure("a", "b")
while phase == "fault": cluster.fault("missing-fdb"); cluster.mend()
while phase == "mode": cluster.use("host-gw"); cluster.use("vxlan")
while phase == "record": cluster.record("one"); say("written"); os.rename("one", "old"); shutil.rmtree("old")
while phase == "close": say("closing"); cluster.close(); cluster = lab.open("flannel", "vxlan", ground="netns")
time.sleep(60)
"""
PHASES = [
    ("open", "start", 0.15),
    ("open", "start", 0.35),
    ("open", "start", 0.6),
    ("idle", "up", 0.0),
    ("command", "up", 0.2),
    ("daemon", "forked", 0.0),
    ("capture", "up", 0.3),
    ("measure", "up", 0.5),
    ("fault", "up", 0.1),
    ("fault", "up", 0.6),
    ("mode", "up", 0.4),
    ("record", "written", 0.02),
    ("record", "written", 0.2),
    ("close", "closing", 0.0),
    ("close", "closing", 0.05),
]


@pytest.mark.parametrize(("phase", "word", "after"), PHASES, ids=[f"{p[0]}-{p[2]:g}" for p in PHASES])
def test_killed_in_any_phase_it_leaves_nothing(
    apart: Apart, phase: str, word: str, after: float, tmp_path: Path
) -> None:
    mark = uuid.uuid4().hex
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    child = subprocess.Popen(
        [*apart.inside, sys.executable, "-c", LAB, phase],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, left.MARK: mark, "TMPDIR": str(temporary), "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    while child.stdout.readline().strip() != word:
        assert child.poll() is None
    time.sleep(after)
    own = left.namespaces([Path("/proc/self"), Path(f"/proc/{apart.pid}")])
    held = left.namespaces(left.marked(mark)) - own
    assert left.marked(mark) and (held or phase in ("open", "close")), "there is something to leave"
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert until(lambda: not left.marked(mark)), left.marked(mark)
    assert until(lambda: not left.namespaces() & held)
    assert apart.left() == []
    assert not list(temporary.iterdir())
    if phase == "record":
        assert not (tmp_path / "one").exists() or recording.read(tmp_path / "one").sent, "half of a recording"


def test_a_writer_that_was_killed_is_tidied_up_by_the_next(tmp_path: Path) -> None:
    """And one that still writes is left alone."""
    ended = subprocess.Popen(["true"])
    ended.wait()
    dead, alive = tmp_path / f".one.{ended.pid}.part", tmp_path / f".one.{os.getppid()}.part"
    other = tmp_path / f".two.{ended.pid}.part"
    for folder in (dead, alive, other):
        folder.mkdir()
        (folder / "recording.json").write_text("{")
    with lab.open("flannel", "vxlan", ground="model") as cluster:
        cluster.record(tmp_path / "one")
    assert recording.read(tmp_path / "one").sent
    assert not dead.exists() and alive.exists() and other.exists()
