"""The sub-commands: one file each, found by looking into this folder, and into ``of_repository`` beside it.

A file's docstring is its help, ``arguments(parser)`` says what can follow its name, and ``run(parsed)``
does it and returns the exit code, or None for 0.
"""

from __future__ import annotations

import argparse
import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

from packetwalk.cli.parser import Parser
from packetwalk.lab.rooms import absent, room

BESIDE = "cli.of_repository"
OF_REPOSITORY = ("kind", "policy", "record", "timeline", "why")
"""The commands that a wheel knows by name only."""


class _Missing(ModuleType):
    """A command that was left out: whatever follows its name, it says where it is."""

    @staticmethod
    def arguments(parser: Parser) -> None:
        parser.prefix_chars = "\0"  # whatever follows is no option of its own
        parser.add_argument("words", nargs="*")

    @staticmethod
    def run(_: argparse.Namespace) -> None:
        room(BESIDE)


@cache
def commands() -> dict[str, ModuleType]:
    """Return all sub-commands by name."""
    found = {info.name: f"{__name__}.{info.name}" for info in pkgutil.iter_modules(__path__)}
    if absent(BESIDE):
        missing = {name: _Missing(name, "comes with the book's repository") for name in OF_REPOSITORY}
    else:
        missing = {}
        found |= {name: f"packetwalk.{BESIDE}.{name}" for name in OF_REPOSITORY}
    made = {name: import_module(where) for name, where in found.items()}
    return dict(sorted((made | missing).items()))
