"""A process of its own for network namespaces: a notebook stays as it is, an ordinary user gets root in it.

The process lives in user (for ordinary users), network, mount and process namespaces of its own, so
nothing it runs can touch the machine's network.  It is the first process of its process namespace:
when it ends, the kernel ends all it started.  It ends when the pipe to the notebook closes, so also
when the notebook is killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from importlib import import_module
from multiprocessing.connection import Connection, Pipe
from typing import Any

from packetwalk.errors import BadInput, LabError
from packetwalk.lab import program
from packetwalk.lab.kernel.rootless import FRESH_RUN, RIGHTS, search_path

PATIENCE = 90.0  # seconds for one request; every program inside has less
STOP = "stop"  # what is asked for beside requests, while one is being done
UNSHARE = ("--net", "--mount", "--pid", "--fork", "--kill-child=KILL")


class Remote:
    """The notebook's end: ``call`` a method of the ``Live`` in the other process, or of what a module says by ``SERVED``."""

    def __init__(self, module: str = "packetwalk.lab.kernel.live") -> None:
        """Start the process; LabError in one line without the right to."""
        unshare = shutil.which("unshare")
        if unshare is None:
            raise LabError("program missing: unshare")
        as_root = () if os.geteuid() == 0 else ("--user", "--map-root-user")
        self._pipe, theirs = Pipe()
        self._count = 0
        again = [sys.executable, "-m", __name__, module, str(theirs.fileno())]
        self._said = os.fdopen(os.memfd_create("stderr"), "rb")
        self._process = subprocess.Popen(
            [unshare, *as_root, *UNSHARE, "sh", "-c", FRESH_RUN, "sh", *again],
            stdin=subprocess.DEVNULL,
            stderr=self._said,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env={**os.environ, "PATH": search_path(), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        theirs.close()
        self.call("ready")

    @property
    def pid(self) -> int:
        """The number of the process, which leads a session of its own."""
        return self._process.pid

    def call(self, method: str, *arguments: Any) -> Any:
        """Return what the method returns; its BadInput or LabError is raised here.

        Where the cell is interrupted, the program that runs for it is too; an answer that nobody waits for any more is
        thrown away.
        """
        self._count += 1
        try:
            self._pipe.send((self._count, method, arguments))
            while self._pipe.poll(PATIENCE):
                number, failure, value = self._pipe.recv()
                if number == self._count and failure:
                    raise failure
                if number == self._count:
                    return value
        except (EOFError, OSError):
            raise LabError(self._last_words()) from None
        except KeyboardInterrupt:
            with contextlib.suppress(OSError):
                self._pipe.send((self._count, STOP, ()))
            raise
        self.close()
        raise LabError(f"network namespaces: no answer in {PATIENCE:g} seconds")

    def _last_words(self) -> str:
        """Return why the process is gone: what unshare or mount said, or its exit code."""
        self.close()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()
        if said and said[-1].startswith(("unshare:", "mount:")):
            return f"{said[-1]}; {RIGHTS}"
        return f"network namespaces: {said[-1] if said else 'closed'}"

    def close(self) -> None:
        """End the process, and with it all namespaces."""
        self._pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        self._process.kill()
        self._process.wait()


def serve(module: str, pipe: Connection) -> None:
    """Answer requests until the pipe closes, which ends the process even amid a request."""
    live = import_module(module).SERVED()
    requests: list[tuple[int, str, tuple]] = []
    waiting = threading.Condition()

    def listen() -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                request = pipe.recv()
                if request[1] == STOP:
                    program.stop()
                    continue
                with waiting:
                    requests.append(request)
                    waiting.notify()
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        with waiting:
            waiting.wait_for(lambda: requests)
            number, method, arguments = requests.pop(0)
        failure: Exception | None = None
        value = None
        try:
            value = getattr(live, method)(*arguments)
        except (BadInput, LabError) as error:
            failure = error
        except Exception as error:
            failure = LabError(f"network namespaces: {type(error).__name__}: {error}")
        pipe.send((number, failure, value))


if __name__ == "__main__":
    serve(sys.argv[1], Connection(int(sys.argv[2])))
