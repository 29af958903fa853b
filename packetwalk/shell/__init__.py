"""A shell in the model: the commands of a lab, answered from the model's tables in the tools' own form.

One file a program, found by looking into this folder; each has ``PROGRAMS``, the programs by name.  The listing
that a recording asks for is printed of every table, also where no program here knows it.
What a real program can do and the model cannot is said in one line.  A change is tried whole before it is
taken; what fails leaves everything as it was.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module

from packetwalk.capture.output import Output
from packetwalk.errors import BadInput
from packetwalk.shell.listed import listed
from packetwalk.shell.state import State
from packetwalk.shell.terminal import Failure, Program, Terminal
from packetwalk.shell.trial import trial

__all__ = ["Shell", "State", "programs"]


@cache
def programs() -> dict[str, Program]:
    """Return all programs by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    return {name: found for module in modules for name, found in getattr(module, "PROGRAMS", {}).items()}


class Shell:
    """Runs commands in one namespace of a state.

    Unless it is ``tried``, a change is taken as it is: whoever searches for faults wants to see what comes of it.
    """

    def __init__(self, state: State, netns: str, *, tried: bool = True) -> None:
        self._terminal = Terminal(state, netns)
        self._tried = tried

    def run(self, argv: Sequence[str], filters: Sequence[Sequence[str]] = ()) -> Output:
        """Run one program; whatever is wrong is said in the output, with an exit code.

        ``filters`` read what it prints, one after the other; errors pass them by, and the last one's exit code
        counts.
        """
        line = " | ".join(" ".join(words) for words in [argv, *filters])
        said, errors = self._run(argv, ""), ""
        for words in filters:
            errors += said[: said.errors]
            said = self._run(words, said[said.errors :])
        return Output(errors + said, said.code, line, len(errors) + said.errors)

    def _run(self, argv: Sequence[str], text: str) -> Output:
        name = argv[0].rpartition("/")[2]
        if name not in programs():
            printed = listed(self._terminal, argv)
            if printed is not None:
                return Output(printed)
            known = ", ".join(sorted(programs()))
            return _failed(f"{argv[0]}: command not found (the model has: {known})", 127)
        state, was = self._terminal.state, self._terminal.state.snapshot()
        try:
            said = programs()[name](self._terminal._replace(text=text), list(argv[1:]))
            if self._tried and state.network is not was.network:
                trial(state, self._terminal.name)
        except Failure as error:
            if state.network is not was.network:
                state.restore(was)  # what was sent before is remembered
            printed = listed(self._terminal, argv)
            if printed is not None:
                return Output(printed)
            return _failed(str(error), error.code)
        except Exception as error:
            state.restore(was)
            return _refused(name, argv, error)
        return said if isinstance(said, Output) else Output(said)


def _refused(name: str, argv: Sequence[str], error: Exception) -> Output:
    """Return the message of what went wrong; what no program foresaw is what the model cannot do."""
    if isinstance(error, BadInput):
        return _failed(f"{name}: {error}", 2)
    reason = " ".join(str(error).split()) or type(error).__name__
    return _failed(f"{name}: the model does not know how to do {' '.join(argv)!r} ({reason})", 2)


def _failed(message: str, code: int) -> Output:
    return Output(f"{message}\n", code, errors=len(message) + 1)
