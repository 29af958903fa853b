"""Checks and hints: what they print, and that nothing a learner answers breaks them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check import LOST, load

SOURCE = '''
PATIENTS = ("no-route", "no-mac")

from packetwalk.errors import LabError
from packetwalk.lab.check import answers, hints

@hints("look", "compare")
def check_1(cluster):
    """The route is
    there."""
    if cluster.broken:
        yield "no route"

@hints("look", "compare")
def check_2a(cluster, answer: answers.number):
    """Right."""
    return [] if answer == 7 else [f"{answer} is not it"]

@hints("look", "compare")
def check_3(cluster):
    """Never."""
    raise LabError("the cluster is closed")

@hints("look", "compare")
def check_4(cluster):
    """Never."""
    yield [][0]
'''
CELLS = [("solution", "# Your turn: do it.\n# Now.\nanswer = 7\nanswer"), ("", 'check("2a", answer)')]


class FakeCluster:
    broken = True

    def __init__(self) -> None:
        self.done: list[str] = []

    def mend(self) -> None:
        self.done.append("mended")

    def fault(self, name: str) -> None:
        self.done.append(name)


@pytest.fixture
def checks(tmp_path: Path):
    (tmp_path / "check.py").write_text(SOURCE)
    solution = [{"cell_type": "code", "source": text, "metadata": {"tags": [tag]}} for tag, text in CELLS]
    (tmp_path / "solution.ipynb").write_text(json.dumps({"cells": solution}))
    return load(FakeCluster(), tmp_path / "check.py")  # type: ignore[arg-type]


def test_it_says_what_is_still_wrong_and_then_what_is_so(checks, capsys) -> None:
    checks.check("1")
    checks.cluster.broken = False
    checks.check("1")
    assert capsys.readouterr().out == "Step 1: not yet.\n  - no route\nStep 1: done. The route is there.\n"


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ((), 'say it with your answer: check("2a", answer)'),
        ((7, 8), 'say it with your answer: check("2a", answer)'),
        ((...,), "no answer yet: put yours in place of the dots"),
        ((None,), "no answer yet: put yours in place of the dots"),
        (("...",), "no answer yet: put yours in place of the dots"),
        (([],), "no answer yet: put yours in place of the dots"),
        (([7, ...],), "no answer yet: put yours in place of the dots"),
        (("eth0",), "answer, number: 'eth0' is not valid; valid: a whole number"),
        ((8,), "8 is not it"),
    ],
)
def test_every_answer_is_met_with_a_line(checks, answers: tuple, line: str | None) -> None:
    said = checks.wrong("2a", *answers)
    assert said == [line]
    for right in (7, 7.0, "7", " 7 ", (7,)):
        assert checks.wrong("2a", right) == []


def test_a_check_without_an_answer_says_so_and_a_number_names_a_step(checks) -> None:
    assert checks.wrong("1", "x") == ['say it without an answer: check("1")']
    assert checks.wrong(1) == ["no route"]
    assert checks.wrong("Step 2A", 7) == []


def test_an_error_of_python_does_not_come_through(checks) -> None:
    assert checks.wrong("4") == [LOST.format(step="4")]
    with pytest.raises(AssertionError, match="no route"):
        checks.must("1")
    checks.cluster.broken = False
    checks.must("1")


def test_what_the_cluster_cannot_do_is_what_is_wrong(checks) -> None:
    assert checks.wrong("3") == ["the cluster is closed"]
    assert isinstance(LabError("x"), Exception)


def test_hints_come_one_by_one_and_the_last_is_the_whole_of_it_and_stays(checks, capsys) -> None:
    for _ in range(4):
        checks.hint("2a")
    whole = "3 of 3 for step 2a: the whole of it.\nanswer = 7\nanswer"
    wanted = ["1 of 3 for step 2a: look", "2 of 3 for step 2a: compare", whole, whole]
    assert capsys.readouterr().out == "".join(f"Hint {text}\n" for text in wanted)


def test_an_unknown_step_lists_the_known_ones(checks, tmp_path: Path) -> None:
    assert checks.steps == ("1", "2a", "3", "4")
    for unknown in ("5", 2, ..., None):
        with pytest.raises(BadInput, match=r'valid: "1", "2a", "3", "4"'):
            checks.check(unknown)
    with pytest.raises(BadInput, match=r"run the notebook in its own folder"):
        load(FakeCluster(), tmp_path / "elsewhere.py")  # type: ignore[arg-type]


def test_a_patient_is_asked_for_by_number_and_nothing_says_what_is_wrong(checks, capsys) -> None:
    checks.patient(2)
    assert checks.cluster.done == ["mended", "no-mac"]
    assert capsys.readouterr().out == "Patient 2 is in.\n"
    checks.patient("1")
    assert capsys.readouterr().out == "Patient 1 is in.\n"
    for number in (0, 3, "no-mac", ..., 1.5):
        with pytest.raises(BadInput, match=r"valid: 1, 2"):
            checks.patient(number)
