"""What a reader takes along: a capture that has packets, a snippet that plays elsewhere, answers on paper."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.browser.conftest import Emptied


def test_a_capture_is_handed_out(address: str, emptied: Emptied) -> None:
    page, noise = emptied()
    page.goto(f"{address}/book/flannel/vxlan.html")
    player = page.locator("packet-walk").first
    with page.expect_download() as saved:
        player.get_by_role("button", name="pcapng").click()
    assert saved.value.suggested_filename == "flannel-vxlan-cross-node-walk.pcapng"
    expect(player.locator("footer .note")).to_have_text(re.compile(r"^\d+ packets saved$"))
    assert noise == []


def test_an_empty_capture_is_not_handed_out_and_says_why(address: str, emptied: Emptied) -> None:
    """In a netns that has only lo, the first walk of the page, nothing ever crosses a device."""
    page, noise = emptied()
    downloads: list[str] = []
    page.on("download", lambda download: downloads.append(download.suggested_filename))
    page.goto(f"{address}/book/linux/index.html")
    player = page.locator("packet-walk").first
    player.get_by_role("button", name="pcapng").click()
    expect(player.locator("footer .note")).to_have_text(
        "no packet crosses a device here: there is nothing to save"
    )
    assert player.locator("footer.take select").count() == 0
    page.wait_for_timeout(200)
    assert downloads == [] and noise == []


def test_the_embed_snippet_plays_in_another_page(address: str, emptied: Emptied) -> None:
    page, noise = emptied()
    page.goto(f"{address}/book/flannel/vxlan.html")
    player = page.locator("packet-walk").first
    player.get_by_role("button", name="embed").click()
    snippet = player.get_by_role("textbox", name="Embed snippet").input_value()
    page.set_content(f"<!doctype html><title>Elsewhere</title>{snippet}")
    slider = page.locator('packet-walk input[type="range"][aria-label="Step"]')
    slider.wait_for()
    assert float(slider.get_attribute("max") or 0) > 10
    assert noise == []


def test_answers_are_open_on_paper(address: str, emptied: Emptied) -> None:
    page, _ = emptied()
    page.goto(f"{address}/book/flannel/vxlan.html")
    answer = page.locator("details.answer > :not(summary)").first
    assert not answer.is_visible()
    page.emulate_media(media="print")
    expect(answer).to_be_visible()
    assert page.locator("details.answer").first.evaluate(
        "box => box.offsetHeight > box.querySelector('summary').offsetHeight + 20"
    )
