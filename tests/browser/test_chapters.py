"""Playing stops where something is decided; chapters with names lead there; faster than one reads it runs through."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Open, drawn

CABLE = "book/linux/index.html"
COUNT = "select => [...select.querySelectorAll('option')].map(each => each.textContent)"


def player_of(opened: Open, address: str, page_name: str, nth: int, **options) -> tuple[Page, Locator]:
    page = opened(**options).new_page()
    page.goto(f"{address}/{page_name}")
    return page, drawn(page.locator("packet-walk").nth(nth), ".controls")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_a_play_stops_where_something_is_decided(address: str, opened: Open, motion: str) -> None:
    _, player = player_of(opened, address, CABLE, 1, reduced_motion=motion)
    play = player.get_by_role("button", name="Play", exact=True)
    current = player.locator("[aria-current=step]")
    for event in ("route", "neigh"):
        play.click()
        expect(current).to_contain_text(event)
        expect(play).to_be_visible()
        expect(player.locator(".saying")).to_contain_text("Play goes on")
    player.get_by_role("button", name="Step forward").click()
    expect(player.locator(".saying")).not_to_contain_text("Play goes on")


def test_faster_than_one_reads_it_runs_through(address: str, opened: Open) -> None:
    _, player = player_of(opened, address, CABLE, 1, reduced_motion="reduce")
    player.locator(".speed select").select_option("4")
    player.get_by_role("button", name="Play", exact=True).click()
    expect(player.locator("[aria-current=step]")).to_contain_text("14")
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(player.locator(".saying")).not_to_contain_text("Play goes on")


@pytest.mark.parametrize("width", [360, 1280])
def test_chapters_have_names_and_lead_to_their_steps(address: str, opened: Open, width: int) -> None:
    _, player = player_of(opened, address, "book/intro.html", 0, width=width, reduced_motion="reduce")
    chapters = player.get_by_label("Chapter")
    names = chapters.evaluate(COUNT)
    assert "16 wrapped, kind-worker" in names and "27 unwrapped, kind-worker2" in names
    chapters.select_option(label="15 FDB, kind-worker")
    expect(player.locator("[aria-current=step]")).to_contain_text("fdb")
    box = player.locator(".count").bounding_box()
    assert box and min(box["width"], box["height"]) >= 44


def test_chapters_do_not_tell_what_is_asked_for(address: str, opened: Open) -> None:
    _, player = player_of(opened, address, "book/flannel/what-goes-wrong.html", 0, reduced_motion="reduce")
    told = player.get_by_label("Chapter").evaluate(COUNT)
    if player.locator(".veiled").count():
        assert told == ["1 the start"]
    player.locator(".row").last.scroll_into_view_if_needed()
    assert not [name for name in told if "the end" in name] or not player.locator(".veiled").count()


@pytest.mark.parametrize("name", ["index", "tables", "vxlan-and-netfilter"])
def test_a_figure_of_linux_has_one_control_or_two(address: str, opened: Open, name: str) -> None:
    page, _ = player_of(opened, address, f"book/linux/{name}.html", 0)
    for player in page.locator("packet-walk").all():
        drawn(player, ".controls")
        assert 1 <= player.locator(".rest :is(select, input)").count() <= 2
        assert not player.locator(".rest button").count()
