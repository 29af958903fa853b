"""What a lab that ended, or was killed, has left: its processes, the network namespaces that they held.

They are known by their session, their numbers or a mark in their environment, so that nothing is mistaken that
another test, or another user of the machine, does at the same time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests import ROOT
from tests.waiting import until

MARK = "PACKETWALK_MARK"


def killed(script: str) -> list[int]:
    """Run a script until it prints the numbers of its programs, kill it, and return those still there."""
    child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pids = [int(word) for word in child.stdout.readline().split()]
    assert pids and len(running(pids)) == len(pids)
    child.send_signal(signal.SIGKILL)
    child.wait()
    return staying(lambda: running(pids))


def staying(look: Callable[[], list[int]]) -> list[int]:
    """Return the processes that do not go: signals are sent one after another."""
    return [] if until(lambda: not look()) else look()


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


def marked(mark: str) -> list[Path]:
    """Return the folders in /proc of the processes that bear a mark."""
    wanted, found = f"{MARK}={mark}".encode(), []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found += [process] if wanted in words else []
    return found


def name(process: Path) -> str:
    """Return the name of a process by its folder in /proc; nothing when it is gone."""
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def namespaces(of: list[Path] | None = None) -> set[str]:
    """Return the network namespaces that processes are in or hold open, those of all or of some."""
    found = set()
    for process in Path("/proc").glob("[0-9]*") if of is None else of:
        found |= {target for target in _holds(process) if target.startswith("net:")}
    return found


def _holds(process: Path) -> Iterator[str]:
    """Yield what a process is in and holds open; one that goes meanwhile holds nothing more."""
    try:
        yield os.readlink(process / "ns" / "net")
        for number in os.listdir(process / "fd"):
            with contextlib.suppress(OSError):
                yield os.readlink(process / "fd" / number)
    except OSError:
        return
