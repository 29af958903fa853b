"""A lab in JupyterLab, as on Binder: its cells run, and the live walk plays."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests import ROOT
from tests.browser.conftest import Open, watch
from tests.browser.test_pages import play_by_keyboard
from tests.waiting import until

QUIET = (
    "--IdentityProvider.token=",
    "--ServerApp.password=",
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
)


@pytest.fixture(scope="module")
def jupyterlab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a JupyterLab with a copy of the labs, on the model."""
    home = tmp_path_factory.mktemp("jupyterlab")
    shutil.copytree(ROOT / "labs", home / "labs")
    running = home / "running"
    server = subprocess.Popen(
        [
            sys.executable,
            *("-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", *QUIET),
        ],
        cwd=home,
        env={
            **os.environ,
            "HOME": str(home),
            "PACKETWALK_GROUND": "model",
            "PYTHONPATH": str(ROOT),
            "JUPYTER_RUNTIME_DIR": str(running),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    told = running / f"jpserver-{server.pid}.json"
    try:
        assert until(lambda: address(told)), "JupyterLab does not answer"
        yield address(told)
    finally:
        server.terminate()
        server.wait()


def address(told: Path) -> str:
    """Return the address that JupyterLab has told, once it answers there: it takes a port that nobody has."""
    try:
        found = json.loads(told.read_text())["url"].rstrip("/")
        with urlopen(f"{found}/api"):
            return found
    except (OSError, ValueError):
        return ""


@pytest.mark.parametrize("name", ["0-meet", "1-flannel"])
def test_a_solution_runs_to_its_end_and_its_walk_plays(jupyterlab: str, opened: Open, name: str) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{jupyterlab}/lab/tree/labs/{name}/solution.ipynb?reset")
    page.locator(".jp-Notebook:visible").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.locator("packet-walk").first.wait_for(state="attached")
    play_by_keyboard(page, 0)
    assert not page.get_by_text("not yet.").count()
    assert [each for each in noise if "other host" in each or "uncaught" in each] == []
