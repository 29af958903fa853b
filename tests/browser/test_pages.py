"""Every page in a browser: quiet, reachable by keyboard, legible to everybody, in every size."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.book.site import pages
from tests.browser.conftest import Emptied, drawn

SETTLED = 400  # ms for what a page does after it has loaded
AXE_RUN = """options => axe.run(document, {resultTypes: ["violations"], ...options}).then(result => result.violations.map(
    rule => `${rule.impact} ${rule.id}: ${rule.nodes.map(node => node.target.join(" ")).slice(0, 3).join(" | ")}`))"""
COLOURS = {
    "runOnly": ["cat.color"],
    "rules": {"color-contrast-enhanced": {"enabled": False}},
}  # AAA, off as ever
MADE = Path(__file__).with_name("made.js").read_text()
PAST_THE_EDGE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# Sections are laid out by the page one after another, and until then clip what is too wide.
ALL_LAID_OUT = """[...document.querySelectorAll(".chapter section")].every(
    section => getComputedStyle(section).contentVisibility === "visible")"""
PLAYERS = "document.querySelectorAll('packet-walk').length"


def play_by_keyboard(page: Page, index: int) -> None:
    """Step a player on, back, to its end and to its start, by keys alone."""
    steps = 'input[type="range"][aria-label="Step"]'
    slider = drawn(page.locator("packet-walk").nth(index), steps).locator(steps)
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
def test_is_quiet_plays_by_keyboard_and_prints(address: str, emptied: Emptied, name: str) -> None:
    page, noise = emptied(reduced_motion="reduce")
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
def test_is_accessible_and_fits(address: str, emptied: Emptied, axe: str, name: str, width: int) -> None:
    """In light as it is opened, and in dark with every section laid out.

    Where nothing but colours has changed between the two, only rules about colours can say something else.
    """
    page, _ = emptied(width, bypass_csp=True)
    page.goto(f"{address}/{name}")
    page.wait_for_timeout(SETTLED)
    page.evaluate(axe)
    assert page.evaluate(AXE_RUN, {}) == [], "light: as it is opened"
    light = page.evaluate(MADE)
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(SETTLED)
    page.wait_for_function(ALL_LAID_OUT)
    assert page.evaluate(PAST_THE_EDGE) <= 0, "something is wider than the page"
    same = page.evaluate(MADE) == light
    assert page.evaluate(AXE_RUN, COLOURS if same else {}) == [], "dark: with every section laid out"


@pytest.mark.parametrize("name", [name for name in pages() if name != "search.html"])
def test_reads_without_a_script(address: str, emptied: Emptied, name: str) -> None:
    page, _ = emptied(java_script_enabled=False)
    page.goto(f"{address}/{name}")
    assert page.locator("h1").is_visible()
    for walk in page.locator("packet-walk").all():
        assert walk.locator("ol.walk-steps li").first.is_visible()
    assert page.locator("nav.contents .toc a").first.is_visible()
