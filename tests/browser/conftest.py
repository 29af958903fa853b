"""One Chromium and one server for all browser tests; every test gets a fresh profile, or one that was emptied."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from tests import ROOT
from tests.book.site import SITE, served
from tests.missing import missing
from tests.waiting import HANGS

# No other host's name resolves, so a request to one fails at once and is seen.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "google-chrome",
)  # the first without windows, so with less work
AXE = ROOT / "tests" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE = HANGS * 1000  # ms until something shows
Open = Callable[..., BrowserContext]
expect.set_options(timeout=PATIENCE)


def drawn(player: Locator, part: str) -> Locator:
    """Return a player, a timeline or a shelf of stories when that part of it is drawn, in view.

    Players above it grow while they are drawn and push it away again: it is gone to until it is there.
    """
    seen, end = player.locator(part).first, time.monotonic() + HANGS
    while not seen.is_visible() and time.monotonic() < end:
        player.evaluate("player => player.scrollIntoView({ block: 'center', behavior: 'instant' })")
        player.page.wait_for_timeout(50)
    expect(seen).to_be_visible(timeout=1)
    return player


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in item.path.relative_to(ROOT).parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Yield the address at which the built book is served."""
    if not (SITE / "index.html").is_file():
        pytest.fail("The book is not built: run `make build` first")
    with served(SITE) as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = [os.environ.get("CHROMIUM"), *(shutil.which(name) for name in BROWSERS)]
    chromium = next(filter(None, found), None)
    if not chromium:
        missing("chromium is not installed")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Yield a function that makes a fresh profile; all are closed after the test."""
    contexts: list[BrowserContext] = []

    def open_context(
        width: int = 1280, height: int = 800, scheme: str = "light", **options
    ) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        return context

    yield open_context
    for context in contexts:
        context.close()


class Emptied:
    """Pages that are used again, one for each set of options: a new window costs more than what is tested in it.

    Before each use nothing is stored, nothing is shown, and nothing that a test asked of the page holds any more.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._pages: dict[tuple, tuple[Page, list[str]]] = {}

    def __call__(self, width: int = 1280, height: int = 800, **options) -> tuple[Page, list[str]]:
        """Return a page, and the list that fills with what a quiet page never does."""
        key = (width, height, *sorted(options.items()))
        if key not in self._pages:
            context = self._browser.new_context(
                viewport={"width": width, "height": height}, color_scheme="light", **options
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            self._pages[key] = page, watch(page)
        page, noise = self._pages[key]
        page.goto("about:blank")
        page.emulate_media(media="null", color_scheme="light")
        page.context.clear_cookies()
        session = page.context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
        session.detach()
        noise.clear()
        return page, noise


@pytest.fixture(scope="session")
def emptied(browser: Browser) -> Emptied:
    return Emptied(browser)


def watch(page: Page) -> list[str]:
    """Return a list that fills with all that a quiet page never does."""
    noise: list[str] = []
    page.on("console", lambda said: noise.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: noise.append(f"uncaught: {error}"))
    page.on(
        "request",
        lambda request: noise.append(f"other host: {request.url}") if is_elsewhere(request.url) else None,
    )
    page.on(
        "response",
        lambda answer: noise.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
    )
    return noise


def is_elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"


@pytest.fixture(scope="session")
def axe() -> str:
    """Return the source of axe-core; it need not copy the elements that it names."""
    if not AXE.is_file():
        missing("axe-core is not installed: npm ci --prefix tests/browser")
    return f"{AXE.read_text()}; axe.configure({{noHtml: true}})"
