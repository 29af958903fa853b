"""Every page in a browser: quiet, reachable by keyboard, legible to everybody, in every size."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.book.site import pages
from tests.browser.conftest import Open

SETTLED = 400  # ms for what a page does after it has loaded
AXE_RUN = """axe.run(document, {resultTypes: ["violations"]}).then(result => result.violations.map(
    rule => `${rule.impact} ${rule.id}: ${rule.nodes.map(node => node.target.join(" ")).slice(0, 3).join(" | ")}`))"""
PAST_THE_EDGE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Sections are laid out when they come near, and clip what is too wide: here all of them are laid out.
ALL_LAID_OUT = ".chapter section { content-visibility: visible !important }"
PLAYERS = "document.querySelectorAll('packet-walk').length"


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


def play_by_keyboard(page: Page, index: int) -> None:
    """Step a player on, back, to its end and to its start, by keys alone."""
    player = page.locator("packet-walk").nth(index)
    player.scroll_into_view_if_needed()
    slider = player.locator('input[type="range"][aria-label="Step"]')
    slider.wait_for()
    slider.focus()
    first = slider.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") != first
    page.keyboard.press("ArrowLeft")
    assert slider.get_attribute("aria-valuetext") == first
    page.keyboard.press("End")
    assert float(slider.input_value()) == float(slider.get_attribute("max") or -1)
    page.keyboard.press("Home")
    assert float(slider.input_value()) == 0


@pytest.mark.parametrize("name", pages())
def test_is_quiet_plays_by_keyboard_and_prints(address: str, opened: Open, name: str) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/{name}")
    page.wait_for_timeout(SETTLED)
    for index in range(page.evaluate(PLAYERS)):
        play_by_keyboard(page, index)
    page.emulate_media(media="print")
    for walk in page.locator("packet-walk").all():
        assert walk.locator("ol.walk-steps li").first.is_visible()
    assert not page.locator(".side").is_visible()
    assert noise == []


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", pages())
def test_is_accessible_and_fits(address: str, opened: Open, axe: str, name: str, width: int) -> None:
    page = opened(width, bypass_csp=True).new_page()
    page.goto(f"{address}/{name}")
    page.wait_for_timeout(SETTLED)
    page.evaluate(axe)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(SETTLED)
        assert page.evaluate(AXE_RUN) == [], f"{scheme}: as it is opened"
    page.add_style_tag(content=ALL_LAID_OUT)
    page.wait_for_timeout(SETTLED)
    assert page.evaluate(PAST_THE_EDGE) <= 0, "something is wider than the page"
    assert page.evaluate(AXE_RUN) == [], "dark: with every section laid out"


@pytest.mark.parametrize("name", [name for name in pages() if name != "search.html"])
def test_reads_without_a_script(address: str, opened: Open, name: str) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto(f"{address}/{name}")
    assert page.locator("h1").is_visible()
    for walk in page.locator("packet-walk").all():
        assert walk.locator("ol.walk-steps li").first.is_visible()
    assert page.locator("nav.contents .toc a").first.is_visible()
