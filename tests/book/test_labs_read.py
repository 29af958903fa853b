"""A lab's page in the web reads right without a kernel: nothing printed contradicts the text beside it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests import ROOT
from tests.book.site import pages

LABS = [name for name in pages() if re.fullmatch(r"labs/[^/]+/lab\.html", name)]


@pytest.mark.parametrize("name", LABS)
def test_no_check_of_an_answer_that_nobody_gave(site: Path, name: str) -> None:
    shown = (site / name).read_text()
    assert not re.findall(r"Step [\w.]+: (?:done|not yet)", shown)
    assert "all tasks are still open" in shown


def test_what_follows_an_open_task_is_not_shown(site: Path) -> None:
    shown = (site / "labs/1-flannel/lab.html").read_text()
    assert "1 received, 0% packet loss" not in shown, "the ping after the entry was taken away"
    assert "10.244.2.2 via 10.244.2.0 dev flannel.1" in shown, "what needs no answer stays"
    solved = (site / "labs/1-flannel/solution.html").read_text()
    assert "0 received, 100% packet loss" in solved


def test_the_notebook_itself_keeps_what_it_printed() -> None:
    lab = json.loads((ROOT / "labs/1-flannel/lab.ipynb").read_text())
    assert any("not yet" in json.dumps(cell.get("outputs", [])) for cell in lab["cells"])
