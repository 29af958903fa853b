"""A cell that runs late, in a new kernel, is told its step in one line; anything else is as Python says it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk.lab.late import advice
from tests import ROOT

LAB = ROOT / "labs" / "1-flannel"
CELLS = [
    "".join(each["source"])
    for each in json.loads((LAB / "lab.ipynb").read_text())["cells"]
    if each["cell_type"] == "code"
]
CHECK = next(each for each in CELLS if each.startswith('check("2'))


def test_a_new_kernel_is_told_the_first_cell_and_the_step() -> None:
    said = advice("check", (), CHECK, LAB)
    step = CHECK.split('"')[1]
    assert said and said.startswith("check is not here: this kernel is new.") and "\n" not in said
    assert f'cluster.at("{step}")' in said


def test_a_task_that_was_filled_in_is_known_by_its_first_line() -> None:
    task = CELLS[CELLS.index(CHECK) - 1].splitlines()[0] + "\nmine = cluster"
    assert f'cluster.at("{CHECK.split(chr(34))[1]}")' in str(advice("cluster", (), task, LAB))


def test_who_has_a_cluster_is_not_sent_to_the_first_cell() -> None:
    assert "first cell" not in str(advice("check", ("cluster",), "check", LAB))
    assert 'cluster.at("STEP")' in str(advice("check", ("cluster",), "what nobody wrote", LAB))


@pytest.mark.parametrize(("name", "folder"), [("pod_b", LAB), ("check", ROOT)])
def test_other_names_and_other_folders_are_as_python_says(name: str, folder: Path) -> None:
    assert advice(name, (), CHECK, folder) is None


KERNEL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.extension_manager.load_extension("packetwalk.lab.late")
for cell in {cells!r}:
    shell.run_cell(cell, store_history=True)
"""


def test_ipython_says_it_in_the_place_of_a_traceback() -> None:
    code = KERNEL.format(cells=[CHECK, "mistyped", "1 / 0"])
    done = subprocess.run([sys.executable, "-c", code], cwd=LAB, capture_output=True, text=True, check=False)
    assert "this kernel is new" in done.stderr
    assert done.stdout.count("Traceback") == 2 and "'mistyped' is not defined" in done.stdout
    assert "'check' is not defined" not in done.stdout


def test_kernels_of_the_books_environment_load_it() -> None:
    text = (ROOT / "labs" / "ipython" / "ipython_kernel_config.py").read_text()
    assert '"packetwalk.lab.late"' in text
    assert "labs/ipython/ipython_kernel_config.py $(VENV)/etc/ipython" in (ROOT / "Makefile").read_text()
