"""Walks under policies: the player names them, and offers no other packet and no other mode to compare with."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open, drawn


@pytest.mark.parametrize("width", [360, 1280])
def test_a_walk_names_its_policies(address: str, opened: Open, width: int) -> None:
    page = opened(width).new_page()
    page.goto(f"{address}/book/calico/policies.html")
    player = page.locator("packet-walk").filter(has_text="shop/db").first
    drawn(player, ".controls")
    expect(player.locator(".policies")).to_have_text("Policies: NetworkPolicy shop/db.")
    expect(player.locator(".verdict")).to_have_text("denied by policy")
    expect(player.locator("select", has_text="nothing broken")).to_have_count(0)
    expect(player.get_by_role("button", name="compare with")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_link_leads_to_a_step_of_a_walk_under_policies(address: str, opened: Open) -> None:
    page = opened(1280).new_page()
    page.goto(f"{address}/book/calico/policies.html")
    player = page.locator("packet-walk").filter(has_text="shop/db").first
    place = player.evaluate("e => [...document.querySelectorAll('packet-walk')].indexOf(e) + 1")
    page.goto(f"{address}/book/calico/policies.html#walk=calico/ipip//icmp/56/0/0/none/37&el={place}")
    page.reload()
    player = page.locator("packet-walk").nth(place - 1)
    expect(player.locator(".why")).to_contain_text("End of tier default")
    expect(player.locator(".policies")).to_contain_text("shop/db")
