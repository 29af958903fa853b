"""What is handed in: who, which lab, which steps; signed where a key is set; and the room that an instructor sees."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from packetwalk import lab
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.__main__ import main
from packetwalk.lab.check import Checks, load, progress
from packetwalk.lab.check.report import FOLDER, KEY, UNSIGNED, WHO, moment, read
from tests import ROOT

LAB = ROOT / "labs" / "0-meet"


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch):
    for name in (KEY, FOLDER, WHO):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(progress, "_kept", {})
    with lab.open("flannel", "vxlan", "model") as cluster:
        made = load(cluster, LAB / "check.py")
        made("1", "kind-worker")
        made("1", "worker2")
        made.hint("2")
        yield made


def test_it_says_who_where_and_what_and_that_nobody_signed(check: Checks) -> None:
    report = check.report("Ann  Lee")
    lines = repr(report).splitlines()
    assert lines[:5] == ["packetwalk report 1", "who: Ann Lee", "lab: 0-meet", "ground: model", "at: 2"]
    assert lines[6:8] == ["step 1: done, tries 2, hints 0", "step 2: open, tries 0, hints 1"]
    assert lines[-1] == UNSIGNED and report.signed("k") is None
    assert (report.done, report.at, len(report.steps)) == (1, "2", 5)


def test_a_key_signs_and_one_changed_letter_is_seen(check: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check.report("ann", key="tulip")
    assert report.signed("tulip") is True and report.signed("rose") is False
    better = report._replace(text=report.text.replace("step 2: open", "step 2: done"))
    assert better.signed("tulip") is False
    monkeypatch.setenv(KEY, "tulip")
    monkeypatch.setenv(WHO, "bob")
    again = check.report()
    assert again.signed("tulip") is True and again.who == "bob"


def test_whom_a_checkpoint_brought_is_told(check: Checks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LAB)
    check.cluster.at("4", {})
    report = check.report("ann")
    assert [each.state for each in report.steps] == ["done", "brought", "brought", "open", "open"]
    assert report.at == "4"


def test_it_is_kept_in_a_folder_whole_or_not_at_all(check: Checks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path / "class"))
    report = check.report("../Ann Lee")
    assert [path.name for path in (tmp_path / "class").iterdir()] == ["Ann-Lee-0-meet.report.txt"]
    assert read(tmp_path / "class" / "Ann-Lee-0-meet.report.txt") == report
    check.report("../Ann Lee")
    assert len(list((tmp_path / "class").iterdir())) == 1
    (tmp_path / "file").write_text("x")
    with pytest.raises(LabError, match=r"^report: [^\n]+$"):
        check.report("ann", folder=tmp_path / "file")


def test_the_room_shows_who_is_where_and_names_bad_files(
    check: Checks, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    check.report("ann", key="tulip", folder=tmp_path / "ann" / "labs")
    check.report("bob", key="rose", folder=tmp_path / "bob")
    check.report("cid", folder=tmp_path)
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.report.txt").write_text("not looked at")
    assert main(["class", str(tmp_path), "--key", "tulip"]) == 0
    told = capsys.readouterr().out
    rows = {line.split()[0]: line for line in told.splitlines() if line}
    assert rows["ann"].endswith("good") and "1 of 5" in rows["ann"]
    assert rows["bob"].endswith("BAD: other key, or changed") and rows["cid"].endswith("none")
    assert "0-meet: 3 learners; 3 at 2" in told
    assert main(["class", str(tmp_path)]) == 0
    assert "not asked: no key" in capsys.readouterr().out
    bad = {"empty": b"", "binary": b"\xff\xfe\x00", "other": b"packetwalk report 2\n", "cut": (tmp_path / "cid-0-meet.report.txt").read_bytes()[:-20]}
    for name, content in bad.items():
        (tmp_path / f"{name}.report.txt").write_bytes(content)
    assert main(["class", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == len(bad) and all(any(f"{name}.report.txt" in line for line in said) for name in bad)


def test_what_is_typed_wrongly_is_one_line_and_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["class", str(tmp_path / "nowhere")]) == 2
    assert main(["adapt", "otter", str(tmp_path), str(tmp_path / "made")]) == 2
    assert main(["adapt", "otter", str(LAB), str(tmp_path)]) == 2
    for wrong in ([], ["class"], ["adapt", "moodle", "x", "y"]):
        with pytest.raises(SystemExit) as left:
            main(wrong)
        assert left.value.code == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 6 and list(tmp_path.iterdir()) == []


def test_the_command_runs_and_an_empty_room_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "packetwalk.lab", "class", str(tmp_path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env={**os.environ, KEY: "x"})
    assert done.returncode == 0 and "no reports yet" in done.stdout and done.stderr == ""


def test_a_report_reads_as_it_was_written(check: Checks, tmp_path: Path) -> None:
    report = check.report("ann", key="tulip", folder=tmp_path)
    path = next(tmp_path.iterdir())
    assert read(path) == report and read(path).signed("tulip")
    path.write_text(report.text.replace("ann", "zoë"))
    assert read(path).who == "zoë" and read(path).signed("tulip") is False
    path.write_text(report.text.replace("tries", "trials"))
    with pytest.raises(BadInput, match="report"):
        read(path)


def test_a_report_is_made_at_the_moment_that_is_set_and_else_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1767225600")
    assert moment() == "2026-01-01T00:00:00Z"
    for other in ("", "yesterday"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", other)
        assert moment() > "2026-01-01T00:00:00Z"
