"""What breaks in a player: chosen from its list, told in words, with room kept for them where a page opens broken."""

from __future__ import annotations

import pytest

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
    chosen = player.locator("label", has_text="break it:").locator("select")
    chosen.select_option(LOST.name)
    assert player.locator(".story").inner_text() == f"{LOST.title}. {LOST.story}"
    assert player.locator(".verdict").inner_text() == "dropped"
    chosen.select_option("")
    player.locator(".verdict", has_text="delivered").wait_for()
    assert player.locator(".story").count() == 0
