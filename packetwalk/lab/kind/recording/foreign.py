"""A kind cluster that somebody else made: it is read and left as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from packetwalk.errors import BadInput
from packetwalk.lab.kind.running import tools
from packetwalk.lab.kind.running.programs import call


class Foreign:
    """Read a cluster by its kind name; use it with ``with``: the container of tools goes at the end.

    Nothing is changed in the cluster or in the user's kubeconfig.
    """

    def __init__(self, name: str) -> None:
        """BadInput lists the clusters there are."""
        known = call(["kind", "get", "clusters"]).split()
        if name not in known:
            raise BadInput("kind cluster", name, known or ["there is none"])
        self.name, self.tools = name, f"packetwalk-record-{name}-{os.getpid()}"
        listed = call(["kind", "get", "nodes", "--name", name]).split()
        self.containers: Mapping[str, str] = {container: container for container in sorted(listed)}
        self._kubeconfig = call(["kind", "get", "kubeconfig", "--name", name])

    def __enter__(self) -> Foreign:
        try:
            tools.start(self.tools, self.name)
        except BaseException:
            tools.stop(self.tools)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        tools.stop(self.tools)

    def kubectl(self, *words: str) -> str:
        """Ask the cluster, with a kubeconfig that exists for this one question."""
        with tempfile.NamedTemporaryFile("w", prefix="packetwalk-", suffix=".kubeconfig") as file:
            file.write(self._kubeconfig)
            file.flush()
            return call(["kubectl", "--kubeconfig", str(Path(file.name)), *words])
