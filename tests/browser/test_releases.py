"""An older release, chosen in a player: the walk is another, and comes back."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import Open


def test_an_older_release_is_chosen(address: str, opened: Open) -> None:
    page = opened(1280).new_page()
    page.goto(f"{address}/book/calico/index.html")
    player = page.locator("packet-walk").first
    player.locator(".controls").wait_for()
    broken = player.locator("label", has_text="break it:")
    expect(broken).to_have_count(1)
    chosen = player.locator("label", has_text="Release").locator("select")
    chosen.select_option("3.32")
    expect(player).to_contain_text("Calico v3.32.1")
    expect(broken).to_have_count(0)
    player.get_by_role("button", name="show me").click()
    expect(player.locator(".verdict")).to_have_text("delivered")
    chosen.select_option("")
    expect(player).to_contain_text("Calico v3.33")
    expect(broken).to_have_count(1)
