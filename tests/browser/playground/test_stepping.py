"""A ruling's packet in the player: computed with the book where nobody edits, else by the same Python in the page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from packetwalk.walks.stepped.page import walked
from tests.browser.conftest import Open
from tests.browser.playground.desk import FIRST, OR, Desk
from tests.browser.test_pages import AXE_RUN, PAST_THE_EDGE

ASKED = ("calico", "TCP", 5432)


def player(desk: Desk, source: str, destination: str, *way: str) -> Locator:
    named = f"Calico {', '.join(way) or 'ipip'}: {source} -> {destination} TCP 5432"
    return desk.tool.get_by_role("region", name=named)


def step(desk: Desk) -> Locator:
    return desk.tool.get_by_role("button", name="Step this packet")


def knob(desk: Desk, name: str) -> Locator:
    return desk.tool.get_by_role("combobox", name=name, exact=True)


def expect_walk(desk: Desk, text: str, source: str, destination: str, *way: str) -> None:
    """The player has the walk that Python computes elsewhere, and each ruling the line that made it."""
    expect(player(desk, source, destination, *way)).to_be_visible()
    found = walked(text, *ASKED, source, destination, *way)
    assert desk.tool.locator("packet-walk").evaluate("player => player.current") == found["walk"]
    expect(desk.tool.locator(".made code")).to_have_text([each["line"] for each in found["made"]])


def test_a_recipes_packet_is_stepped_without_python_to_where_it_is_refused(untouched: Desk) -> None:
    step(untouched).focus()
    untouched.page.keyboard.press("Enter")
    expect_walk(untouched, FIRST.manifests, "shop/web", "shop/db")
    expect(step(untouched)).to_be_hidden()
    assert set(untouched.of_python()) == {"shared.json.gz", "one-peer.json.gz"}
    untouched.tool.locator(".made button").last.focus()
    untouched.page.keyboard.press("Enter")
    shown = player(untouched, "shop/web", "shop/db")
    made = walked(FIRST.manifests, *ASKED, "shop/web", "shop/db")["made"][-1]
    expect(shown.get_by_role("status").last).to_contain_text(f"Step {made['step'] + 1} of")
    expect(shown).to_contain_text("policy denies it")
    assert "-j DROP" in made["line"]
    assert shown.get_by_role("button", name="link to this step").count() == 0, "no address leads to it"
    assert untouched.noise == []


def test_an_open_player_follows_the_table_and_closes_with_another_text(untouched: Desk) -> None:
    step(untouched).click()
    expect_walk(untouched, FIRST.manifests, "shop/web", "shop/db")
    untouched.cell("ops/web", "shop/db").click()
    expect_walk(untouched, FIRST.manifests, "ops/web", "shop/db")
    untouched.tool.get_by_label("Recipe").select_option("two-peers")
    expect(step(untouched)).to_be_visible()
    assert untouched.tool.locator("packet-walk, .made").count() == 0


def test_what_was_edited_is_walked_by_python_as_elsewhere(desk: Desk) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    step(desk).click()
    expect_walk(desk, OR, "shop/web", "shop/db")
    desk.cell("shop/job", "shop/db").click()
    expect_walk(desk, OR, "shop/job", "shop/db")


def test_the_mode_and_the_form_of_the_rules_are_chosen_and_links_keep_them(desk: Desk, address: str, opened: Open) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    step(desk).click()
    expect_walk(desk, OR, "shop/web", "shop/db")
    mode, rules = knob(desk, "Mode"), knob(desk, "Rules")
    mode.select_option("wireguard")
    expect_walk(desk, OR, "shop/web", "shop/db", "wireguard")
    rules.select_option("nftables")
    expect_walk(desk, OR, "shop/web", "shop/db", "wireguard", "nftables")
    desk.tool.get_by_role("button", name="Copy a link").click()
    expect(desk.tool.locator(".said")).to_contain_text("The link is copied")
    other = Desk(opened().new_page(), address, desk.page.evaluate("location.hash"))
    other.expect_matrix(OR)
    expect(knob(other, "Mode")).to_have_value("wireguard")
    step(other).click()
    expect_walk(other, OR, "shop/web", "shop/db", "wireguard", "nftables")
    desk.tool.get_by_label("Enforced by").select_option("weave")
    expect(mode).to_have_value("fastdp")
    expect(rules).to_be_hidden()
    desk.tool.get_by_label("Enforced by").select_option("calico")
    expect(mode).to_have_value("ipip")
    expect(rules).to_have_value("iptables")


def test_a_link_to_a_recipe_names_a_mode_where_it_is_not_the_usual_one(untouched: Desk) -> None:
    knob(untouched, "Mode").select_option("bgp")
    untouched.tool.get_by_role("button", name="Copy a link").click()
    untouched.page.wait_for_function("location.hash === '#recipe=one-peer/calico/bgp/iptables'")
    untouched.page.reload()
    expect(knob(untouched, "Mode")).to_have_value("bgp")
    knob(untouched, "Mode").select_option("ipip")
    untouched.page.wait_for_function("location.hash === '#recipe=one-peer/calico'")
    assert untouched.of_python() == [] and untouched.noise == []


def test_pods_that_have_no_place_are_told_in_a_sentence(desk: Desk) -> None:
    twice = FIRST.manifests.replace("podIP: 10.244.1.3", "podIP: 10.244.1.2")
    desk.write(twice)
    desk.expect_matrix(twice)
    step(desk).click()
    expect(desk.tool.locator(".stepping")).to_have_text("Two pods have the same address.")
    assert desk.tool.locator("packet-walk").count() == 0
    desk.write(OR)
    desk.expect_matrix(OR)
    expect(desk.tool.locator(".stepping")).to_have_text("")
    expect(step(desk)).to_be_visible()


def test_nothing_is_stepped_while_the_text_is_wrong(desk: Desk) -> None:
    desk.write(OR)
    desk.expect_matrix(OR)
    desk.write(OR.replace("ingress:", "inress:"))
    expect(desk.tool.locator(".wrong")).to_contain_text("Line 9")
    expect(step(desk)).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_stepped_packet_is_accessible_and_fits(untouched: Desk, axe: str, width: int) -> None:
    untouched.page.set_viewport_size({"width": width, "height": 800})
    step(untouched).click()
    expect(player(untouched, "shop/web", "shop/db")).to_be_visible()
    untouched.page.evaluate(axe)
    for scheme in ("light", "dark"):
        untouched.page.emulate_media(color_scheme=scheme)
        assert untouched.page.evaluate(AXE_RUN, {}) == [], scheme
        assert untouched.page.evaluate(PAST_THE_EDGE) <= 0, "something is wider than the page"
