"""The calls against the real programs, where they are installed: each flag we use is in their own help."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from tests.lab.kind.fakes.flags import FLAGS
from tests.waiting import HANGS


def _flags(name: str) -> set[str]:
    """Return the long flags that a program's help names; kubectl lists those of all subcommands apart."""
    asked = [[*name.split(), "--help"], *([["kubectl", "options"]] if name.startswith("kubectl") else [])]
    runs = [subprocess.run(a, check=False, capture_output=True, text=True, timeout=HANGS) for a in asked]
    return set(re.findall(r"--[a-z][a-z-]+", "".join(run.stdout + run.stderr for run in runs)))


@pytest.mark.parametrize("name", FLAGS)
def test_the_program_knows_the_flags_that_the_fake_knows(name: str) -> None:
    program = name.split()[0]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    known = _flags(name)
    assert known, f"{name}: no help"
    assert set(FLAGS[name]) <= known
