"""The guest in Node: it does jobs, one after the other, in the kernel that a page takes up."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from packetwalk.capture.recording import Recording
from packetwalk.errors import LabError
from packetwalk.lab.page.answer import recording
from packetwalk.lab.page.debian import pinned
from packetwalk.lab.page.job import Ask, job
from packetwalk.walks.network import Network

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "player" / "kernel.mjs"
VARIABLE = "PACKETWALK_KERNEL"
STATE, BIOS, SOURCES = "state.zst", "bios.bin", "SOURCES"


def home() -> Path:
    """Return the folder in which `make kernel` keeps what it makes."""
    return Path(os.environ.get(VARIABLE) or ROOT / ".kernel")


def made() -> bool:
    """Say whether there is a guest."""
    return all((home() / name).is_file() for name in (STATE, BIOS, SOURCES))


def kernel() -> str:
    """Return what the guest's kernel is called."""
    return f"Linux {next(iter(pinned()['kernel'].values())).partition('-')[0]}"


class Guest:
    """A guest that is up; use it with ``with``."""

    def __init__(self) -> None:
        """Take its state up. LabError where there is none."""
        if not made():
            raise LabError("no kernel for the page: make kernel")
        self._work = tempfile.TemporaryDirectory(prefix="packetwalk-page-")
        called = ["node", str(SCRIPT), "work", str(home() / BIOS), str(home() / STATE)]
        self._node = subprocess.Popen(called, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self) -> Guest:
        return self

    def __exit__(self, *_) -> None:
        self.end()

    def end(self) -> None:
        """Let it go."""
        self._node.kill()
        self._node.wait()
        self._work.cleanup()

    def prove(self, network: Network, asks: Sequence[Ask], *, whole: bool = False) -> Recording:
        """Build a cluster, send packets in it and return the recording; LabError says what was refused."""
        task, folder = job(network, asks, whole=whole), Path(self._work.name)
        return recording(task, self.do(task.encoded(), folder), kernel())

    def do(self, task: bytes, folder: Path) -> bytes:
        """Let the guest do a job, and return its answer."""
        given, taken = folder / "job", folder / "answer"
        given.write_bytes(task)
        assert self._node.stdin and self._node.stdout
        try:
            self._node.stdin.write(f"{given} {taken}\n")
            self._node.stdin.flush()
            said = self._node.stdout.readline().strip()
        except BrokenPipeError:
            said = ""
        if said != "done":
            raise LabError(f"the kernel in the page: {said or 'it ended'}")
        return taken.read_bytes()
