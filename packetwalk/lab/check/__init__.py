"""Checks of a lab: they look at the cluster and say what is still wrong; hints come one by one.

A lab's ``check.py`` has a function for each step, ``check_2a(cluster)`` or with an answer of the
learner ``check_2a(cluster, answer)``.  It returns or yields what is still wrong, one line each;
nothing means done.  Its docstring is what is so when the step is done, its hints come from ``@hints``.
Where the learner has to find out what is broken, the faults are named there, in ``PATIENTS``, and asked for
by number.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check.beside import functions, module

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

FILE = "check.py"
PREFIX, PATIENTS = "check_", "PATIENTS"
HINTS = 3
Function = Callable[..., Iterable[str]]


def hints(first: str, second: str, third: str) -> Callable[[Function], Function]:
    """Give a check its three hints: where to look, what to look for, what to type."""

    def give(function: Function) -> Function:
        function.hints = (first, second, third)  # type: ignore[attr-defined]
        return function

    return give


class Checks:
    """The steps of one lab on one cluster."""

    def __init__(self, cluster: Ground, functions: dict[str, Function], patients: Sequence[str] = ()) -> None:
        self.cluster, self._functions, self._patients = cluster, functions, patients
        self._given: dict[str, int] = {}

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps in their order."""
        return tuple(self._functions)

    def wrong(self, step: str, *answer: Any) -> list[str]:
        """Return what is still wrong with a step, line by line; BadInput lists the steps."""
        function = self._function(step)
        wanted = list(inspect.signature(function).parameters)[1:]
        if len(answer) != len(wanted):
            return [
                f'say it with your answer: check("{step}", {", ".join(wanted)})' if wanted else "no answer"
            ]
        if any(each is ... or each is None for each in answer):
            return ["no answer yet: put yours in place of the dots"]
        try:
            return list(function(self.cluster, *answer))
        except (BadInput, LabError) as error:
            return [str(error)]
        except (TypeError, ValueError, AttributeError) as error:
            if not answer:
                raise
            return [f"this answer cannot be read: {error}"]

    def check(self, step: str, *answer: Any) -> None:
        """Print that a step is done, or what is still wrong with it."""
        wrong = self.wrong(step, *answer)
        if wrong:
            print("\n".join([f"Step {step}: not yet.", *(f"  - {line}" for line in wrong)]))
        else:
            print(f"Step {step}: done. {' '.join((self._function(step).__doc__ or '').split())}")

    def hint(self, step: str) -> None:
        """Print the next of the three hints for a step."""
        texts = self._function(step).hints  # type: ignore[attr-defined]
        number = min(self._given.get(step, 0) + 1, HINTS)
        self._given[step] = number
        print(f"Hint {number} of {HINTS} for step {step}: {texts[number - 1]}")

    def patient(self, number: int) -> None:
        """Break the mended cluster by the fault of this number, from 1, without a word about it."""
        numbers = range(1, len(self._patients) + 1)
        if number not in numbers:
            raise BadInput("patient", number, map(str, numbers))
        self.cluster.mend()
        self.cluster.fault(self._patients[number - 1])
        print(f"Patient {number} is in.")

    def _function(self, step: str) -> Function:
        if step not in self._functions:
            raise BadInput("step", step, self._functions)
        return self._functions[step]


def load(cluster: Ground, path: Path | str = FILE) -> Checks:
    """Read the checks of a lab, by default of the notebook's own folder."""
    of = module(path, "checks of the lab")
    return Checks(cluster, functions(of, PREFIX), getattr(of, PATIENTS, ()))
