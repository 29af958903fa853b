"""The model says what it said when somebody last looked."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys

import pytest

from tests import golden

CASES = dict(golden.cases())


@pytest.mark.parametrize("name", CASES)
def test_walk_is_golden(name: str) -> None:
    path = golden.FOLDER / f"{name}.json"
    assert path.exists(), f"{path.name} is missing: run `make refresh` and read the diff"
    old, new = path.read_text(), golden.current(CASES[name])
    if old != new:
        diff = difflib.unified_diff(old.splitlines(), new.splitlines(), "golden", "now", "", "", 0, "")
        pytest.fail("\n".join(line[:300] for line in list(diff)[:20]), pytrace=False)


def test_no_golden_without_a_case() -> None:
    assert {path.stem for path in golden.FOLDER.glob("*.json")} == set(CASES)


def test_before_is_the_after_of_the_step_before() -> None:
    walk = golden.load((golden.FOLDER / "flannel-vxlan-cross-node.json").read_text())
    for trace in walk["traces"]:
        assert all(
            a["after"] == b["before"] for a, b in zip(trace["steps"], trace["steps"][1:], strict=False)
        )


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_output_does_not_depend_on_the_hash_seed(seed: str) -> None:
    command = [
        sys.executable,
        "-m",
        "packetwalk",
        "walk",
        "flannel",
        "vxlan",
        "service",
        "--cold",
        "--format",
        "json",
    ]
    run = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
    )
    reference = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "99"}, capture_output=True, text=True, check=True
    )
    assert run.stdout == reference.stdout
