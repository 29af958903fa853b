"""What a test in the running kernel needs: without it it is skipped with the reason, in CI it fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from packetwalk.lab.kernel.build import TOOLS
from packetwalk.lab.kernel.programs.runtime import FOLDERS, PLUGINS
from tests import ROOT


def needs(*programs: str) -> pytest.MarkDecorator:
    """Return the mark of tests that need root, the tools of every lab and these programs."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    missing = [each for each in (*TOOLS, *programs) if shutil.which(each, path=path) is None]
    if os.geteuid() != 0:
        missing.append("root")
    return pytest.mark.skipif(bool(missing) and "CI" not in os.environ, reason=f"needs {', '.join(missing)}")


needs_plugins = needs(*PLUGINS, "curl")


def killed(script: str) -> list[int]:
    """Run a script until it prints the numbers of its programs, kill it, and return those still there."""
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pids = [int(word) for word in child.stdout.readline().split()]
    assert pids and len(running(pids)) == len(pids)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return left(lambda: running(pids))


def left(look: Callable[[], list[int]]) -> list[int]:
    """Return the processes that are still there after a while: signals are sent one after another."""
    end = time.monotonic() + 5
    while look() and time.monotonic() < end:
        time.sleep(0.02)
    return look()


def of_session(number: int) -> list[int]:
    """Return the running processes of a session."""
    found = (int(each.name) for each in Path("/proc").glob("[0-9]*"))
    return running(pid for pid in found if _stat(pid)[3:4] == [str(number)])


def running(pids: Iterable[int]) -> list[int]:
    """Return the processes that are there and not just waited for."""
    return [pid for pid in pids if _stat(pid)[:1] not in ([], ["Z"])]


def _stat(pid: int) -> list[str]:
    """Return what the kernel says of a process from its state on; nothing when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
