"""The other end of ``call.sh``: takes the calls of the programs on the PATH and answers them in this process."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.lab.kind.fakes.flags import Refused, parse, subcommand
from tests.lab.kind.fakes.programs import Log, Programs

PROGRAM = Path(__file__).with_name("call.sh")


class Exchange:
    """Calls, in the order in which they came, and how they are answered: by the programs or by a failure.

    ``failures`` maps a pattern to what a call that matches says, the code it ends with, and whether it first
    stays until ``close``, as one that takes long; then ``reached`` is set.
    """

    def __init__(self, state: dict[str, Any]) -> None:
        self.calls: list[list[str]] = []
        self.log = Log([], [], [])
        self.programs = Programs(state, self.log)
        self.failures: dict[str, tuple[str, int, bool]] = {}
        self.reached, self._over = threading.Event(), threading.Event()
        self._one_at_a_time = threading.Lock()
        exchange = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                call = _fields(self.request)
                if call is None:
                    return
                code, out, err = exchange.answer(call[0], call[1:-1], call[-1])
                self.request.sendall(b"\0".join([out.encode(), err.encode(), str(code).encode(), b""]))

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """A program that was killed hears no answer."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let go of calls that wait, and take no more."""
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, program: str, words: Sequence[str], given: str) -> tuple[int, str, str]:
        """Return the exit code of a call, what it prints and what it complains of."""
        try:
            with self._one_at_a_time:
                words = _of_cluster(words) if program == "kubectl" else words
                name = subcommand(program, words)
                self.calls.append([program, *words])
                flags, rest = parse(name, words[len(name.split()) - 1 :])
                failure = self._failure([program, *words])
                if failure is None:
                    return self.programs.call(name, flags, rest, given)
                if name == "kind create cluster" and "half" in failure[0]:
                    self.programs.call(name, flags, rest, given)
        except Refused as refused:
            return refused.code, "", refused.text + "\n"
        self.reached.set()
        if failure[2]:
            self._over.wait()
        return failure[1], "", failure[0] + "\n"

    def _failure(self, call: list[str]) -> tuple[str, int, bool] | None:
        found = [how for pattern, how in self.failures.items() if re.search(pattern, " ".join(call))]
        return found[0] if found else None


def _of_cluster(words: Sequence[str]) -> Sequence[str]:
    """Return a call of kubectl without the kubeconfig that each must name."""
    if words[:1] != ["--kubeconfig"] or not Path(words[1]).exists():
        raise Refused("error: the cluster's own kubeconfig was not given")
    return words[2:]


def _fields(connection: Any) -> list[str] | None:
    """Return program, words and input of a call; nothing when it ended before it had said them."""
    got = b""
    while (fields := got.split(b"\0"))[1:] == [] or len(fields) < int(fields[0]) + 4:
        more = connection.recv(1 << 16)
        if not more:
            return None
        got += more
    return [field.decode() for field in fields[1:-1]]
