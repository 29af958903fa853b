"""The page on rooms: its values, its link and its measurement are what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from packetwalk import lab
from packetwalk.lab.check import report
from tests import ROOT

PAGE = ROOT / "book" / "teach" / "rooms.md"
VALUES = ROOT / "labs" / "hub" / "values.yaml"


def room(*words: str) -> subprocess.CompletedProcess[str]:
    called = [sys.executable, "-m", "benchmarks.room", *words]
    return subprocess.run(called, cwd=ROOT, capture_output=True, check=False, text=True)


def test_the_values_set_what_the_labs_read() -> None:
    values = yaml.safe_load(VALUES.read_text())
    learner = values["singleuser"]
    assert set(learner["extraEnv"]) == {lab.CHOICE, report.KEY}
    assert learner["extraEnv"][lab.CHOICE] == "model"
    assert "labs/hub/values.yaml" in PAGE.read_text()
    guarantee, limit = (int(learner["memory"][name].removesuffix("M")) for name in ("guarantee", "limit"))
    assert guarantee < limit
    (said,) = re.findall(r"guarantee of (\d+) MB", PAGE.read_text())
    assert int(said) == guarantee


def test_the_link_opens_a_lab_that_is_there() -> None:
    (link,) = re.findall(r"https://HUB/\S+", PAGE.read_text())
    asked = parse_qs(urlsplit(link).query)
    place = asked["urlpath"][0].removeprefix(f"lab/tree/{asked['targetpath'][0]}/")
    assert (ROOT / place).is_file()
    assert asked["repo"] == ["REPOSITORY"] and asked["branch"] == ["main"]


def test_a_room_of_one_is_measured() -> None:
    done = room("1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 learners on model, ")
    found = re.findall(r"memory of its own\s+median\s+([\d.]+) MB", done.stdout)
    assert len(found) == 1 and 20 < float(found[0]) < 200


@pytest.mark.parametrize("words", [("0",), ("many",), ()])
def test_a_room_of_nobody_is_one_line(words: tuple[str, ...]) -> None:
    done = room(*words)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("python -m benchmarks.room: error: ")
    assert "Traceback" not in done.stderr
