"""Try every entry of the table on a ground, and say what came of it."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check import LOST, checkpoints
from tests.labs.run import execute, place
from tests.labs.tried import Tried, control_plane, flannel, others, policy
from tests.refresh_labs import stub

FOLDER = Path(__file__).parents[3] / "labs"
LABS: dict[str, dict[str, Tried]] = flannel.LABS | others.LABS | policy.LABS | control_plane.LABS
PYTHON = re.compile(r"\w+(?:Error|Exception)\b|\bobject\b|NoneType|invalid literal|attribute|<\w+[ .]")


class Result(NamedTuple):
    """What a check said of an entry; ``fault`` is what is wrong with that, or nothing."""

    lab: str
    step: str
    kind: str
    entry: str
    said: str
    fault: str


def judged(kind: str, step: str, said: str) -> str:
    """Return what is wrong with what a check said: it took the wrong, refused the right, or said it badly."""
    done = f"Step {step}: done. " in said
    if done != (kind == "right"):
        return "is refused" if kind == "right" else "is taken"
    reasons = [line for line in said.splitlines() if line.startswith("  - ")]
    if kind != "right" and not reasons:
        return "gives no reason"
    if any(line.rstrip().endswith(":") for line in reasons):
        return "has a reason that ends after a colon"
    if LOST.format(step=step) in said or PYTHON.search(said):
        return "lets Python speak"
    return ""


def tries(lab: str, ground: str, only: str = "") -> Iterator[Result]:
    """Yield what the checks of a lab, or one of them, say of each entry, each from the step's beginning."""
    folder = FOLDER / lab
    cells = checkpoints.cells(folder)
    for step, table in LABS[lab].items():
        if step == (only or step):
            at = checkpoints.task(folder, step)
            last = next(number for number, each in enumerate(cells) if each.step == step)
            nothing = stub(cells[at].source, [each.source for each in cells[at + 1 :]])
            entries = {"right": table.right, "wrong": table.wrong, "nothing": [nothing], "much": table.much}
            flat = [(kind, entry) for kind, listed in entries.items() for entry in listed]
            with place(folder, ground) as names:
                execute(cells[0].source, names)
                for kind, entry, said in _said(flat, step, cells[at].source, cells[last].source, names):
                    yield Result(lab, step, kind, entry, said, judged(kind, step, said))


def _said(
    entries: list[tuple[str, str]], step: str, solution: str, check: str, names: dict
) -> Iterator[tuple[str, str, str]]:
    """Yield each entry with what the check says after it.

    An answer changes nothing, so all answers of a step are given in one visit; what the solution names, they may use.
    """
    wanted = re.findall(r", (\w+)", check)
    before: dict | None = None
    for kind, entry in entries:
        answers = bool(wanted) and (kind == "nothing" or _is_value(entry) or _only_names(entry))
        if before is None or not answers:
            with contextlib.redirect_stdout(io.StringIO()):
                names["cluster"].at(step, names)
            if answers:
                execute(solution, names)
            before = dict(names) if answers else None
        names.update(before or {})
        typed = f"{wanted[-1]} = {entry}" if wanted and _is_value(entry) else entry
        with contextlib.suppress(BadInput, LabError):  # the notebook's one line
            execute(typed, names)
        yield kind, entry, execute(check, names)


def _only_names(entry: str) -> bool:
    """Say whether an entry gives names to values, and does nothing else."""
    tree = ast.parse(entry)
    return all(isinstance(each, ast.Assign) for each in tree.body) and not any(
        isinstance(each, ast.Call) and "cluster.node" not in ast.unparse(each) for each in ast.walk(tree)
    )


def _is_value(entry: str) -> bool:
    try:
        ast.parse(entry, mode="eval")
    except SyntaxError:
        return False
    return True
