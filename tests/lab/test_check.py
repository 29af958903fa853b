"""Checks and hints: what they print, and that nothing a learner answers breaks them."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.errors import BadInput, LabError
from packetwalk.lab.check import load

SOURCE = '''
PATIENTS = ("no-route", "no-mac")

from packetwalk.errors import LabError
from packetwalk.lab.check import hints

@hints("look", "compare", "type")
def check_1(cluster):
    """The route is
    there."""
    if cluster.broken:
        yield "no route"

@hints("look", "compare", "type")
def check_2a(cluster, answer):
    """Right."""
    return [] if int(answer) == 7 else [f"{answer} is not it"]

@hints("look", "compare", "type")
def check_3(cluster):
    """Never."""
    raise LabError("the cluster is closed")
'''


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
    return load(FakeCluster(), tmp_path / "check.py")  # type: ignore[arg-type]


def test_it_says_what_is_still_wrong_and_then_what_is_so(checks, capsys) -> None:
    assert checks.steps == ("1", "2a", "3")
    checks.check("1")
    checks.cluster.broken = False
    checks.check("1")
    assert capsys.readouterr().out == "Step 1: not yet.\n  - no route\nStep 1: done. The route is there.\n"


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ((), 'say it with your answer: check("2a", answer)'),
        ((...,), "no answer yet: put yours in place of the dots"),
        ((None,), "no answer yet: put yours in place of the dots"),
        (("eth0",), "this answer cannot be read: invalid literal for int() with base 10: 'eth0'"),
        (([],), None),
        ((8,), "8 is not it"),
    ],
)
def test_every_answer_is_met_with_a_line(checks, answers: tuple, line: str | None) -> None:
    said = checks.wrong("2a", *answers)
    assert len(said) == 1 and (line is None or said == [line])
    assert checks.wrong("2a", 7) == []


def test_what_the_cluster_cannot_do_is_what_is_wrong(checks) -> None:
    assert checks.wrong("3") == ["the cluster is closed"]
    assert isinstance(LabError("x"), Exception)


def test_hints_come_one_by_one_and_the_last_one_stays(checks, capsys) -> None:
    for _ in range(4):
        checks.hint("1")
    checks.hint("2a")
    texts = ["1 of 3 for step 1: look", "2 of 3 for step 1: compare", "3 of 3 for step 1: type"]
    wanted = [*texts, texts[-1], "1 of 3 for step 2a: look"]
    assert capsys.readouterr().out == "".join(f"Hint {text}\n" for text in wanted)


def test_an_unknown_step_lists_the_known_ones(checks, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"valid: 1, 2a, 3"):
        checks.check("4")
    with pytest.raises(BadInput, match=r"run the notebook in its own folder"):
        load(FakeCluster(), tmp_path / "elsewhere.py")  # type: ignore[arg-type]


def test_a_patient_is_asked_for_by_number_and_nothing_says_what_is_wrong(checks, capsys) -> None:
    checks.patient(2)
    assert checks.cluster.done == ["mended", "no-mac"]
    assert capsys.readouterr().out == "Patient 2 is in.\n"
    for number in (0, 3, "no-mac"):
        with pytest.raises(BadInput, match=r"valid: 1, 2"):
            checks.patient(number)
