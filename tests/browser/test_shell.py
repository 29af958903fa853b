"""What the frame of the book does: search, colours, contents, the first screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.book.site import chapters
from tests.browser.conftest import Open
from tests.browser.test_pages import ALL_LAID_OUT
from tests.waiting import until


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_first_walk_plays_on_the_first_screen(address: str, opened: Open, width: int, height: int) -> None:
    page = opened(width, height).new_page()
    page.goto(address)
    play = page.locator("packet-walk").first.get_by_role("button", name="Play", exact=True)
    play.wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")
    box = play.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height


def test_search_finds_a_chapter(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type("neighbour")
    page.keyboard.press("Enter")
    result = page.locator("#search-results li a").first
    result.click()
    page.wait_for_url("**/glossary.html#*")
    expect(page.locator("article h1")).to_be_visible()


def test_colours_are_chosen_and_kept(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(address)
    button = page.get_by_role("button", name="Colours: auto")
    button.click()
    button = page.get_by_role("button", name="Colours: light")
    button.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == paper


def test_contents_open_on_a_phone_without_a_script(address: str, opened: Open) -> None:
    page = opened(360, 740, java_script_enabled=False).new_page()
    page.goto(address)
    page.get_by_role("link", name="Contents").click()
    expect(page.locator("nav.contents")).to_be_visible()
    page.get_by_role("link", name="Close").click()
    expect(page.locator("article h1")).to_be_visible()


def test_contents_mark_where_the_reader_is(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(address)
    page.locator("nav.contents .toc a").nth(-1).click()
    page.wait_for_url("**/questions.html")
    expect(page.locator('nav.contents a[aria-current="page"]')).to_have_count(1)


@pytest.mark.parametrize("name", chapters()[::8])
def test_link_to_a_section_lands_on_it(address: str, opened: Open, name: str) -> None:
    """Sections above may be laid out only then; the heading must still come to the top."""
    page = opened().new_page()
    page.goto(f"{address}/{name}")
    links = page.locator(".toc-sections a")
    if not links.count():
        pytest.skip("one section only")
    link = links.nth(links.count() // 2)
    heading = page.locator(f"{link.get_attribute('href')} > h2")
    link.click()
    page.wait_for_function(ALL_LAID_OUT)
    assert until(lambda: (box := heading.bounding_box()) is not None and 0 <= box["y"] < 400)


def test_shift_while_loading_is_nothing(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => { for (const e of list.getEntries())"
        " if (!e.hadRecentInput) window.shift += e.value }).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto(address)
    page.wait_for_function(ALL_LAID_OUT)
    page.wait_for_timeout(1000)
    assert page.evaluate("window.shift") <= 0.02
