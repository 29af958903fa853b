"""What a learner reads in JupyterLab, which knows none of the book's own words."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from tests.jupyter_form import PAGE, jupyter
from tests.refresh_labs import solutions

LABS = [pytest.param(path, id=path.parent.name) for path in solutions()]


def test_a_box_keeps_its_title_and_its_text_and_an_answer_is_folded() -> None:
    said = jupyter("One.\n\n:::{predict}\nWhat comes?\n:::\n\n:::{answer} Two flows\nTwo *flows*.\n:::\n")
    assert (
        '<div class="predict admonition"><p class="admonition-title"><b>Predict</b></p>\n\nWhat comes?'
        in said
    )
    assert '<details class="answer fold"><summary>Two flows</summary>\n\nTwo *flows*.\n\n</details>' in said
    assert ":::" not in said


def test_a_link_to_a_page_becomes_one_to_its_notebook() -> None:
    assert jupyter("[b](../../book/flannel/vxlan), [s](solution)") == (
        "[b](../../book/flannel/vxlan.ipynb), [s](solution.ipynb)"
    )
    assert jupyter("[kind](https://kind.sigs.k8s.io)") == "[kind](https://kind.sigs.k8s.io)"


@pytest.mark.parametrize("path", LABS)
def test_a_learners_notebook_reads_well_anywhere(path: Path) -> None:
    lab = nbformat.read(path.with_name("lab.ipynb"), as_version=4)
    for cell in lab.cells:
        if cell.cell_type == "markdown":
            assert ":::" not in cell.source
            assert not PAGE.search(cell.source)
            for target in re.findall(r"\]\(([^)]*)\)", cell.source):
                assert ":" in target or (path.parent / target).is_file(), target
