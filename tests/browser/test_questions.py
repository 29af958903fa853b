"""Every question of the book, answered wrong and right in a browser, by the means its kind has."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, expect

from tests.book.questions import notebooks, questions_of
from tests.browser.conftest import Emptied, Open

ASKING = [name for name in notebooks() if next(questions_of(name), None)]
WRONG, RIGHT, SHOWN = (re.compile(rf"\b{word}\b") for word in ("wrong", "right", "shown"))


def give(form: Locator, part: dict, chosen: list[int]) -> None:
    """Choose these options and no other, in this order; a question is built when the page is idle."""
    expect(form.locator(".options").locator("button, input")).to_have_count(len(part["options"]))
    if part["kind"] == "order":
        for pressed in form.locator('button[aria-pressed="true"]').all()[::-1]:
            pressed.click()
        for index in chosen:
            form.locator(".options button").nth(index).click()
        return
    inputs = form.locator(".options input")
    for index in range(inputs.count()):
        if inputs.nth(index).get_attribute("type") == "checkbox":
            inputs.nth(index).set_checked(index in chosen)
        elif index in chosen:
            inputs.nth(index).check()


def wrong_choice(part: dict) -> list[int]:
    """Return a choice that is not right: something false, half of what is true, or another order."""
    options, right = range(len(part["options"])), part["right"]
    if part["kind"] == "order":
        return list(options) if list(options) != right else list(options)[::-1]
    false = [index for index in options if index not in right and index not in part.get("also", ())]
    return false[:1] or right[:1]


def answer(form: Locator, part: dict, rightly: bool) -> None:
    if part["kind"] == "number":
        form.locator("input").fill(str(part["right"] if rightly else part["right"] + 1))
    else:
        give(form, part, part["right"] if rightly else wrong_choice(part))
    form.get_by_role("button", name="Answer", exact=True).click()


@pytest.mark.parametrize("name", ASKING)
def test_each_question_takes_a_wrong_and_a_right_answer(address: str, emptied: Emptied, name: str) -> None:
    page, noise = emptied(reduced_motion="reduce")
    page.goto(f"{address}/{name}.html")
    asks = page.locator("walk-ask")
    expect(asks).to_have_count(len({question.box for question in questions_of(name)}))
    for ask in asks.all():
        parts = json.loads(ask.locator("script").first.text_content() or "[]")
        prose = ask.locator("xpath=..").locator("> details.answer")
        for index, part in enumerate(parts):
            form = ask.locator("form").nth(index)
            said = form.locator(".said")
            answer(form, part, rightly=False)
            expect(said).to_have_class(WRONG)
            assert re.search(r"Step \d+, |No walk shows this; |In the timeline, ", said.inner_text()), "what refutes it is not named"
            for equal in part.get("also") or ():
                give(form, part, [equal])
                form.get_by_role("button", name="Answer", exact=True).click()
                expect(said).to_have_class(RIGHT)
            answer(form, part, rightly=True)
            expect(said).to_have_class(RIGHT)
        if prose.count():
            expect(prose.first).to_be_visible()
    assert noise == []


@pytest.mark.parametrize("width", [360, 1280])
def test_the_end_of_a_walk_is_told_after_a_guess(address: str, opened: Open, width: int) -> None:
    page = opened(width).new_page()
    page.goto(f"{address}/book/flannel/index.html")
    player = page.locator("packet-walk").first
    expect(player.locator(".controls")).to_be_visible()
    expect(player.locator(".verdict")).to_have_count(0)
    assert "148" not in player.locator(".pw").inner_text()
    expect(player.locator(".row")).to_have_count(1)
    form = page.locator("walk-ask form").first
    form.locator("input").fill("63")
    form.get_by_role("button", name="Answer", exact=True).click()
    expect(form.locator(".said")).to_have_class(WRONG)
    expect(player.locator(".verdict")).to_have_text("delivered")
    form.get_by_role("button", name="See it in the walk").click()
    expect(player.locator("[aria-current=step]")).to_contain_text("forward")
    expect(player.locator(".stage")).to_be_in_viewport()
    page.go_back()
    expect(form).to_be_in_viewport()


def test_the_end_of_a_walk_is_told_after_it_was_played_or_shown(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(f"{address}/book/flannel/index.html")
    player = page.locator("packet-walk").first
    slider = player.locator('input[aria-label="Step"]')
    slider.focus()
    expect(player.locator(".verdict")).to_have_count(0)
    page.keyboard.press("End")
    expect(player.locator(".verdict")).to_be_visible()
    page.reload()
    player.get_by_role("button", name="show me").click()
    expect(player.locator(".verdict")).to_be_visible()


def test_a_place_is_pressed_in_the_picture(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(f"{address}/book/calico/policies.html")
    player = page.locator("packet-walk").first
    player.locator(".station", has_text="IP layer").last.click()
    form = page.locator("walk-ask form").first
    expect(form.locator("input:checked")).to_have_count(1)
    form.get_by_role("button", name="Answer", exact=True).click()
    expect(form.locator(".said")).to_have_class(RIGHT)


def test_answers_are_kept_in_this_browser_and_forgotten_on_demand(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(f"{address}/book/flannel/index.html")
    form = page.locator("walk-ask form").first
    form.get_by_role("button", name="Show me").click()
    expect(form.locator(".said")).to_have_class(SHOWN)
    page.locator(".turn").scroll_into_view_if_needed()
    page.reload()
    expect(form.locator(".said")).to_have_class(SHOWN)
    page.goto(f"{address}/book/questions.html")
    expect(page.locator(".progress p")).to_contain_text("1 pages read to their end")
    expect(page.locator('tr[data-verdict="shown"]')).to_have_count(1)
    expect(page.locator(".toc a.read")).to_have_count(1)
    page.locator(".progress button").click()
    expect(page.locator('tr[data-verdict="shown"]')).to_have_count(0)
    expect(page.locator(".toc a.read")).to_have_count(0)
    page.goto(f"{address}/book/flannel/index.html")
    expect(form.locator(".said")).to_be_empty()
    page.goto(f"{address}/book/questions.html")
    page.locator("tr[data-answer] a").first.click()
    expect(page.locator(".admonition:target walk-ask")).to_be_attached()


def test_a_question_is_answered_by_keyboard(address: str, opened: Open) -> None:
    page = opened().new_page()
    page.goto(f"{address}/book/calico/policies.html")
    form = page.locator("walk-ask form").first
    form.locator("input").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(form.locator(".said")).to_have_class(WRONG)


def test_without_a_script_answers_are_folded(address: str, emptied: Emptied) -> None:
    page, _ = emptied(java_script_enabled=False)
    page.goto(f"{address}/book/flannel/index.html")
    for box in page.locator(".predict, .check").all():
        folded = box.locator("details.answer")
        expect(folded).to_have_count(1)
        folded.locator("summary").click()
        expect(folded.locator("p, li").first).to_be_visible()
