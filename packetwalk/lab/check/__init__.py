"""Checks of a lab: they look at the cluster and say what is still wrong; hints come one by one.

A lab's ``check.py`` has a function for each step, ``check_2a(cluster)`` or with answers of the learner, each with how
it is read: ``check_2a(cluster, port: answers.number)``.  It returns or yields what is still wrong, one line each;
nothing means done.  Its docstring is what is so when the step is done, its first two hints come from ``@hints``; the
third is what the solution types.
Where the learner has to find out what is broken, the faults are named there, in ``PATIENTS``, and asked for
by number.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check import checkpoints
from packetwalk.lab.check.answers import Reader, placeholder
from packetwalk.lab.check.beside import functions, module
from packetwalk.lab.check.progress import Progress, progress_of
from packetwalk.lab.check.report import HandedIn, reported

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

FILE = "check.py"
PREFIX, PATIENTS = "check_", "PATIENTS"
HINTS = 3
LOST = 'the cluster is in no state in which this step can be judged; cluster.at("{step}") brings it to the step'
Function = Callable[..., Iterable[str]]


def hints(first: str, second: str) -> Callable[[Function], Function]:
    """Give a check its first two hints: where to look, what to look for."""

    def give(function: Function) -> Function:
        function.hints = (first, second)  # type: ignore[attr-defined]
        return function

    return give


class NotYet(AssertionError):
    """Say in one line that a step is not done, and what is wrong with it."""

    def _render_traceback_(self) -> list[str]:
        """Return what a notebook shows."""
        return [f"{type(self).__name__}: {self}"]


class Checks:
    """The steps of one lab on one cluster; called as ``check("2", answer)`` it says whether a step is done."""

    def __init__(
        self,
        cluster: Ground,
        functions: dict[str, Function],
        patients: Sequence[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.cluster, self._functions, self._patients = cluster, functions, patients
        self._folder = folder or Path()

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps in their order."""
        return tuple(self._functions)

    @property
    def progress(self) -> Progress:
        """What was tried and done of this lab in this process."""
        return progress_of(self._folder, self.steps)

    def __call__(self, step: str | int, *answer: Any) -> None:
        """Print that a step is done, or what is still wrong with it."""
        self.check(step, *answer)

    def __repr__(self) -> str:
        return f'check("STEP") looks at a step; STEP is one of {", ".join(self.steps)}'

    def wrong(self, step: str | int, *answer: Any) -> list[str]:
        """Return what is still wrong with a step, line by line; BadInput lists the steps."""
        name = self._named(step)
        function = self._functions[name]
        wanted = list(inspect.signature(function).parameters.values())[1:]
        if len(answer) != len(wanted):
            call = ", ".join([f'"{name}"', *(each.name for each in wanted)])
            how = "with your answer: " if wanted else "without an answer: "
            return [f"say it {how}check({call})"]
        if any(map(placeholder, answer)):
            return ["no answer yet: put yours in place of the dots"]
        try:
            read = [
                _read(each.annotation, each.name, given, self.cluster)
                for each, given in zip(wanted, answer, strict=True)
            ]
            return list(dict.fromkeys(function(self.cluster, *read)))
        except (BadInput, LabError) as error:
            return [str(error)]
        except Exception:  # whatever the learner has made of the cluster: its line is not Python's
            return [LOST.format(step=name)]

    def check(self, step: str | int, *answer: Any) -> None:
        """Print that a step is done, or what is still wrong with it."""
        name = self._named(step)
        wrong = self.wrong(name, *answer)
        self.progress.tried(name, done=not wrong)
        if wrong:
            print("\n".join([f"Step {name}: not yet.", *(f"  - {line}" for line in wrong)]))
        else:
            print(f"Step {name}: done. {' '.join((self._functions[name].__doc__ or '').split())}")

    def must(self, step: str | int, *answer: Any) -> None:
        """Raise NotYet, with what is still wrong, where a step is not done: for programs that give marks."""
        wrong = self.wrong(step, *answer)
        self.progress.tried(self._named(step), done=not wrong)
        if wrong:
            raise NotYet(f"Step {self._named(step)}: not yet. {'; '.join(wrong)}")

    def hint(self, step: str | int) -> None:
        """Print the next of the three hints for a step."""
        name = self._named(step)
        number = self.progress.hinted(name, HINTS)
        texts = self._functions[name].hints  # type: ignore[attr-defined]
        if number < HINTS:
            print(f"Hint {number} of {HINTS} for step {name}: {texts[number - 1]}")
            return
        print(f"Hint {number} of {HINTS} for step {name}: the whole of it.\n{self.whole(name)}")

    def whole(self, step: str | int) -> str:
        """Return what the solution types for a step."""
        return checkpoints.whole(self._folder, self._named(step))

    def report(self, who: str = "", *, key: str = "", folder: str | Path = "") -> HandedIn:
        """Return a small text to hand in: who, which lab, which steps are done.

        It is signed with ``key``, else with PACKETWALK_CLASS_KEY, else not at all, and says so; with ``folder``, else
        PACKETWALK_CLASS, it is written there, too. LabError where it cannot be.
        """
        return reported(self.progress, self.cluster, who, key, folder)

    def patient(self, number: int | str) -> None:
        """Break the mended cluster by the fault of this number, from 1, without a word about it."""
        numbers = [str(each) for each in range(1, len(self._patients) + 1)]
        if str(number).strip() not in numbers:
            raise BadInput("patient", number, numbers)
        self.cluster.mend()
        self.cluster.fault(self._patients[int(number) - 1])
        print(f"Patient {int(number)} is in.")

    def _named(self, step: str | int) -> str:
        name = checkpoints.spelled(step)
        if name not in self._functions:
            raise BadInput("step", step, (f'"{each}"' for each in self._functions))
        return name


def _read(reader: Reader | Any, name: str, given: Any, cluster: Ground) -> Any:
    """Return an answer as its check wants it; BadInput with the answer's name."""
    if reader is inspect.Parameter.empty:
        return given
    try:
        return reader(given, cluster)
    except BadInput as error:
        raise error.within(name) from None


def load(cluster: Ground, path: Path | str = FILE) -> Checks:
    """Read the checks of a lab, by default of the notebook's own folder."""
    of = module(path, "checks of the lab")
    folder = Path(path).resolve().parent
    return Checks(cluster, functions(of, PREFIX), getattr(of, PATIENTS, ()), folder)
