"""A lab in JupyterLab, as on Binder: its cells run, and the live walk plays."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable,
            *("-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", *QUIET),
        ],
        cwd=home,
        env={**os.environ, "HOME": str(home), "PACKETWALK_GROUND": "model", "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        assert until(lambda: answers(address)), "JupyterLab does not answer"
        yield address
    finally:
        server.terminate()
        server.wait()


def answers(address: str) -> bool:
    """Say whether JupyterLab answers."""
    try:
        with urlopen(f"{address}/api"):
            return True
    except OSError:
        return False


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
