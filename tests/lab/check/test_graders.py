"""A lab for nbgrader and otter-grader: what they read of it. Both programs are run by hand: they pin other packages."""

from __future__ import annotations

import ast
import json
import runpy
from pathlib import Path

import pytest

from packetwalk.errors import BadInput
from packetwalk.lab.check import NotYet, checkpoints
from packetwalk.lab.check.graders import BEGIN, END, adapt
from tests import ROOT
from tests.labs.run import execute, place

LAB = ROOT / "labs" / "1-flannel"
STEPS = checkpoints.steps(LAB)


def code(path: Path) -> list[dict]:
    return [each for each in json.loads(path.read_text())["cells"] if each["cell_type"] == "code"]


def test_nbgrader_gets_a_point_for_each_step_and_a_solution_between_its_marks(tmp_path: Path) -> None:
    said = adapt("nbgrader", LAB, tmp_path / "course")
    assert said[0] == f"written: {tmp_path / 'course'}"
    folder = tmp_path / "course" / "source" / "1-flannel"
    assert {path.name for path in folder.iterdir()} == {"1-flannel.ipynb", "check.py", "predictions.py"}
    kept = [(each, each["metadata"]["nbgrader"]) for each in code(folder / "1-flannel.ipynb") if "nbgrader" in each["metadata"]]
    tests = [(each, meta) for each, meta in kept if meta["grade"]]
    assert [meta["grade_id"] for _, meta in tests] == [f"step-{step}" for step in STEPS]
    assert all(meta["points"] == 1 and meta["locked"] and meta["schema_version"] == 3 for _, meta in tests)
    tasks = [each["source"] for each, meta in kept if meta["solution"]]
    assert len(tasks) == len(STEPS) and all(each.count(BEGIN) == each.count(END) == 1 for each in tasks)
    assert len({meta["grade_id"] for _, meta in kept}) == len(kept)
    assert "solution.ipynb" not in (folder / "1-flannel.ipynb").read_text()
    for each in code(folder / "1-flannel.ipynb"):
        ast.parse(each["source"])


def test_otters_tests_ask_the_checks_and_tell_done_from_not(tmp_path: Path) -> None:
    adapt("otter", LAB, tmp_path / "given")
    notebook = code(tmp_path / "given" / "1-flannel.ipynb")
    assert [each["source"].split("\n")[-1] for each in notebook if "grader.check(" in each["source"]] == [
        f'grader.check("step_{step}")' for step in STEPS
    ]
    made = runpy.run_path(str(tmp_path / "given" / "tests" / "step_3.py"))
    case = made["test"]["suites"][0]["cases"][0]
    assert made["OK_FORMAT"] and made["test"]["suites"][0]["type"] == "doctest"
    asked = case["code"].removeprefix(">>> ").strip()
    with place(LAB, "model") as names:
        execute(checkpoints.cells(LAB)[0].source, names)
        names["cluster"].at("3", names)
        with pytest.raises(NotYet, match=r"^Step 3: not yet\. kind-worker has no forwarding entry"):
            execute(asked, names)
        execute(checkpoints.whole(LAB, "3"), names)
        assert execute(asked, names) == ""


def test_nothing_is_written_over_and_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(BadInput, match="one that is not there yet"):
        adapt("otter", LAB, tmp_path / "there")
    with pytest.raises(BadInput, match=r"a lab's folder, with lab\.ipynb in it"):
        adapt("nbgrader", tmp_path, tmp_path / "made")
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@pytest.mark.parametrize("name", [path.parent.name for path in sorted((ROOT / "labs").glob("*/check.py"))])
def test_every_lab_can_be_given(name: str, tmp_path: Path) -> None:
    for grader in ("nbgrader", "otter"):
        adapt(grader, ROOT / "labs" / name, tmp_path / grader)
    assert len(list((tmp_path / "otter" / "tests").iterdir())) == len(checkpoints.steps(ROOT / "labs" / name))
