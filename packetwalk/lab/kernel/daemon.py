"""Somebody else's program inside a namespace: it runs beside this process, and ends with it."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from functools import partial

from packetwalk.errors import LabError
from packetwalk.lab.kernel.namespaces import Namespace

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def end_with(parent: int) -> None:
    """Let the kernel kill this process when the thread that started it ends, also by ``kill -9``."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


class Daemon:
    """A running program, in a namespace that gets a /run of its own; ``close`` ends it.

    A thread waits for it as long as it runs: the kernel sends the signal of a parent's death when the
    thread ends that started a process, not when the whole parent does.
    """

    def __init__(
        self,
        namespace: Namespace,
        argv: Sequence[str],
        text: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it with ``text`` in its standard input, a file that can be opened anew (/dev/stdin).

        ``environment`` is put on top of this process's own.  LabError when there is no such program.
        """
        self.namespace, self._argv = namespace, list(argv)
        self._environment = {**os.environ, **(environment or {})}
        namespace.own_run()
        self.name = argv[0].rpartition("/")[2]
        self._input = os.memfd_create("input", os.MFD_CLOEXEC)
        os.write(self._input, text.encode())
        self._said = os.fdopen(os.memfd_create("said", os.MFD_CLOEXEC), "rb")
        self._process: subprocess.Popen[bytes] | None = None
        self._failure = ""
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait()
        if self._process is None:
            self.close()
            raise LabError(f"{namespace.name}: {self.name}: {self._failure}")

    def _run(self) -> None:
        try:
            self.namespace.enter()
            self._process = subprocess.Popen(
                self._argv,
                stdin=self._input,
                stdout=self._said,
                stderr=self._said,
                env=self._environment,
                preexec_fn=partial(end_with, os.getpid()),  # noqa: PLW1509  (two system calls, no lock)
            )
        except (OSError, LabError) as error:
            self._failure = str(error)
            return
        finally:
            self._started.set()
        self._process.wait()

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process is not None
        return self._process.pid

    def check(self) -> None:
        """Do nothing while it runs; LabError with its last line when it has ended."""
        assert self._process is not None
        if self._process.poll() is not None:
            lines = self.said().strip().splitlines()
            raise LabError(f"{self.namespace.name}: {self.name}: {lines[-1] if lines else 'ended'}")

    def said(self) -> str:
        """Return all that it has printed."""
        length = os.fstat(self._said.fileno()).st_size
        return os.pread(self._said.fileno(), length, 0).decode(errors="replace")

    def close(self) -> None:
        """End it and wait until it is gone."""
        if self._process is not None:
            self._process.kill()
        self._thread.join()
        os.close(self._input)
        self._said.close()
