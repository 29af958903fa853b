"""Every lab on every ground here: its solution is accepted, and nothing less is."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from packetwalk.lab.check import HINTS, load
from tests.labs.outputs import comparable
from tests.labs.run import Cell, cells, left_out, run
from tests.refresh_labs import TAG, ends_programs, learners, solutions, sources

DIFFERS = "differs"  # the tag of a cell whose output tells which ground it ran on
LABS = [pytest.param(path, id=path.parent.name) for path in solutions()]
IN_NAMESPACES = [each for each in LABS if not ends_programs(each.values[0])]
EVERYWHERE = [
    *(pytest.param(*each.values, "model", id=f"{each.id}-model") for each in LABS),
    *(pytest.param(*each.values, "netns", marks=pytest.mark.kernel, id=f"{each.id}-netns") for each in IN_NAMESPACES),
]


def committed(path: Path) -> dict[int, str]:
    """Return the outputs that a notebook was committed with, as text, by number of the code cell."""
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    return {
        number: "".join(
            output.text if output.output_type == "stream" else output.data.get("text/plain", "")
            for output in cell.outputs
        )
        for number, cell in enumerate(code, 1)
    }


def unfinished(done: list[tuple[Cell, str]]) -> list[str]:
    """Return what checks said was not yet done."""
    return [text for cell, text in done if cell.checks and "not yet" in text]


@pytest.mark.parametrize(("path", "ground"), EVERYWHERE)
def test_the_solution_passes_every_check_and_shows_the_same(path: Path, ground: str) -> None:
    done = run(path, ground).shown
    said = "\n".join(text for cell, text in done if cell.checks)
    assert not unfinished(done), said
    assert said.count(": done.") >= 3
    shown = committed(path)
    for cell, text in done:
        if DIFFERS not in cell.tags:
            mine, theirs = (comparable(cell.source, each) for each in (text, shown[cell.number]))
            assert mine == theirs, f"cell {cell.number}: {cell.source}"


OF_REAL_PROGRAMS = [each for each in LABS if 'cluster = lab.open("flannel"' in each.values[0].read_text().replace("\\", "")]


@pytest.mark.kernel
@pytest.mark.real
@pytest.mark.parametrize("path", OF_REAL_PROGRAMS)
def test_the_solution_passes_every_check_under_the_real_programs(path: Path) -> None:
    """What it prints has other MACs, names of cables and an other order of Services each time."""
    done = run(path, "real").shown
    said = "\n".join(text for cell, text in done if cell.checks)
    assert not unfinished(done), said
    assert said.count(": done.") >= 3


@pytest.mark.kernel
@pytest.mark.parametrize("path", IN_NAMESPACES)
def test_every_command_prints_the_same_in_the_model_and_in_the_kernel(path: Path) -> None:
    """All that a lab's cells and its checks run, one command after the other."""
    model, kernel = (run(path, ground).said for ground in ("model", "netns"))
    assert [(each.place, each.command) for each in model] == [(each.place, each.command) for each in kernel]
    assert model
    for mine, theirs in zip(model, kernel, strict=True):
        where = f"{mine.place}: {mine.command}"
        assert theirs.code != 127, f"{where}: not installed"
        assert comparable(mine.command, mine.text) == comparable(mine.command, theirs.text), where
        assert mine.code == theirs.code, where


@pytest.mark.parametrize(("path", "ground"), EVERYWHERE)
def test_each_step_left_out_is_found_and_named(path: Path, ground: str) -> None:
    done = list(left_out(path, ground))
    assert [cell for cell, _ in done] == [cell for cell in cells(path) if TAG in cell.tags]
    for cell, said in done:
        assert "not yet.\n  - " in said, (
            f"cell {cell.number}, {cell.stub}: {said or 'no check follows this step'}"
        )


@pytest.mark.parametrize("path", LABS)
def test_the_learners_notebook_is_the_solution_without_the_answers(path: Path) -> None:
    made = learners(nbformat.read(path, as_version=4))
    lab = nbformat.read(path.with_name("lab.ipynb"), as_version=4)
    assert sources(lab) == sources(made), "run `make refresh`"
    assert "# Your turn" in "".join(cell.source for cell in lab.cells)


@pytest.mark.parametrize("path", LABS)
def test_a_lab_has_what_every_lab_has(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells)
    assert notebook.cells[0].source.startswith("# Lab ") and " (solution)\n" in notebook.cells[0].source
    for part in (
        ":::{aims}",
        ":::{predict}",
        "minutes",
        "lab.open(",
        "lab.checks(cluster)",
        "cluster.close()",
    ):
        assert part in text, part
    steps = load(None, path.with_name("check.py"))  # type: ignore[arg-type]
    assert steps.steps
    for step in steps.steps:
        function = steps._functions[step]
        assert (function.__doc__ or "").strip(), step
        assert len(set(function.hints)) == HINTS - 1, step  # type: ignore[attr-defined]
        assert steps.whole(step), step
        assert f'check("{step}"' in text, f"no cell checks {step}"
    assert all(len(cell.source.splitlines()) <= 15 for cell in notebook.cells if cell.cell_type == "code")
