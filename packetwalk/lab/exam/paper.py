"""What a learner hands in after an exam: a small text, points and time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.lab.check.report import keep, learner, moment, opened, sealed, signed

HEAD = "packetwalk exam 1"
FIELDS = ("who", "seed", "ground", "time", "made")
TIME = re.compile(r"\d+ of \d+ minutes")
TASK = re.compile(r"task \d+: (\d+) of (\d+)(, late)?")


class Earned(NamedTuple):
    """What one task has earned; ``late`` says that it was handed in after the end."""

    points: int
    most: int
    late: bool


class ExamReport(NamedTuple):
    """A report, as it was made or read; ``text`` is what is handed in, ``time`` is in minutes, of those there were."""

    who: str
    seed: str
    ground: str
    time: str
    made: str
    tasks: tuple[Earned, ...]
    text: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")

    @property
    def points(self) -> int:
        """The points in time."""
        return sum(each.points for each in self.tasks if not each.late)

    @property
    def late(self) -> int:
        """The points that came late."""
        return sum(each.points for each in self.tasks if each.late)

    @property
    def most(self) -> int:
        """The points that there were."""
        return sum(each.most for each in self.tasks)

    def signed(self, key: str) -> bool | None:
        """Say whether the signature is one by this key; None where there is no signature."""
        return signed(self.text, key)


def report(
    who: str,
    seed: int,
    ground: str,
    minutes: int,
    spent: float,
    tasks: Sequence[Earned],
    folder: str | Path = "",
) -> ExamReport:
    """Return the report, and write it into a folder where one is named or set; LabError where it cannot be."""
    values = (learner(who), str(seed), ground, f"{spent:.0f} of {minutes} minutes", moment())
    head = dict(zip(FIELDS, values, strict=True))
    done = ExamReport(**head, tasks=tuple(tasks), text="")
    lines = [HEAD, *(f"{name}: {value}" for name, value in head.items()), *_told(done)]
    done = done._replace(text=sealed("\n".join(lines)))
    keep(done.text, f"{done.who}-exam-{seed}", folder)
    return done


def _told(done: ExamReport) -> list[str]:
    """Return the lines of a report below its head: each task, and the sum."""
    tasks = [
        f"task {at}: {each.points} of {each.most}{', late' if each.late else ''}"
        for at, each in enumerate(done.tasks, 1)
    ]
    return [*tasks, f"sum: {done.points} of {done.most}" + (f", and {done.late} late" if done.late else "")]


def read(path: Path) -> ExamReport:
    """Read a report that was handed in; BadInput, with the file, for what is none."""
    text = opened(path)
    lines = text.splitlines()
    head = dict(line.split(": ", 1) for line in lines[1 : 1 + len(FIELDS)] if ": " in line)
    told = lines[1 + len(FIELDS) : -1]
    tasks = [found for line in told[:-1] if (found := TASK.fullmatch(line))]
    if lines[:1] == [HEAD] and tuple(head) == FIELDS and tasks and TIME.fullmatch(head["time"]):
        earned = [Earned(int(each[1]), int(each[2]), bool(each[3])) for each in tasks]
        done = ExamReport(**head, tasks=tuple(earned), text=text)
        if told == _told(done):
            return done
    raise BadInput("report", str(path), [f"the text of exam.report(), which begins with {HEAD!r}"])
