"""The player asks before it shows: any walk, answered wrong and right, with a score."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

ASKED = """ask => JSON.stringify(ask.answers[0].part)"""


@pytest.mark.parametrize("width", [360, 1280])
def test_the_player_asks_before_each_decision(address: str, opened: Open, axe: str, width: int) -> None:
    page = opened(width, bypass_csp=True, reduced_motion="reduce").new_page()
    page.goto(f"{address}/book/intro.html")
    player = page.locator("packet-walk")
    player.locator(".controls").wait_for()
    folded = player.locator(".choosing:not([open]) > summary")
    if folded.count():
        folded.click()
    player.get_by_role("button", name="guess each step").click()
    expect(player.locator(".summary")).to_have_text(re.compile("0 of\\s+0 decisions"))
    expect(player.locator(".verdict")).to_have_count(0)
    ask = player.locator("walk-ask")
    part = json.loads(ask.evaluate(ASKED))
    assert part["kind"] == "line"
    ask.locator("input").first.focus()
    page.keyboard.press("ArrowDown")  # another option, not another step
    expect(player.locator(".row")).to_have_count(1)
    wrong = next(at for at in range(len(part["options"])) if at not in part["right"])
    said = ask.locator(".said")
    for chosen, word in ((wrong, "Not so"), (part["right"][0], "Right")):
        ask.locator("input").nth(chosen).check()
        ask.get_by_role("button", name="Answer", exact=True).click()
        expect(said).to_contain_text(word)
        expect(said).to_contain_text("Step 2, a")
    expect(player.locator(".summary")).to_have_text(re.compile("0 of\\s+1 decisions"))
    page.evaluate(axe)
    found = page.evaluate(
        "axe.run(document.querySelector('packet-walk')).then(r => r.violations.map(v => v.id))"
    )
    assert found == []
    player.get_by_role("button", name="Step forward").click()
    expect(player.locator(".row")).to_have_count(2)
    player.get_by_role("button", name="Play", exact=True).click()
    expect(player.get_by_role("button", name="Play", exact=True)).to_be_visible()
    following = json.loads(ask.evaluate(ASKED))
    assert following["steps"][0]["at"] > 1
    ask.get_by_role("button", name="Show me").click()
    expect(said).to_contain_text(f"Step {following['steps'][0]['at'] + 1}, ")
    player.get_by_role("button", name="guess each step").click()
    expect(ask).to_have_count(0)
    expect(player.locator(".verdict")).to_have_text("delivered")
