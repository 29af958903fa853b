"""Who is where: the reports of a class in a shared folder, or in the homes that nbgitpuller fills, as one table.

Nothing is sent anywhere: files are read, and told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

from packetwalk.errors import BadInput
from packetwalk.lab.check.report import ENDING, KEY, HandedIn, opened, read
from packetwalk.lab.exam import paper
from packetwalk.lab.exam.paper import ExamReport

Made = TypeVar("Made", HandedIn, ExamReport)
HIDDEN = (".", "node_modules", "__pycache__")


class Room(NamedTuple):
    """The newest report of each learner and lab, of each learner and exam, and a line for each file that is none."""

    reports: tuple[HandedIn, ...]
    exams: tuple[ExamReport, ...]
    bad: tuple[str, ...]


def room(folder: Path) -> Room:
    """Read all reports below a folder; BadInput where it is no folder."""
    if not folder.is_dir():
        raise BadInput("folder of the class", str(folder), ["a folder with reports, or with homes that hold them"])
    labs: dict[tuple[str, str], HandedIn] = {}
    exams: dict[tuple[str, str], ExamReport] = {}
    bad: list[str] = []
    for path in _files(folder, bad):
        try:
            if opened(path).startswith(f"{paper.HEAD}\n"):
                exam = paper.read(path)
                _newest(exams, (exam.who, exam.seed), exam)
            else:
                report = read(path)
                _newest(labs, (report.who, report.lab), report)
        except BadInput as error:
            bad.append(str(error))
    return Room(tuple(labs[key] for key in sorted(labs)), tuple(exams[key] for key in sorted(exams)), tuple(bad))


def _newest(held: dict[tuple[str, str], Made], key: tuple[str, str], found: Made) -> None:
    """Keep a report if none that is held was made later."""
    if key not in held or held[key].made < found.made:
        held[key] = found


def _files(folder: Path, bad: list[str]) -> Iterator[Path]:
    """Yield the reports' files below a folder, in order; note folders that cannot be read; follow no links to folders."""
    for place, folders, files in os.walk(folder, onerror=lambda error: bad.append(f"{error.filename}: {error.strerror}")):
        folders[:] = sorted(each for each in folders if not each.startswith(HIDDEN))
        yield from (Path(place, name) for name in sorted(files) if name.endswith(ENDING))


def table(found: Room, key: str = "") -> str:
    """Return the room as text: a line for each learner and lab, how many are where, and a line for each exam.

    ``key`` is the one that reports were signed with, else PACKETWALK_CLASS_KEY.
    """
    secret = key or os.environ.get(KEY, "")
    head = ("Who", "Lab", "Ground", "At step", "Done", "Brought", "Tries", "Hints", "Made", "Signature")
    labs = [head, *(_row(each, secret) for each in found.reports)]
    sat = ("Who", "Exam", "Ground", "Points", "Late", "Tasks", "Time", "Made", "Signature")
    exams = [sat, *(_sat(each, secret) for each in found.exams)]
    lines = [*_aligned(labs), "", *_sums(found.reports)] if found.reports or not found.exams else []
    return "\n".join([*lines, *([""] if lines else []), *_aligned(exams)] if found.exams else lines)


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(report: HandedIn, key: str) -> tuple[str, ...]:
    brought = sum(each.state == "brought" for each in report.steps)
    tries, hints = (sum(getattr(each, name) for each in report.steps) for name in ("tries", "hints"))
    done = f"{report.done} of {len(report.steps)}"
    return _shown(report.who, report.lab, report.ground, report.at, done, brought, tries, hints, report.made, _signature(report, key))


def _sat(exam: ExamReport, key: str) -> tuple[str, ...]:
    points, tasks = f"{exam.points} of {exam.most}", len(exam.tasks)
    return _shown(exam.who, exam.seed, exam.ground, points, exam.late, tasks, exam.time, exam.made, _signature(exam, key))


def _signature(report: HandedIn | ExamReport, key: str) -> str:
    signed = report.signed(key) if key else None
    unsigned = "none" if report.signed("") is None else "not asked: no key"
    return unsigned if signed is None else "good" if signed else "BAD: other key, or changed"


def _shown(*cells: object) -> tuple[str, ...]:
    return tuple(text if (text := str(each)).isprintable() else ascii(text) for each in cells)


def _sums(reports: tuple[HandedIn, ...]) -> Iterator[str]:
    """Yield for each lab how many are at which step."""
    for lab in sorted({each.lab for each in reports}):
        here = [each for each in reports if each.lab == lab]
        steps = dict.fromkeys(step.name for each in here for step in each.steps) | {"end": None}
        at = {step: sum(each.at == step for each in here) for step in steps}
        yield f"{lab}: {len(here)} learner{'s' * (len(here) > 1)}; " + ", ".join(f"{count} at {step}" for step, count in at.items() if count)
    if not reports:
        yield f"no reports yet: they are files whose names end in {ENDING}"
