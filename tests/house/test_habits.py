"""What is said once, what every folder and every change has, and that the map is as the code is."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

import packetwalk
from packetwalk.trace.sentences import SENTENCES
from tests import ROOT, refresh_map
from tests.conftest import KERNEL


def test_the_map_is_as_the_code_is() -> None:
    text = refresh_map.TARGET.read_text()
    assert refresh_map.written(text) == text, "make refresh"


def test_the_map_goes_stale_with_a_sentence_and_with_an_import(monkeypatch: pytest.MonkeyPatch) -> None:
    text = refresh_map.TARGET.read_text()
    monkeypatch.setattr(refresh_map, "sentence", lambda _: "Another.")
    assert refresh_map.written(text) != text
    monkeypatch.undo()
    monkeypatch.setattr(refresh_map, "imports", lambda: {("wire", "tables")})
    assert refresh_map.written(text) != text


def test_no_room_imports_one_above_it() -> None:
    order = [room for layer in refresh_map.layers() for room in layer]
    assert {room for pair in refresh_map.imports() for room in pair} <= {*order, "__main__"}
    rows = [line.split() for line in refresh_map.picture().splitlines()[2:-1]]
    assert [row[0] for row in rows] == order
    assert all(row[1] == "." for row in rows), "left of the diagonal there is nothing"


@pytest.mark.parametrize("folder", refresh_map.folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_folder_says_in_a_sentence_what_it_is_for(folder: Path) -> None:
    said = refresh_map.sentence(folder / "__init__.py")
    assert said.endswith(".") and 30 < len(said) <= 130, said


NAMED = re.compile(r"`((?:packetwalk|tests|book|labs|recordings|player|benchmarks|binder)/[^` ]*)`")


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md"])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = [re.sub(r"[A-Z]{2,}", "*", path) for path in NAMED.findall((ROOT / page).read_text())]
    assert [path for path in named if not list(ROOT.glob(path.rstrip("/")))] == []
    assert named


def test_the_version_is_said_once_and_has_its_changes() -> None:
    changes = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changes, re.M)
    assert released[0] == packetwalk.__version__ and changes.index("## [Unreleased]") < changes.index(released[0])
    kinds = set(re.findall(r"^### (.*)$", changes, re.M))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for name in ("pyproject.toml", "player/package.json"):
        assert not re.search(r'^\s*"?version"?\s*[=:]\s*"', (ROOT / name).read_text(), re.M), name


def test_hooks_do_what_make_check_does_and_fetch_nothing() -> None:
    repos = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    hooks = repos[0]["hooks"]
    parts = re.search(r'^parts="(.*)"$', (ROOT / "tests/check.sh").read_text(), re.M)
    assert parts and [hook["entry"] for hook in hooks] == [
        f"tests/check.sh {part}" for part in parts[1].split()
    ]
    assert {hook["language"] for hook in hooks} == {"system"}


def test_a_part_of_the_checks_that_is_not_there_is_one_line() -> None:
    done = subprocess.run([ROOT / "tests/check.sh", "dancing"], capture_output=True, check=False, text=True)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "mypy" in done.stderr


def test_no_link_is_part_of_the_repository() -> None:
    """A link leads to a place of the machine on which it was made."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no clone, or no git")
    listed = subprocess.run(["git", "ls-files", "--stage"], cwd=ROOT, capture_output=True, check=True, text=True).stdout
    assert [line for line in listed.splitlines() if line.startswith("120000 ")] == []


def test_every_sentence_of_a_walk_is_said_somewhere() -> None:
    files = [file for file in (ROOT / "packetwalk").rglob("*.py") if file.name != "sentences.py"]
    source = "\n".join(file.read_text() for file in files)
    assert [key for key in SENTENCES if f'"{key}"' not in source] == []


def test_every_test_that_needs_the_kernel_is_run() -> None:
    """Each step names the folders of its own tests: one that none names would be run by nobody."""
    steps = [line for line in (ROOT / "tests" / "run.sh").read_text().splitlines() if " -m kernel " in line]
    named = {word.split("/")[1] for line in steps for word in line.split() if word.startswith("tests/")}
    assert named == set(KERNEL)
