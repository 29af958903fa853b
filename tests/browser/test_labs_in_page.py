"""A lab in the reader's browser, by plain http from a classroom's machine, under a path: no secure context, no network."""

from __future__ import annotations

import gzip
import os
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page, expect

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


def test_a_lab_is_done_in_the_page(browser: Browser, tmp_path: Path) -> None:
    if not (SITE / "lite").is_dir():
        missing("the book was built without labs in the page: npm ci --prefix player, then make build")
    (tmp_path / PLACE).symlink_to(SITE)
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in BROWSERS)]
    flags = [*FLAGS[:-1], RULES]
    launched = browser.browser_type.launch(executable_path=next(filter(None, found)), args=flags)
    try:
        with served(tmp_path) as address:
            page = launched.new_page(reduced_motion="reduce")
            page.set_default_timeout(SLOW)
            requests: set[str] = set()
            uncaught: list[str] = []
            page.on("request", lambda request: requests.add(request.url))
            page.on("pageerror", lambda error: uncaught.append(str(error)))
            port = urlsplit(address).port
            page.goto(f"http://{HOST}:{port}/{PLACE}/labs/0-meet/lab.html")
            assert not [each for each in requests if "/lite/" in each], (
                "nothing is loaded before it is asked for"
            )
            page.get_by_role("link", name="do it in this browser").click()
            page.locator(".jp-CodeCell").first.wait_for()
            assert not page.evaluate("isSecureContext")
            answer(page, "# Your turn: on which node does pod b live?", 'home = "kind-worker2"')
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            expect(page.get_by_text("Step 1: done.")).to_be_visible(timeout=SLOW)
            expect(page.get_by_text("Step 2: not yet.")).to_be_attached(timeout=SLOW)
            expect(page.locator("packet-walk").first).to_be_attached(timeout=SLOW)
            play_by_keyboard(page, 0)
            elsewhere = {urlsplit(each).netloc for each in requests if each.startswith("http")}
            assert elsewhere == {f"{HOST}:{port}"}
            assert uncaught == []
            assert 5_000_000 < wire(requests) < WIRE
    finally:
        launched.close()
