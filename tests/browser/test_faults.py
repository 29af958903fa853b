"""What breaks in a player: chosen from its list, told in words, with room kept for them where a page opens broken."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from packetwalk.cni import plugins
from tests.browser.conftest import Open

LOST = plugins()["flannel"].fault("missing-fdb")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_chosen_fault_is_told(address: str, opened: Open, width: int) -> None:
    page = opened(width).new_page()
    page.goto(f"{address}/book/flannel/vxlan.html")
    player = page.locator("packet-walk").first
    player.locator(".controls").wait_for()
    assert player.locator(".story").count() == 0
    folded = player.locator(".choosing:not([open]) > summary")
    if folded.count():  # on a phone
        folded.click()
    chosen = player.locator("label", has_text="break it:").locator("select")
    chosen.select_option(LOST.name)
    expect(player.locator(".story")).to_have_text(f"{LOST.title}. {LOST.story}")
    expect(player.locator(".verdict")).to_have_text("dropped")
    chosen.select_option("")
    expect(player.locator(".verdict")).to_have_text("delivered")
    expect(player.locator(".story")).to_have_count(0)
