"""A full disk and a place that may not be written to: one line, and nothing half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.waiting import HANGS

needs_mounts = pytest.mark.kernel("sh")
INSIDE = (
    'mount -t tmpfs -o "$1" none "$2" && cd "$2" && shift 2 && "$@"; code=$?; find . -mindepth 1; exit $code'
)
FULL, CLOSED = "size=48k", "ro"
RECORD = """
from packetwalk import lab
from packetwalk.errors import LabError
with lab.open("flannel", "vxlan", ground="{}") as cluster:
    try:
        cluster.record("one")
    except LabError as error:
        print("LabError:", error)
"""
WALK = ["walk", "flannel", "vxlan", "cross-node", "--format", "json", "-o", "walk.json"]
PROVE = ["prove", "flannel", "host-gw", "--save", "mine"]


def run(folder: Path, options: str, *words: str) -> tuple[int, list[str]]:
    """Run a Python command on a small file system of its own; return its exit code, its lines and the files left."""
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", INSIDE, "sh", options, str(folder), sys.executable, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=HANGS,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    return done.returncode, done.stdout.splitlines()


@needs_mounts
@pytest.mark.parametrize("ground", ["model", "netns"])
@pytest.mark.parametrize(
    ("options", "reason"), [(FULL, "No space left on device"), (CLOSED, "Read-only file system")]
)
def test_a_labs_recording(tmp_path: Path, ground: str, options: str, reason: str) -> None:
    code, said = run(tmp_path, options, "-c", RECORD.format(ground))
    assert (code, said) == (0, [f"LabError: recording, one: {reason}; nothing was kept"])


@needs_mounts
@pytest.mark.parametrize("words", [WALK, PROVE], ids=lambda words: words[0])
def test_what_the_command_line_writes(tmp_path: Path, words: list[str]) -> None:
    code, said = run(tmp_path, FULL, "-m", "packetwalk", *words)
    assert code == 2
    assert said[0].startswith("packetwalk: ") and said[0].endswith(
        ("No space left on device", "No space left on device; nothing was kept")
    )
    assert said[1:] in ([], ["./mine"]), "something is half-written"


@needs_mounts
def test_with_room_it_is_written(tmp_path: Path) -> None:
    code, said = run(tmp_path, "size=8m", "-c", RECORD.format("model"))
    assert code == 0 and "./one/recording.json" in said and "LabError" not in said[0]
