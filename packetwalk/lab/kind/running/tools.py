"""The container of tools: it can enter every namespace of its Docker engine, and has this package in it."""

from __future__ import annotations

from pathlib import Path

from packetwalk.lab.kind import pins
from packetwalk.lab.kind.running.programs import attempt, call

PACKAGE = Path(__file__).parents[3]


def start(name: str, cluster: str) -> None:
    """Start it under a name, labelled with the cluster that it serves; one of before is replaced.

    It sees the processes of all containers (so the nodes' namespaces) and has no network of its own.
    """
    stop(name)
    call(
        [
            *("docker", "run", "--detach", "--rm", "--name", name),
            *("--label", f"packetwalk={cluster}", "--env", "PYTHONPATH=/opt"),
            *("--privileged", "--pid", "host", "--network", "none"),
            *(pins.tools().image, "sleep", "infinity"),
        ]
    )
    call(["docker", "cp", str(PACKAGE), f"{name}:/opt/packetwalk"])


def stop(name: str) -> None:
    """Remove it, if it is there."""
    attempt(["docker", "rm", "--force", name])
