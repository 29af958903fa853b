"""What holds for all tests: examples are the same in every run, no test has a limit of time, the kernel is asked for.

``@pytest.mark.kernel`` is on every test that needs the running kernel: root, the programs of every lab, and those
that the mark names.  Where they are missing the test is skipped with the reason; in CI it fails.

``@pytest.mark.real`` is beside it on every test of the real programs: what ``make real`` builds, and etcd.  Without
them it is skipped by name, in CI too.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from packetwalk.lab.kernel.programs.runtime import FOLDERS
from packetwalk.lab.kernel.rootless import NEEDED
from packetwalk.lab.real.programs import ETCD, unbuilt

TESTS = Path(__file__).parent
KERNEL = ("capture", "datapath", "lab", "labs", "shell", "why")  # the folders of tests that need it, as tests/run.sh runs them

settings.register_profile(
    "packetwalk", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("packetwalk")


def lacking(programs: Iterable[str]) -> list[str]:
    """Return what of root, the programs of every lab and these programs is not here."""
    path = os.pathsep.join([os.environ.get("PATH", ""), *FOLDERS])
    missing = [each for each in (*NEEDED, *programs) if shutil.which(each, path=path) is None]
    return missing if os.geteuid() == 0 else [*missing, "root"]


def without_real() -> list[str]:
    """Return the real programs that are not here, by name."""
    return [*unbuilt(), *(each for each in (ETCD,) if shutil.which(each) is None)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        marks = list(item.iter_markers("kernel"))
        if marks and item.path.relative_to(TESTS).parts[0] not in KERNEL:
            raise pytest.UsageError(f"{item.nodeid}: needs the kernel, valid folders are {', '.join(KERNEL)}")
        missing = lacking(program for mark in marks for program in mark.args) if marks else []
        if missing and "CI" not in os.environ:
            item.add_marker(pytest.mark.skip(reason=f"needs {', '.join(missing)}"))
        if next(item.iter_markers("real"), None) and (absent := without_real()):
            item.add_marker(pytest.mark.skip(reason=f"needs make real and apt-real.txt: {', '.join(absent)}"))
