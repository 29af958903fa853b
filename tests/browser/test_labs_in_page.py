"""A lab in the reader's browser, by plain http from a classroom's machine, under a path: no secure context, no network."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import ROOT
from tests.book.site import SITE, served
from tests.browser.conftest import BROWSERS, FLAGS
from tests.browser.test_pages import play_by_keyboard
from tests.missing import missing

HOST, PLACE = "class.test", "book"
RULES = f"--host-resolver-rules=MAP {HOST} 127.0.0.1 , MAP * ~NOTFOUND"
SLOW = 180_000  # ms: Python starts, on a machine that does much else
WIRE = 15_000_000
COMPRESSED = (".html", ".js", ".mjs", ".json", ".ipynb", ".css", ".svg")


def answer(page: Page, starts: str, text: str) -> None:
    """Put an answer into the cell that starts so."""
    page.locator(".jp-CodeCell").filter(has_text=starts).locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(text)


def wire(addresses: set[str]) -> int:
    """Return the bytes of this site's files once each, compressed where a host does that."""
    files = {SITE / unquote(urlsplit(each).path).removeprefix(f"/{PLACE}/") for each in addresses}
    return sum(
        len(gzip.compress(file.read_bytes(), 6)) if file.suffix in COMPRESSED else file.stat().st_size
        for file in files
        if file.is_file()
    )


@contextmanager
def classroom(browser: Browser, folder: Path) -> Iterator[tuple[Page, str]]:
    """Yield a page of a browser that knows one host, and the address of this site there, under a path by plain http."""
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in BROWSERS)]
    launched = browser.browser_type.launch(
        executable_path=next(filter(None, found)), args=[*FLAGS[:-1], RULES]
    )
    try:
        with served(folder) as address:
            page = launched.new_page(reduced_motion="reduce")
            page.set_default_timeout(SLOW)
            yield page, f"http://{HOST}:{urlsplit(address).port}/{PLACE}"
    finally:
        launched.close()


def built() -> None:
    """Skip where the book has no labs in the page."""
    if not (SITE / "lite").is_dir():
        missing("the book was built without labs in the page: npm ci --prefix player, then make build")


def run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def test_a_lab_is_done_in_the_page(browser: Browser, tmp_path: Path) -> None:
    built()
    (tmp_path / PLACE).symlink_to(SITE)
    with classroom(browser, tmp_path) as (page, address):
        requests: set[str] = set()
        uncaught: list[str] = []
        page.on("request", lambda request: requests.add(request.url))
        page.on("pageerror", lambda error: uncaught.append(str(error)))
        page.goto(f"{address}/labs/0-meet/lab.html")
        assert not [each for each in requests if "/lite/" in each], "nothing is loaded before it is asked for"
        page.get_by_role("link", name="do it in this browser").click()
        page.locator(".jp-CodeCell").first.wait_for()
        assert not page.evaluate("isSecureContext")
        answer(page, "# Your turn: on which node does pod b live?", 'home = "kind-worker2"')
        run_all(page)
        expect(page.get_by_text("Step 1: done.")).to_be_visible(timeout=SLOW)
        expect(page.get_by_text("Step 2: not yet.")).to_be_attached(timeout=SLOW)
        expect(page.locator("packet-walk").first).to_be_attached(timeout=SLOW)
        play_by_keyboard(page, 0)
        elsewhere = {urlsplit(each).netloc for each in requests if each.startswith("http")}
        assert elsewhere == {urlsplit(address).netloc}
        assert uncaught == []
        assert 5_000_000 < wire(requests) < WIRE


def with_solution(folder: Path, lab: str) -> list[str]:
    """Put a site into a folder in which a lab's notebook is filled in; return the lab's steps."""
    notebook = json.loads((SITE / "lite" / "files" / f"{lab}.ipynb").read_text())
    solved = json.loads((ROOT / "labs" / lab / "solution.ipynb").read_text())
    here = [each for each in notebook["cells"] if each["cell_type"] == "code"]
    code = [each for each in solved["cells"] if each["cell_type"] == "code"]
    for cell, right in zip(here, code, strict=True):
        if "solution" in right["metadata"].get("tags", ()):
            cell["source"] = right["source"]
    for place, all_but in ((SITE, "lite"), (SITE / "lite", "files"), (SITE / "lite" / "files", f"{lab}.ipynb")):
        made = folder / place.relative_to(SITE)
        made.mkdir(parents=True)
        for each in place.iterdir():
            if each.name != all_but:
                (made / each.name).symlink_to(each)
    (folder / "lite" / "files" / f"{lab}.ipynb").write_text(json.dumps(notebook))
    return re.findall(r'^check\("(\w+)"', "\n".join("".join(each["source"]) for each in code), re.M)


@pytest.mark.parametrize("lab", ["8-record", "10-control-plane"])
def test_a_lab_with_all_answers_is_done_to_its_end(browser: Browser, tmp_path: Path, lab: str) -> None:
    """Of the labs those that need most: archives and folders of their own, programs that end and begin."""
    built()
    steps = with_solution(tmp_path / PLACE, lab)
    with classroom(browser, tmp_path) as (page, address):
        page.goto(f"{address}/lite/notebooks/index.html?path={lab}.ipynb")
        page.locator(".jp-CodeCell").first.wait_for()
        run_all(page)
        for step in steps:
            expect(page.get_by_text(f"Step {step}: done.").first).to_be_attached(timeout=SLOW)
        assert page.locator("[data-mime-type='application/vnd.jupyter.stderr'], .jp-RenderedError").count() == 0


def test_the_exam_is_sat_in_the_page(browser: Browser, tmp_path: Path) -> None:
    built()
    (tmp_path / PLACE).symlink_to(SITE)
    with classroom(browser, tmp_path) as (page, address):
        page.goto(f"{address}/book/teach/exam.html")
        page.get_by_role("link", name="in the browser", exact=True).click()
        page.locator(".jp-CodeCell").first.wait_for()
        run_all(page)
        expect(page.get_by_text("Task 1 of 6").first).to_be_attached(timeout=2 * SLOW)
        expect(page.get_by_text("packetwalk exam 1").first).to_be_attached(timeout=2 * SLOW)
        expect(page.get_by_text("Task 6: ").first).to_be_attached(timeout=SLOW)
