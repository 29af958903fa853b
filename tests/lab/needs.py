"""What a test in the running kernel needs: without it it is skipped with the reason, in CI it fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest

from packetwalk.lab.authors.cni import FOLDERS, PLUGINS
from packetwalk.lab.build import TOOLS

ROOT = Path(__file__).parents[2]


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need root, the tools of every lab and these programs."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    missing = [each for each in (*TOOLS, *programs) if shutil.which(each, path=path) is None]
    if os.geteuid() != 0:
        missing.append("root")
    return pytest.mark.skipif(bool(missing) and "CI" not in os.environ, reason=f"needs {', '.join(missing)}")


needs_plugins = needs(*PLUGINS, "curl")


def killed(script: str) -> list[int]:
    """Run a script until it prints the numbers of its programs, kill it, and return those still there.

    They have five seconds, for the kernel sends its signals one after another.
    """
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pids = [int(word) for word in child.stdout.readline().split()]
    assert pids and len(running(pids)) == len(pids)
    child.send_signal(signal.SIGKILL)
    child.wait()
    end = time.monotonic() + 5
    while running(pids) and time.monotonic() < end:
        time.sleep(0.02)
    return running(pids)


def running(pids: Iterable[int]) -> list[int]:
    """Return the processes that are there and not just waited for."""
    return [pid for pid in pids if _state(pid) not in ("", "Z")]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""
