"""Prose and picture are one: words put the walk at its step, the packet stays in view, its words beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open

STOPS = ["route", "route", "neigh", "fdb", "encap", "decap"]
PACKET = """() => { const box = document.querySelector("packet-walk").shadowRoot.querySelector(".parcel > .packet");
    const r = box.getBoundingClientRect(); return [r.top, r.bottom, innerHeight]; }"""
SMALL = """() => [...document.querySelector("packet-walk").shadowRoot.querySelectorAll("button, select, summary, a, input[type=number]")]
    .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 24).map(each => each.outerHTML.slice(0, 80))"""


def front(opened: Open, address: str, width: int = 1280, height: int = 800, **options) -> Page:
    page = opened(width, height, **options).new_page()
    page.goto(f"{address}/book/intro.html")
    expect(page.locator("packet-walk .controls")).to_be_visible()
    return page


@pytest.mark.parametrize("width", [360, 1280])
def test_six_stops_lead_to_their_steps(address: str, opened: Open, width: int) -> None:
    page = front(opened, address, width, reduced_motion="reduce")
    stops = page.locator("ol > li a.step:not(.layer)")
    expect(stops).to_have_count(len(STOPS))
    expect(stops.first).to_have_text("The gateway")
    current = page.locator("packet-walk [aria-current=step]")
    for index, event in enumerate(STOPS):
        stops.nth(index).click()
        expect(current).to_contain_text(event)
        expect(page.locator("packet-walk .parcel > .packet")).to_be_in_viewport()
    stops.last.click()
    page.locator("packet-walk").get_by_role("button", name="Step back").click()
    expect(current).not_to_contain_text("decap")
    stops.last.click()
    expect(current).to_contain_text("decap")


def test_a_header_named_in_the_text_stands_out_in_its_colour(address: str, opened: Open) -> None:
    page = front(opened, address, reduced_motion="reduce")
    name = page.locator("a.layer.vxlan").first
    name.click()
    shown = page.locator("packet-walk .envelope.vxlan")
    expect(shown).to_have_css("opacity", "1")
    expect(page.locator("packet-walk .envelope.udp").first).to_have_css("opacity", "0.35")
    expect(shown.locator(".title")).to_have_css("fill", name.evaluate("a => getComputedStyle(a).color"))
    page.locator("packet-walk").get_by_role("button", name="Step forward").click()
    expect(page.locator("packet-walk .envelope.udp").first).to_have_css("opacity", "1")


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (1280, 800)])
def test_the_packet_stays_in_view_while_it_plays(address: str, opened: Open, width: int, height: int) -> None:
    page = front(opened, address, width, height)
    player = page.locator("packet-walk")
    player.locator(".speed select").select_option("4")
    player.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_timeout(900)
    for _ in range(12):
        top, bottom, room = page.evaluate(PACKET)
        assert top > -8 and bottom < room + 8, (top, bottom, room)
        page.wait_for_timeout(700)


def test_the_sentence_stands_beside_the_packet_on_a_laptop(address: str, opened: Open) -> None:
    page = front(opened, address, reduced_motion="reduce")
    player = page.locator("packet-walk")
    player.get_by_role("button", name="Play", exact=True).click()
    words = player.locator(".saying p")
    expect(words).to_be_in_viewport(ratio=1)
    expect(player.locator(".parcel > .packet")).to_be_in_viewport(ratio=1)
    expect(player.get_by_role("button", name="Pause")).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_controls_are_large_enough(address: str, opened: Open, width: int) -> None:
    page = front(opened, address, width)
    assert page.evaluate(SMALL) == []
    for name in ("Play", "Step forward", "Step back"):
        box = page.locator("packet-walk").get_by_role("button", name=name, exact=True).bounding_box()
        assert box and min(box["width"], box["height"]) >= 44
