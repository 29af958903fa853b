"""Rooms that a wheel leaves out, for they serve notebooks and proofs of the book's repository."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from packetwalk.errors import LabError

LEFT_OUT = (
    "capture.joining",
    "cli.of_repository",
    "cni.*.ipv6",
    "cni.*.policies",
    "control",
    "datapath.ipv6",
    "lab.beside",
    "lab.check",
    "lab.classroom",
    "lab.command",
    "lab.exam",
    "lab.grounds",
    "lab.guest",
    "lab.kernel.emulators",
    "lab.kernel.programs.attached",
    "lab.kind",
    "lab.late",
    "lab.making",
    "lab.manifests",
    "lab.node",
    "lab.page",
    "lab.plugins",
    "lab.proving.real",
    "lab.proving.search",
    "lab.real",
    "plan.ipv6",
    "policy",
    "proof.draws",
    "shell",
    "tables.ipv6",
    "tables.text",
    "walks.dual",
    "walks.linux",
    "walks.policed",
    "walks.releases",
    "walks.stepped",
    "widgets",
    "why",
    "wire.ipv6",
)
"""Kept in step with ``[tool.setuptools.packages.find]`` of pyproject.toml by tests/house/test_wheel.py."""


def absent(room: str) -> tuple[str, ...]:
    """Return what is missing where a room is not there, else nothing."""
    return (
        ()
        if find_spec(f"packetwalk.{room}")
        else (f"packetwalk.{room}, which comes with the book's repository",)
    )


def room(name: str) -> ModuleType:
    """Return a room of the package; LabError, in one line, where it was left out."""
    for what in absent(name):
        raise LabError(f"missing: {what}")
    return import_module(f"packetwalk.{name}")
