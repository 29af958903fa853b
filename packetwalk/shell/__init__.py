"""A shell in the model: the commands of a lab, answered from the model's tables in the tools' own form.

One file a program, found by looking into this folder; each has ``PROGRAMS``, the programs by name.
What a real program can do and the model cannot is said in one line.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from packetwalk.errors import BadInput
from packetwalk.shell.output import Output
from packetwalk.shell.place import Failure, Place, Program
from packetwalk.shell.state import State

__all__ = ["Shell", "State", "programs"]


@cache
def programs() -> dict[str, Program]:
    """Return all programs by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {name: found for module in modules for name, found in getattr(module, "PROGRAMS", {}).items()}


class Shell:
    """Runs commands in one namespace of a state."""

    def __init__(self, state: State, netns: str) -> None:
        self._place = Place(state, netns)

    def run(self, argv: Sequence[str]) -> Output:
        """Run one program; whatever is wrong is said in the output, with an exit code."""
        line = " ".join(argv)
        name = argv[0].rpartition("/")[2]
        if name not in programs():
            known = ", ".join(sorted(programs()))
            return Output(f"{argv[0]}: command not found (the model has: {known})\n", 127, line)
        try:
            said = programs()[name](self._place, list(argv[1:]))
        except Failure as error:
            return Output(f"{error}\n", error.code, line)
        except BadInput as error:
            return Output(f"{name}: {error}\n", 2, line)
        return Output(said, said.code if isinstance(said, Output) else 0, line)
