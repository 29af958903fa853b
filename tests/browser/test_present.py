"""A walk shown to a room: `?present` behind the address of any page that has one, by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, watch

NAME = "book/flannel/vxlan.html"
TALL = "e => e.scrollHeight - e.clientHeight"
PICTURE = """frame => { const all = frame.getBoundingClientRect();
    const inner = frame.querySelector("packet-walk").shadowRoot.querySelector(".stage .ground").getBoundingClientRect();
    return [inner.top - all.top, all.bottom - inner.bottom, inner.left - all.left, all.right - inner.right]; }"""


def shown(page: Page, address: str, query: str = "?present", name: str = NAME) -> Locator:
    page.goto(f"{address}/{name}{query}")
    found = page.locator("dialog.presenting")
    found.locator(".step-words h2").wait_for()
    return found


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1024, 768), (360, 740)])
def test_the_whole_diagram_the_sentence_and_the_line_are_on_the_screen(
    address: str, opened: Open, width: int, height: int
) -> None:
    page = opened(width, height, reduced_motion="reduce").new_page()
    noise = watch(page)
    room = shown(page, address)
    for _ in range(8):
        page.keyboard.press("PageDown")
    expect(room.locator(".step-words code")).to_have_text("10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink")
    assert all(gap >= -1 for gap in room.locator(".frame").evaluate(PICTURE))
    assert room.locator(".step-words").evaluate(TALL) <= 0
    expect(room.locator("packet-walk .controls")).to_be_hidden()
    assert noise == []


def test_keys_step_turn_and_leave_and_the_page_is_as_it_was(address: str, opened: Open) -> None:
    page = opened(scheme="light", reduced_motion="reduce").new_page()
    room = shown(page, address)
    first = room.locator(".walk-name").inner_text()
    place = room.locator(".place")
    for key, at in (("ArrowRight", "2/"), ("ArrowDown", "3/"), ("PageUp", "2/"), ("Home", "1/")):
        page.keyboard.press(key)
        expect(place).to_contain_text(at)
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("n")
    expect(room.locator(".walk-name")).not_to_have_text(first)
    page.keyboard.press("p")
    expect(room.locator(".walk-name")).to_have_text(first)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    expect(room).to_have_count(0)
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("packet-walk").first.locator(".count").first).to_contain_text("2")
    assert "present" not in page.url


def test_space_plays_as_soon_as_it_is_shown(address: str, opened: Open) -> None:
    page = opened(scheme="light", reduced_motion="reduce").new_page()
    place = shown(page, address).locator(".place")
    expect(place).to_contain_text("1/")
    page.keyboard.press(" ")
    expect(place).not_to_contain_text(re.compile(r"^1/"))


def test_light_or_dark_may_be_said_and_axe_finds_nothing(address: str, opened: Open, axe: str) -> None:
    page = opened(scheme="light", reduced_motion="reduce").new_page()
    shown(page, address, "?present=dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate(axe)
    found = page.evaluate("axe.run('dialog').then(r => r.violations.map(v => v.id + ': ' + v.help))")
    assert found == []


def test_a_page_is_left_alone_without_being_asked(address: str, opened: Open) -> None:
    page = opened().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/{NAME}")
    page.locator("packet-walk .controls").first.wait_for()
    assert not [url for url in asked if "present" in url]
    expect(page.get_by_role("link", name="Show its walks to a room")).to_have_attribute("href", "?present")
