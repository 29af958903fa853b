"""What a learner hands in after an exam: a small text, points and time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from packetwalk.lab.check.report import sealed

HEAD = "packetwalk exam 1"


class Earned(NamedTuple):
    """What one task has earned; ``late`` says that it was handed in after the end."""

    points: int
    most: int
    late: bool


class ExamReport(NamedTuple):
    """A report; ``text`` is what is handed in, ``points`` of ``most`` are those in time."""

    points: int
    most: int
    late: int
    text: str

    def __repr__(self) -> str:
        return self.text.rstrip("\n")


def report(
    who: str, seed: int, ground: str, minutes: int, spent: float, lines: Sequence[Earned]
) -> ExamReport:
    """Return the report: points in time, and, told apart, those that came late."""
    name = " ".join(who.split()) or "somebody"
    points = sum(each.points for each in lines if not each.late)
    late = sum(each.points for each in lines if each.late)
    most = sum(each.most for each in lines)
    told = [
        f"task {at}: {each.points} of {each.most}{', late' if each.late else ''}"
        for at, each in enumerate(lines, 1)
    ]
    head = [
        HEAD,
        f"who: {name}",
        f"seed: {seed}",
        f"ground: {ground}",
        f"time: {spent:.0f} of {minutes} minutes",
    ]
    total = f"sum: {points} of {most}" + (f", and {late} late" if late else "")
    return ExamReport(points, most, late, sealed("\n".join([*head, *told, total])))
