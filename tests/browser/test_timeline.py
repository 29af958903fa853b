"""The timeline of control planes: by keyboard and by pointer, wide and narrow, with the packet of a moment."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Locator, Page, expect

from packetwalk.control.timeline import LineChange, ms
from packetwalk.widgets.story import ToldStory
from tests.browser.conftest import Open, drawn, watch

NAME = "book/calico/non-overlay.html"
KILLED = ToldStory("bird-killed").timeline
GONE = next(each for each in KILLED.of(LineChange) if not each.added)
WHEN = f"{GONE.at / 1_000_000:.6f}".rstrip("0") + " s"  # as the page writes it
EVIL = '<img src=x onerror="document.body.dataset.hit=1">'
HOSTILE = """text => { const old = document.querySelector("packetwalk-timeline"); const made = document.createElement(old.localName);
    const evil = JSON.parse(text); made.dataset.player = old.dataset.player; made.given = {stories: [evil]};
    old.replaceWith(made); made.scrollIntoView(); }"""
SIZES = "e => [e.scrollWidth, e.clientWidth]"
BUSY = """const Own = window.IntersectionObserver, held = new Map();
window.IntersectionObserver = class extends Own { constructor(tell, options) { super(entries => {
  const all = [...(held.get(this) ?? []), ...entries]; held.set(this, all);
  if (all.some(each => each.isIntersecting)) { held.delete(this); tell(all, this); } }, options); } };"""
"""A browser so busy that what it sees is told late: what has come near, together with that it was far."""


def timeline(page: Page, address: str, at: float | None = None) -> Locator:
    page.goto(f"{address}/{NAME}" + ("" if at is None else f"#moment={at}&el=bird-killed"))
    found = drawn(page.locator("packetwalk-timeline"), ".now")
    if at is None:
        found.get_by_role("button", name="show me").click()
    return found


@pytest.mark.parametrize("width", [1280, 360])
def test_what_comes_is_hidden_until_it_is_played_or_guessed(address: str, opened: Open, width: int) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    page.goto(f"{address}/{NAME}")
    found = drawn(page.locator("packetwalk-timeline"), ".veil")
    expect(found.locator(".veil")).to_have_count(2)
    for part in (".veil", ".cursor"):  # each goes across its picture, or hides and shows nothing
        whole, own = (found.locator(which).first.evaluate("e => [e.clientWidth, e.clientHeight]") for which in (".plot", part))
        assert max(own) > 200 and min(own) == 2 if part == ".cursor" else own == whole, part
    found.get_by_text("All that happens, as words").click()
    assert "BIRD deletes" not in found.locator('[data-story="0"]').inner_text()
    expect(found.locator(".events")).not_to_contain_text(f"{WHEN}")
    slider = found.get_by_role("slider", name="Time")
    slider.focus()
    page.keyboard.press("End")
    expect(found.locator(".veil")).to_have_count(0)
    expect(found.locator(".events")).to_contain_text(f"{WHEN}")
    expect(found.get_by_role("button", name="show me")).to_have_count(0)


def test_an_answer_opens_the_timeline_at_its_proof(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    page.goto(f"{address}/{NAME}")
    found = page.locator("packetwalk-timeline")
    expect(found).to_have_attribute("veiled", re.compile("^ask-"))
    box = page.locator(f"#{found.get_attribute('veiled')}")
    box.get_by_role("group", name="BIRD is killed (kill -9) and stays away:").get_by_label("at once").check()
    box.get_by_role("button", name="Answer").first.click()
    expect(box).to_contain_text("In the timeline, kind-worker at 120.000 s: BIRD deletes it")
    assert found.get_attribute("veiled") is None
    box.get_by_role("button", name="See it in the timeline").click()
    expect(found.locator(".when")).to_have_text(f"{WHEN}.")
    expect(found.locator(".scroller").first).to_be_in_viewport()


def test_it_is_drawn_when_a_busy_browser_tells_late_that_it_is_near(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    page.add_init_script(BUSY)
    page.goto(f"{address}/book/flannel/services-and-nat.html")
    found = page.locator("packetwalk-timeline").first
    found.evaluate("e => import(new URL(e.dataset.script, location.href))")
    assert not found.locator(".now").count()  # it is far below
    found.evaluate("e => e.scrollIntoView()")
    expect(found.locator(".now")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 360])
def test_from_change_to_change_by_keyboard(address: str, opened: Open, width: int) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    noise = watch(page)
    found = timeline(page, address)
    slider = found.get_by_role("slider", name="Time")
    slider.focus()
    changes = [0.0]
    while not (slider.get_attribute("aria-valuetext") or "").startswith("160 s"):
        page.keyboard.press("PageDown")
        changes.append(float((slider.get_attribute("aria-valuetext") or "").split(" ")[0]))
        assert len(changes) < 30
    assert changes == sorted(set(changes)) and GONE.at / 1_000_000 in changes
    page.keyboard.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("^0 s"))
    page.keyboard.press("ArrowRight")
    assert float(slider.input_value()) > 0
    page.keyboard.press("ArrowLeft")
    assert float(slider.input_value()) == 0
    assert noise == []


def test_a_play_stops_at_the_next_change(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    found = timeline(page, address, 30_000)
    found.get_by_label("Speed").select_option("0.5")
    found.get_by_label("Speed").select_option("1")
    found.get_by_role("button", name="Play").click()
    expect(found.get_by_role("button", name="Play")).to_be_visible()
    expect(found.locator(".when")).to_have_text(f"{WHEN}.")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_link_opens_a_moment_with_its_tables(address: str, opened: Open, width: int) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    found = timeline(page, address, ms(GONE.at))
    expect(found.locator(".when")).to_have_text(f"{WHEN}.")
    killed = found.get_by_role("region", name=KILLED.title)
    expect(killed.locator(".gone code")).to_have_text([str(GONE.entry)] * 2)
    assert page.evaluate("document.querySelector('packetwalk-timeline').getBoundingClientRect().top") < 100
    page.goto(f"{address}/{NAME}#moment=0&el=bird-killed")
    expect(found.locator(".when")).to_have_text("0 s.")
    expect(killed.locator(".gone")).to_have_count(0)


def test_a_packet_sent_now_meets_the_tables_of_now_and_follows_the_moments(
    address: str, opened: Open
) -> None:
    page = opened(reduced_motion="reduce").new_page()
    found = timeline(page, address, ms(GONE.at))
    killed = found.get_by_role("region", name=KILLED.title)
    killed.get_by_role("button", name="Send a packet now").click()
    walk = found.locator("packet-walk")
    expect(walk).to_contain_text("The request ends at router")
    found.get_by_role("button", name="Change before").click()
    expect(walk).to_contain_text("Delivered and answered")
    killed.get_by_role("button", name="Put the packet away").click()
    expect(walk).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 360])
def test_messages_are_gone_through_by_keys_and_say_what_they_say(
    address: str, opened: Open, width: int
) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    found = timeline(page, address)
    badges = found.locator('[data-story="1"] .badges button')
    expect(found.locator('[data-story="1"] .badges button[tabindex="0"]')).to_have_count(1)
    badges.first.focus()
    expect(found.locator(".looked[role=status]")).to_contain_text("NOTIFICATION")
    page.keyboard.press("ArrowRight")
    expect(badges.nth(1)).to_be_focused()
    badges.last.focus()
    page.keyboard.press("Enter")
    expect(found.locator(".when")).not_to_have_text("0 s.")


@pytest.mark.parametrize("width", [1280, 360])
def test_a_line_too_thin_for_words_says_them_when_it_is_pressed(
    address: str, opened: Open, width: int
) -> None:
    page = opened(width, reduced_motion="reduce").new_page()
    page.goto(f"{address}/book/flannel/in-time.html#moment=0&el=kube-proxy-flushed")
    found = page.locator("packetwalk-timeline#kube-proxy-flushed")
    found.locator(".now").wait_for()
    bar = found.locator('[data-story="0"] .bar').last
    assert bar.inner_text() == ""
    said = (bar.get_attribute("title") or "").partition(", by ")[0]
    bar.dispatch_event("pointerdown", {"button": 0, "buttons": 1, "clientX": 300, "clientY": 300})
    expect(found.locator(".looked[role=status]")).to_contain_text(said)
    fold = found.locator('[data-story="0"]').get_by_role("button", name=re.compile("(read|fold) [0-9]+ lines"))
    if width < 620:
        expect(fold).to_have_count(0)
        return
    told = found.locator('[data-story="0"] .bar', has_text="-A KUBE-SERVICES")
    expect(told).to_have_count(0)
    for expanded in ("true", "false"):
        for k in range(fold.count()):
            fold.nth(k).focus()
            page.keyboard.press("Enter")
            expect(fold.nth(k)).to_have_attribute("aria-expanded", expanded)
        assert (told.count() > 0) == (expanded == "true")


@pytest.mark.parametrize("chapter", ["flannel", "weave", "calico"])
def test_the_story_that_opens_a_chapter_is_hidden_until_it_is_guessed(
    address: str, opened: Open, chapter: str
) -> None:
    page = opened(reduced_motion="reduce").new_page()
    page.goto(f"{address}/book/{chapter}/in-time.html")
    found = page.locator("packetwalk-timeline").first
    expect(found).to_have_attribute("veiled", re.compile("^ask-"))


def test_all_that_happens_is_listed_as_words_and_leads_there(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    found = timeline(page, address)
    found.get_by_text("All that happens, as words").click()
    when = found.locator(".events li", has_text="BIRD deletes").nth(1)
    said = when.get_by_role("button").inner_text()
    when.get_by_role("button").click()
    expect(found.locator(".when")).to_have_text(f"{said}.")
    expect(when).to_have_attribute("aria-current", "true")


@pytest.mark.parametrize("width", [1280, 700, 360])
def test_it_fits_and_is_accessible_in_light_and_dark(
    address: str, opened: Open, axe: str, width: int
) -> None:
    for scheme in ("light", "dark"):
        page = opened(width, scheme=scheme, reduced_motion="reduce", bypass_csp=True).new_page()
        found = timeline(page, address, ms(GONE.at))
        found.get_by_text("All that happens, as words").click()
        found.locator(".events").wait_for()
        inner, room = page.locator("html").evaluate(SIZES)
        assert inner <= room
        page.evaluate(axe)
        wrong = page.evaluate("axe.run('packetwalk-timeline').then(r => r.violations.map(v => v.id))")
        assert wrong == [], scheme


def test_text_of_somebody_else_never_becomes_markup(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    timeline(page, address)
    told = ToldStory("bird-stopped").json()
    evil = json.loads(json.dumps(told).replace("kind-worker2", json.dumps(EVIL)[1:-1]))
    page.evaluate(HOSTILE, json.dumps(evil | {"title": EVIL}))
    found = page.locator("packetwalk-timeline")
    expect(found.get_by_role("heading", name=EVIL)).to_be_visible()
    for _ in range(3):
        found.get_by_role("button", name="Next change").click()
    found.get_by_text("All that happens, as words").click()
    found.locator(".badges button").first.focus()
    expect(found.locator(".events")).to_contain_text(EVIL)
    assert page.locator("packetwalk-timeline img").count() == 0
    assert page.evaluate("document.body.dataset.hit") is None


def test_what_is_no_story_is_refused_in_one_line(address: str, opened: Open) -> None:
    page = opened(reduced_motion="reduce").new_page()
    timeline(page, address)
    page.evaluate(HOSTILE, json.dumps({"version": 9}))
    alert = page.locator("packetwalk-timeline").get_by_role("alert")
    expect(alert).to_have_text("This timeline cannot be shown: it has version 9; this page reads version 1.")


def test_without_a_script_it_is_a_list(address: str, opened: Open) -> None:
    page = opened(java_script_enabled=False).new_page()
    page.goto(f"{address}/{NAME}")
    items = page.locator("packetwalk-timeline .walk-steps li")
    assert items.first.is_visible()
    assert any("kill -9 BIRD on kind-worker2" in each for each in items.all_inner_texts())
