"""A lab for nbgrader or otter-grader: the same cells, and each step's own check gives its point.

A step that is not done raises ``NotYet`` in ``check.must("1", answer)``, and that is all that either program asks for.
The solution is not handed out, so the third hint and ``cluster.at`` are not there.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.lab.check.checkpoints import CHECK, TASK, SolutionCell, cells

LEARNERS, BESIDE = "lab.ipynb", ("check.py", "predictions.py")
LINK = re.compile(r"\[([^\]]*)\]\(solution(?:\.ipynb)?\)")
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
Cell = dict[str, Any]


def adapt(grader: str, lab: Path, folder: Path) -> list[str]:
    """Write a lab for a grader into a folder that is not there yet, whole or not at all; return what to do next."""
    for name in (LEARNERS, *BESIDE):
        if not (lab / name).is_file():
            raise BadInput("lab", str(lab), [f"a lab's folder, with {name} in it"])
    if folder.exists():
        raise BadInput("folder", str(folder), ["one that is not there yet"])
    folder.parent.mkdir(parents=True, exist_ok=True)
    name = lab.resolve().name
    notebook = json.loads((lab / LEARNERS).read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix=".packetwalk-", dir=folder.parent) as beside:
        made = Path(beside) / "made"
        WRITERS[grader](made, name, notebook, cells(lab))
        for place in {path.parent for path in made.rglob("*.ipynb")}:
            for each in BESIDE:
                shutil.copyfile(lab / each, place / each)
        made.rename(folder)
    return [f"written: {folder}", NEXT[grader].format(folder=folder, name=name)]


def _nbgrader(made: Path, name: str, notebook: Cell, solution: list[SolutionCell]) -> None:
    """Write a course's source: tasks with their solution between marks, checks as tests of one point each."""
    found = list(_learners(notebook, solution))
    for cell, solved, step in found:
        if TASK in solved.tags:
            task, code = _apart(solved.source)
            cell["source"] = "\n".join([*task, BEGIN, *code, END])
            cell["metadata"] = {"nbgrader": _graded(f"task-{cell['id']}", solution=True)}
        elif step:
            cell["source"] = _must(solved.source)
            cell["metadata"] = {"nbgrader": _graded(f"step-{step}", points=1)}
    _write(made / "source" / name / f"{name}.ipynb", notebook)


def _otter(made: Path, name: str, notebook: Cell, solution: list[SolutionCell]) -> None:
    """Write the learner's notebook, which asks otter, and a test of one point for each step in OK's format."""
    steps = []
    for cell, solved, step in _learners(notebook, solution):
        if step:
            steps.append(step)
            _test(made / "tests" / f"step_{step}.py", step, _must(solved.source))
            cell["source"] = f'{solved.source}\ngrader.check("step_{step}")'
    start = f'import otter\n\ngrader = otter.Notebook("{name}.ipynb", tests_dir="tests")'
    notebook["cells"].insert(1, {"cell_type": "code", "source": start, "metadata": {}, "outputs": [], "execution_count": None, "id": "otter"})
    _write(made / f"{name}.ipynb", notebook)


WRITERS: dict[str, Callable[[Path, str, Cell, list[SolutionCell]], None]] = {"nbgrader": _nbgrader, "otter": _otter}
NEXT = {
    "nbgrader": "next: `nbgrader generate_assignment {name} --create` there; packetwalk has to be installed where it is marked",
    "otter": "next: `otter generate -t {folder}/tests` makes the autograder; packetwalk has to be installed in it",
}


def _learners(notebook: Cell, solution: list[SolutionCell]) -> Iterator[tuple[Cell, SolutionCell, str]]:
    """Yield each code cell of the learner's notebook with the solution's, and its step; leave out what is not there."""
    code = iter(solution)
    kept = []
    for cell in notebook["cells"]:
        solved = next(code) if cell["cell_type"] == "code" else None
        cell["source"] = LINK.sub(r"\1", "".join(cell["source"]))
        if solved is None or not solved.source.startswith("cluster.at("):
            kept.append((cell, solved))
    notebook["cells"] = [cell for cell, _ in kept]
    for cell, solved in kept:
        if solved is not None:
            cell["outputs"], cell["execution_count"] = [], None
            yield cell, solved, solved.step


def _apart(source: str) -> tuple[list[str], list[str]]:
    """Return the lines of a task that say what to do, and those that do it."""
    lines = source.splitlines()
    first = next((at for at, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[:first], lines[first:]


def _must(source: str) -> str:
    return CHECK.sub(r'check.must("\1"', source)


def _graded(name: str, *, solution: bool = False, points: int = 0) -> Cell:
    """Return what nbgrader (schema 3) keeps of a cell."""
    kept: Cell = {"grade_id": name, "grade": bool(points), "solution": solution, "locked": not solution, "task": False}
    return {**kept, "schema_version": 3, **({"points": points} if points else {})}


def _test(path: Path, step: str, must: str) -> None:
    """Write a test in OK's format, as otter reads it."""
    case = {"code": f">>> {must}\n", "hidden": False, "locked": False, "points": 1}
    suite = {"cases": [case], "scored": True, "setup": "", "teardown": "", "type": "doctest"}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"OK_FORMAT = True\n\ntest = {({'name': f'step_{step}', 'points': 1, 'suites': [suite]})!r}\n", encoding="utf-8")


def _write(path: Path, notebook: Cell) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
