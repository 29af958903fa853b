"""An exam: what a seed draws, what a learner is told, what is graded, what is handed in."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from packetwalk.cni import plugins
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.__main__ import main
from packetwalk.lab.check.report import FOLDER, KEY, WHO
from packetwalk.lab.exam import paper, sitting, start
from packetwalk.lab.exam.cases import ExamCase, draw, every_case
from packetwalk.lab.exam.kinds import Kind, kinds
from packetwalk.lab.exam.task import symptoms
from tests import ROOT
from tests.lab.exam.bulk import faults, graded

KINDS = [pytest.param(kind, id=kind.name) for kind in kinds()]
SEEDS = 1000
FEW = 15
"""Every which kind is also answered wrongly here; all are by ``tests.lab.exam.bulk``."""


def case_of(kind: Kind) -> ExamCase:
    """Return a kind at one of its spots, another for each kind."""
    spots = kind.spots()
    return ExamCase(kind, spots[len(kind.name) % len(spots)])


def test_there_are_thirty_kinds_and_more_of_every_plugin_that_labs_have() -> None:
    assert len(kinds()) >= 30
    assert {kind.plugin for kind in kinds()} == set(plugins()) - {"kindnet"}
    assert len({kind.name for kind in kinds()}) == len(kinds())
    assert {kind.rules for kind in kinds()} == {"iptables", "nftables"}


def test_no_two_seeds_draw_the_same_exam_and_a_seed_draws_the_same_again() -> None:
    exams = {tuple(case.key for case in draw(seed, 6)) for seed in range(SEEDS)}
    assert len(exams) == SEEDS
    assert [case.key for case in draw(5, 6)] == [case.key for case in draw(5, 6)]
    drawn = {key for exam in exams for key in exam}
    assert drawn == {case.key for case in every_case()}
    assert len({case.kind.name for case in draw(1, len(kinds()))}) == len(kinds())


@pytest.mark.parametrize("kind", KINDS)
def test_the_solution_earns_all_points_and_doing_nothing_none(kind: Kind) -> None:
    case = case_of(kind)
    assert graded(case, case.solution).right
    assert graded(case, ()).points == 0


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in kinds()[::FEW]])
def test_no_wrong_answer_passes(kind: Kind) -> None:
    assert list(faults(case_of(kind))) == []


def test_only_what_is_mended_whole_has_points() -> None:
    case = next(each for each in every_case() if each.kind.name == "tunnel-anew")
    routes = tuple(each for each in case.solution if each.line.startswith("ip route"))
    done = graded(case, routes)
    assert (done.points, done.most, done.right) == (1, 3, False)
    assert graded(case, routes[:1]).points == 0
    flushed = graded(case, (*case.solution, case.solution[0]._replace(line="iptables -t nat -F POSTROUTING")))
    assert flushed.points == 0
    assert "iptables" in repr(flushed)


@dataclass
class Clock:
    """Seconds, as they are set."""

    now: float = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_an_exam_from_its_first_task_to_its_report(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(sitting, "time", clock)
    with start(3, "model", tasks=3, minutes=10) as exam:
        first = exam.task
        assert repr(first).startswith("Task 1 of 3")
        assert exam._case.cause not in repr(first)
        for flow in first.fails:
            assert exam.shell(flow.src, flow.command).ok != symptoms(exam._case)[flow]
        with pytest.raises(LabError, match="after"):
            exam.solutions()
        for place, line in exam._case.solution:
            assert exam.shell(place, line).ok
        assert exam.grade().right
        assert exam.again() == first
        assert not exam.grade().right
        for place, line in exam._case.solution:
            exam.shell(place, line)
        assert exam.next() is not None
        clock.now += 11 * 60
        assert "late" in repr(exam)
        for place, line in exam._case.solution:
            exam.shell(place, line)
        assert exam.grade().right
        assert "late" in repr(exam.grade())
        done = exam.report("Ada")
    assert (done.points, done.late) == (first.points, done.most - done.points - parts_left(done.text))
    assert "who: Ada\nseed: 3\nground: model\ntime: 11 of 10 minutes\nmade: 2" in done.text
    assert exam.solutions().count("Task ") == 3
    with pytest.raises(LabError, match="ended"):
        _ = exam.task


def parts_left(text: str) -> int:
    """Return the points of the tasks that were not opened."""
    return int(text.split("task 3: 0 of ")[1].split()[0])


@pytest.mark.parametrize("seed", [0, 2026])
def test_a_seeds_task_is_the_same_however_many_are_asked_for(seed: int) -> None:
    most = [case.key for case in draw(seed, 20)]
    for tasks in (1, 2, 6):
        assert [case.key for case in draw(seed, tasks)] == most[:tasks]


def test_its_report_is_of_somebody_and_the_room_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(KEY, "tulip")
    monkeypatch.setenv(WHO, "Ann Lee")
    monkeypatch.setenv(FOLDER, str(tmp_path / "room"))
    with start(3, "model", tasks=2) as exam:
        mine = exam.report()
    with start(4, "model", tasks=1) as exam:
        other = exam.report("bob", tmp_path / "room")
    assert mine.who == "Ann Lee" and mine.text.startswith("packetwalk exam 1\nwho: Ann Lee\n")
    assert sorted(each.name for each in (tmp_path / "room").iterdir()) == [
        "Ann-Lee-exam-3.report.txt",
        "bob-exam-4.report.txt",
    ]
    assert paper.read(tmp_path / "room" / "Ann-Lee-exam-3.report.txt") == mine
    better = other.text.replace("task 1: 0 of", "task 1: 1 of").replace("sum: 0 of", "sum: 1 of")
    (tmp_path / "room" / "bob-exam-4.report.txt").write_text(better)
    assert main(["class", str(tmp_path)]) == 0
    rows = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line}
    assert f"0 of {mine.most}" in rows["Ann"] and rows["Ann"].endswith("good")
    assert f"1 of {other.most}" in rows["bob"] and rows["bob"].endswith("BAD: other key, or changed")
    for wrong in ("sum: 9 of", "points: 0 of"):
        (tmp_path / "room" / "bob-exam-4.report.txt").write_text(other.text.replace("sum: 0 of", wrong))
        assert main(["class", str(tmp_path)]) == 1
        assert len(capsys.readouterr().err.splitlines()) == 1


@pytest.mark.parametrize(
    ("seed", "more", "said"),
    [
        (-1, {}, "seed"),
        ("7", {}, "seed"),
        (1, {"tasks": 0}, "tasks"),
        (1, {"minutes": 0}, "minutes"),
        (1, {"ground": "moon"}, "ground of an exam"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(seed: int, more: dict, said: str) -> None:
    with pytest.raises(BadInput, match=f"^{said}: .*not valid"):
        start(seed, **{"ground": "model"} | more)


def test_names_that_are_nowhere_are_said() -> None:
    with start(1, "model", tasks=1) as exam, pytest.raises(BadInput, match="node or pod: 'x'"):
        exam.shell("x", "ip route")


def run(*words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command from the folder of this project."""
    command = [sys.executable, "-m", "packetwalk.lab", *words]
    return subprocess.run(command, input=typed, capture_output=True, text=True, cwd=ROOT, check=False)


def test_in_a_terminal() -> None:
    (case,) = draw(2, 1)
    typed = "".join(f"on {place}\n{line}\n" for place, line in case.solution)
    done = run(
        "exam",
        "--seed",
        "2",
        "--ground",
        "model",
        "--tasks",
        "1",
        typed=f"task\non x\n{typed}grade\nreport\n",
    )
    assert done.returncode == 0, done.stderr
    assert "all is as it should be" in done.stdout
    assert "node or pod: 'x' is not valid" in done.stdout
    assert case.cause in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "words", [("exam", "--seed", "-1"), ("exam", "--seed", "1", "--ground", "moon"), ("exams",), ()]
)
def test_a_wrong_word_in_a_terminal(words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.kernel
def test_on_network_namespaces() -> None:
    case = next(each for each in every_case() if each.kind.name == "half-range")
    assert graded(case, case.solution, ground="netns").right
