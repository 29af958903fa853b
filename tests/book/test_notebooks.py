"""Rules that every notebook keeps, so that nbval checks what it seems to check."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests import ROOT
from tests.book.site import notebooks

LONGEST_CELL = 15  # lines; longer logic belongs in the package
EACH = pytest.mark.parametrize("path", notebooks(), ids=lambda path: str(path.relative_to(ROOT)))


def code_cells(path: Path) -> list[dict]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


@EACH
def test_cells_were_run_in_order(path: Path) -> None:
    """nbval skips a cell whose count is null: a book without counts would pass untested."""
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1)), "run `make refresh`"


@EACH
def test_cells_are_short(path: Path) -> None:
    long = [
        cell["execution_count"]
        for cell in code_cells(path)
        if "".join(cell["source"]).count("\n") >= LONGEST_CELL
    ]
    assert long == []


@EACH
def test_outputs_are_kept_and_free_of_errors(path: Path) -> None:
    cells = code_cells(path)
    assert not cells or any(cell["outputs"] for cell in cells), "run `make refresh`"
    kinds = {output["output_type"] for cell in cells for output in cell["outputs"]}
    assert "error" not in kinds


@EACH
def test_outputs_hold_nothing_of_one_run(path: Path) -> None:
    for cell in code_cells(path):
        for output in cell["outputs"]:
            data = output.get("data", {})
            assert not [kind for kind in data if kind.startswith("application/vnd.jupyter.widget")]
            assert " at 0x" not in "".join(data.get("text/plain", [])), "a memory address"


LABEL = re.compile(r"^\(([\w-]+)\)=$", re.M)
LONG = 70  # characters; what is shorter, a line of a table or markup, may come again


@EACH
def test_no_sentence_stands_twice_on_a_page(path: Path) -> None:
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "markdown"]
    lines = [line for cell in cells for line in "".join(cell["source"]).split("\n")]
    prose = [line for line in lines if len(line) > LONG and not line.startswith(("|", "-", "<"))]
    assert sorted({line for line in prose if prose.count(line) > 1}) == []


def test_no_label_stands_on_two_pages() -> None:
    """A label names one place of the whole book; a strict build warns of a second only when it reads pages anew."""
    places = [
        label
        for path in notebooks()
        for cell in json.loads(path.read_text())["cells"]
        if cell["cell_type"] == "markdown"
        for label in LABEL.findall("".join(cell["source"]))
    ]
    assert places and sorted({label for label in places if places.count(label) > 1}) == []
