"""The agent of the page's guest, compiled for this machine: the same jobs, in the running kernel."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from packetwalk.capture.recording import Recording
from packetwalk.lab.page.answer import recording
from packetwalk.lab.page.build import AGENT
from packetwalk.lab.page.job import Ask, job
from packetwalk.walks.network import Network

INSIDE = "mount -t tmpfs none /run && mkdir /run/netns && exec "


class Native:
    """An agent in namespaces of its own; use it with ``with``."""

    def __init__(self, folder: Path) -> None:
        program, self._share = folder / "agent", folder / "share"
        self._share.mkdir()
        subprocess.run(["gcc", "-O1", "-std=gnu11", AGENT, "-o", program], check=True)
        mine, its = socket.socketpair()
        self._line = mine.makefile("rw")
        self._agent = subprocess.Popen(
            ["unshare", "-mn", "sh", "-c", f"{INSIDE}{program} {self._share}"],
            stdin=its,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        its.close()
        self._until("ready")

    def __enter__(self) -> Native:
        return self

    def __exit__(self, *_) -> None:
        self.do(b"clear - 1 0\n\0")
        os.killpg(self._agent.pid, signal.SIGKILL)
        self._agent.wait()

    def _until(self, last: str) -> None:
        for line in self._line:
            assert not line.startswith("failed"), line
            if line.strip() == last:
                return
        raise AssertionError(f"the agent ended before {last}")

    def do(self, task: bytes) -> bytes:
        """Do a job and return its answer."""
        (self._share / "job").write_bytes(task)
        self._line.write("job\n")
        self._line.flush()
        self._until("done job")
        return (self._share / "job.answer").read_bytes()

    def prove(self, network: Network, asks: Sequence[Ask]) -> Recording:
        """Build a cluster, send packets in it and return the recording."""
        task = job(network, asks)
        return recording(task, self.do(task.encoded()), "Linux")
