"""The page *What survives what*: each cell opens its story, told by one timeline from the page's file of stories."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from packetwalk.control.stories import story
from packetwalk.control.survival import survivals
from tests.browser.conftest import Open, drawn, watch

NAME = "book/survives.html"


def shelf(page: Page) -> Locator:
    found = drawn(page.locator("packetwalk-stories"), "select")
    expect(found.get_by_label("Story")).to_be_visible()
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_a_cell_opens_its_story(address: str, opened: Open, width: int) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/{NAME}")
    loaded = "!!customElements.get('packetwalk-timeline')"
    assert not page.evaluate(loaded)  # it weighs nothing before somebody asks
    page.locator('a[href="#story=udp-flanneld-killed"]').click()
    found = shelf(page)
    expect(found.locator("h2")).to_have_text(story("udp-flanneld-killed").title)
    expect(found.get_by_label("Story")).to_have_value("udp-flanneld-killed")
    expect(found.locator(".of")).to_contain_text("Flannel")
    expect(found.locator("packetwalk-timeline")).to_be_in_viewport()
    found.get_by_role("slider", name="Time").focus()
    page.keyboard.press("End")
    expect(found.locator(".packet-now")).to_contain_text("lost")
    assert not noise


def test_a_story_is_chosen_from_the_list_and_a_link_brings_it_back(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    page.goto(f"{address}/{NAME}")
    shelf(page).get_by_label("Story").select_option("sleeve-weaver-killed")
    assert page.url.endswith("#story=sleeve-weaver-killed")
    page.reload()
    found = shelf(page)
    expect(found.locator("h2")).to_have_text(story("sleeve-weaver-killed").title)
    offered = (
        found.get_by_label("Story").locator("option").evaluate_all("all => all.map((each) => each.value)")
    )
    assert offered == [each.story.name for each in survivals()]


def test_without_the_file_it_is_said_and_the_table_stays(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    page.route("**/stories/*.json.gz", lambda route: route.abort())
    page.goto(f"{address}/{NAME}")
    told = drawn(page.locator("packetwalk-stories"), '[role="alert"]')
    expect(told.get_by_role("alert")).to_contain_text("cannot be shown")
    expect(page.locator('a[href="#story=udp-flanneld-killed"]')).to_be_visible()


@pytest.mark.parametrize(
    "name, least",
    [
        ("book/calico/in-time.html", 3),
        ("book/flannel/in-time.html", 3),
        ("book/weave/in-time.html", 3),
        ("book/flannel/services-and-nat.html", 1),
        ("book/weave/availability.html", 1),
        ("book/weave/how-it-works.html", 1),
    ],
)
def test_each_timeline_of_a_page_is_drawn(address: str, opened: Open, name: str, least: int) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/{name}")
    told = page.locator("packetwalk-timeline")
    count = told.count()
    assert count >= least
    for number in range(count):
        drawn(told.nth(number), ".now")
    assert not noise


def test_without_its_script_a_timeline_is_a_list(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.route("**/timeline-beside.*.js", lambda route: route.abort())
    page.goto(f"{address}/book/weave/availability.html")
    told = page.locator("packetwalk-timeline")
    told.scroll_into_view_if_needed()
    expect(told.get_by_text("A link is cut", exact=False).first).to_be_visible()


def test_an_answer_leads_to_a_timeline_that_no_script_has_drawn_yet(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/book/weave/availability.html")
    told = page.locator("packetwalk-timeline#weave-link-cut")
    box = page.locator(".admonition.predict").filter(has_text="What brings the answers back?")
    box.get_by_label("A router gives the connection up").check()
    box.get_by_role("button", name="Answer").first.click()
    box.get_by_role("button", name="See it in the timeline").click()
    expect(told.locator(".count")).to_contain_text("41.4")
    expect(told).to_be_in_viewport()
    assert not noise
