"""The proof without root: the same command, the same table."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import ROOT
from tests.waiting import HANGS

USER = "nobody"
PYTHON = shutil.which("python3", path="/usr/bin:/usr/local/bin")  # one that every user can run


@pytest.fixture
def checkout() -> Iterator[Path]:
    """Yield a copy of the package that every user can read."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "packetwalk"
        shutil.copytree(ROOT / "packetwalk", target, ignore=shutil.ignore_patterns("__pycache__"))
        for path in (Path(folder), *target.rglob("*"), target):
            path.chmod(0o755 if path.is_dir() else 0o644)
        yield Path(folder)


@pytest.mark.kernel("ipset")
@pytest.mark.skipif(PYTHON is None and "CI" not in os.environ, reason="needs python3 in /usr/bin")
@pytest.mark.parametrize(("plugin", "mode"), [("flannel", "vxlan-directrouting"), ("calico", "bgp")])
def test_an_ordinary_user_proves_the_same(checkout: Path, plugin: str, mode: str) -> None:
    run = subprocess.run(
        ["runuser", "-u", USER, "--", PYTHON or "python3", "-m", "packetwalk", "prove", plugin, mode],
        check=False,
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=HANGS,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"{plugin}") and "in the running kernel" in run.stdout
    assert run.stderr == ""
