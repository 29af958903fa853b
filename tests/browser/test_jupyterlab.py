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

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from packetwalk.why import load, why
from packetwalk.widgets.tools.why import given
from tests import ROOT
from tests.browser.conftest import Open, watch
from tests.browser.test_pages import play_by_keyboard
from tests.refresh_notebooks import METADATA
from tests.waiting import until
from tests.why.example import FILE

STORY = 'from packetwalk.widgets import play_story\nplay_story("bird-stopped")'
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
    asked = new_code_cell(f"from packetwalk.widgets import why\n\nwhy({str(FILE)!r}, size=56)")
    nbformat.write(new_notebook(cells=[asked], metadata=METADATA), home / "why.ipynb")
    nbformat.write(new_notebook(metadata=METADATA, cells=[new_code_cell(STORY)]), home / "story.ipynb")
    shutil.copytree(ROOT / "labs" / "1-flannel", home / "late")
    first = nbformat.read(home / "late" / "lab.ipynb", as_version=4).cells[1:3]
    nbformat.write(new_notebook(cells=[*first, new_code_cell('check("3")')], metadata=METADATA), home / "late" / "late.ipynb")
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
    run_all(page, f"{jupyterlab}/lab/tree/labs/{name}/solution.ipynb?reset")
    page.locator("packet-walk").first.wait_for(state="attached")
    play_by_keyboard(page, 0)
    assert not page.get_by_text("not yet.").count()
    assert [each for each in noise if "other host" in each or "uncaught" in each] == []


def test_a_recording_is_asked_in_a_notebook(jupyterlab: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    run_all(page, f"{jupyterlab}/lab/tree/why.ipynb?reset")
    tool, loaded = page.locator("walk-why"), load(given(FILE))
    expect(tool.locator(".verdict")).to_contain_text("Does not reach: a (10.244.1.2) to b (10.244.2.2), icmp, 56 bytes")
    expect(tool.get_by_label("Bytes")).to_have_value("56")
    tool.get_by_label("To, with").fill("web")
    tool.get_by_label("Bytes").fill("")
    tool.get_by_role("button", name="Ask", exact=True).click()
    expect(tool.locator(".verdict")).to_contain_text("default/web:80")
    expect(tool.locator("dd code")).to_have_text(why(loaded, "a", "web").line)
    tool.get_by_role("button", name="Ask every pair").click()
    expect(tool.locator(".told")).to_contain_text("60 of 72 pairs")
    tool.get_by_role("button", name="Show the walk").click()
    expect(tool.locator("packet-walk .why").first).to_contain_text("172.18.0.9")
    assert [each for each in noise if "other host" in each or "uncaught" in each] == []


def run_all(page: Page, url: str) -> None:
    """Open a notebook and run all of its cells."""
    page.goto(url)
    page.locator(".jp-Notebook:visible").wait_for()
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def test_a_story_is_shown_and_its_packet_sent(jupyterlab: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    run_all(page, f"{jupyterlab}/lab/tree/story.ipynb?reset")
    found = page.locator("packetwalk-timeline")
    found.get_by_role("button", name="Next change").click()
    found.get_by_role("button", name="Send a packet now").click()
    found.locator("packet-walk .saying").wait_for()
    assert [each for each in noise if "other host" in each or "uncaught" in each] == []


def test_a_button_brings_a_late_learner_to_a_step(jupyterlab: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    run_all(page, f"{jupyterlab}/lab/tree/late/late.ipynb?reset")
    page.get_by_text("is still the one that flanneld wrote").wait_for()
    page.get_by_title("Bring the cluster to step 3", exact=True).click()
    page.get_by_text("This is step 3: do what its cell asks for, then check.").wait_for()
    page.locator(".jp-CodeCell .cm-content").last.click()
    page.keyboard.press("Shift+Enter")
    page.get_by_text("kind-worker has no forwarding entry that leads").wait_for()
    assert [each for each in noise if "other host" in each or "uncaught" in each] == []
