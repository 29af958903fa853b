"""Who is where: the reports of a class in a shared folder, or in the homes that nbgitpuller fills, as one table.

Nothing is sent anywhere: files are read, and told.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.lab.check.report import ENDING, KEY, HandedIn, read

HIDDEN = (".", "node_modules", "__pycache__")


class Room(NamedTuple):
    """The newest report of each learner and lab, and a line for each file that is none."""

    reports: tuple[HandedIn, ...]
    bad: tuple[str, ...]


def room(folder: Path) -> Room:
    """Read all reports below a folder; BadInput where it is no folder."""
    if not folder.is_dir():
        raise BadInput("folder of the class", str(folder), ["a folder with reports, or with homes that hold them"])
    newest: dict[tuple[str, str], HandedIn] = {}
    bad: list[str] = []
    for path in _files(folder, bad):
        try:
            report = read(path)
        except BadInput as error:
            bad.append(str(error))
            continue
        before = newest.get((report.who, report.lab))
        if before is None or before.made < report.made:
            newest[report.who, report.lab] = report
    return Room(tuple(newest[key] for key in sorted(newest)), tuple(bad))


def _files(folder: Path, bad: list[str]) -> Iterator[Path]:
    """Yield the reports' files below a folder, in order; note folders that cannot be read; follow no links to folders."""
    for place, folders, files in os.walk(folder, onerror=lambda error: bad.append(f"{error.filename}: {error.strerror}")):
        folders[:] = sorted(each for each in folders if not each.startswith(HIDDEN))
        yield from (Path(place, name) for name in sorted(files) if name.endswith(ENDING))


def table(found: Room, key: str = "") -> str:
    """Return the room as text: a line for each learner and lab, how many are where, and what could not be read.

    ``key`` is the one that reports were signed with, else PACKETWALK_CLASS_KEY.
    """
    secret = key or os.environ.get(KEY, "")
    head = ("Who", "Lab", "Ground", "At step", "Done", "Brought", "Tries", "Hints", "Made", "Signature")
    rows = [head, *(_row(each, secret) for each in found.reports)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([*lines, "", *_sums(found.reports)])


def _row(report: HandedIn, key: str) -> tuple[str, ...]:
    signed = report.signed(key) if key else None
    unsigned = "none" if report.signed("") is None else "not asked: no key"
    said = unsigned if signed is None else "good" if signed else "BAD: other key, or changed"
    brought = sum(each.state == "brought" for each in report.steps)
    tries, hints = (sum(getattr(each, name) for each in report.steps) for name in ("tries", "hints"))
    done = f"{report.done} of {len(report.steps)}"
    shown = (report.who, report.lab, report.ground, report.at, done, str(brought), str(tries), str(hints), report.made, said)
    return tuple(each if each.isprintable() else ascii(each) for each in shown)


def _sums(reports: tuple[HandedIn, ...]) -> Iterator[str]:
    """Yield for each lab how many are at which step."""
    for lab in sorted({each.lab for each in reports}):
        here = [each for each in reports if each.lab == lab]
        steps = dict.fromkeys(step.name for each in here for step in each.steps) | {"end": None}
        at = {step: sum(each.at == step for each in here) for step in steps}
        yield f"{lab}: {len(here)} learner{'s' * (len(here) > 1)}; " + ", ".join(f"{count} at {step}" for step, count in at.items() if count)
    if not reports:
        yield f"no reports yet: they are files whose names end in {ENDING}"
