"""Slides: one key goes through a walk from decision to decision, and on; the way back; notes, colours; without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import ROOT
from tests.book.site import SITE
from tests.book.test_teach import DECKS
from tests.browser.conftest import Open, watch

DECK = "slides/ninety-minutes.html"
ASK, WALK = 2, 3  # places of slides, the first is 0
# The words of a step come before its picture is drawn, and both before they have their size.
INSIDE = """() => { const slide = document.querySelector("section.present"), all = slide.getBoundingClientRect();
    const words = slide.querySelector(".step-words");
    const picture = slide.querySelector("packet-walk")?.shadowRoot.querySelector(".ground")?.getBoundingClientRect();
    return words && picture && [all.bottom - words.getBoundingClientRect().bottom,
        picture.top - slide.querySelector("h2").getBoundingClientRect().bottom, all.right - picture.right,
        words.clientHeight - words.scrollHeight + 1].every(gap => gap >= 0); }"""
FITS = "(slide => slide.scrollHeight <= slide.clientHeight)(document.querySelector('section.present'))"


def at(page: Page, number: int) -> None:
    page.wait_for_function(f"document.querySelectorAll('.slides > section')[{number}].classList.contains('present')")


def test_one_key_goes_through_a_walk_and_to_the_next_slide(address: str, opened: Open) -> None:
    page = opened(1280, 720, reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/{DECK}#/{ASK}")
    answer = page.locator("section.present .fragment")
    expect(answer).to_have_css("opacity", "0")
    page.keyboard.press("Space")
    expect(answer).to_have_css("opacity", "1")
    page.keyboard.press("PageDown")
    at(page, WALK)
    slide = page.locator("section.present")
    place = slide.locator(".step-words .place")
    expect(place).to_contain_text("1/")
    page.wait_for_function(INSIDE)
    page.keyboard.press("Space")
    page.keyboard.press("Space")  # asked again while it plays: be there
    expect(slide.locator(".step-words h2")).to_have_text("Which way? The routing table decides")
    page.keyboard.press("ArrowDown")
    expect(place).to_contain_text("3/")
    page.keyboard.press("ArrowLeft")
    expect(place).to_contain_text("2/")
    page.keyboard.press("ArrowLeft")
    expect(place).to_contain_text("1/")
    page.keyboard.press("ArrowLeft")
    at(page, ASK)
    page.keyboard.press("n")
    at(page, WALK)
    page.evaluate("document.querySelector('section.present packet-walk').playback.go(999)")
    page.keyboard.press("ArrowRight")
    at(page, WALK + 1)
    page.keyboard.press("d")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert noise == []


@pytest.mark.parametrize("name", DECKS)
def test_every_slide_shows_all_of_itself(address: str, opened: Open, name: str) -> None:
    page = opened(1024, 768, reduced_motion="reduce").new_page()
    noise = watch(page)
    page.goto(f"{address}/slides/{name}.html")
    for number, slide in enumerate(DECKS[name]["slides"], 1):
        page.evaluate(f"location.hash = '#/{number}'")
        at(page, number)
        shown = page.locator("section.present")
        if "walk" not in slide:
            page.wait_for_function(FITS)
            continue
        shown.locator(".step-words h2").wait_for()
        page.wait_for_function(INSIDE)
    assert noise == []


def test_notes_have_a_window_of_their_own(address: str, opened: Open) -> None:
    context = opened()
    page = context.new_page()
    page.goto(f"{address}/{DECK}#/{ASK}")
    page.locator("section.present.ask").wait_for()
    with context.expect_page() as popup:
        page.keyboard.press("s")
    notes = DECKS["ninety-minutes"]["slides"][ASK - 1]["note"]
    expect(popup.value.locator("body")).to_contain_text(notes[:40])


def test_make_pdf_prints_sheets_and_the_page_leads_to_them(browser: Browser, tmp_path: Path) -> None:
    site = tmp_path / "html"
    for name in ("print/path-flannel-vxlan.html", "print/deck-linux.html", "book/teach/index.html"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SITE / name, site / name)
    (site / "_static").symlink_to(SITE / "_static")
    page = site / "book" / "teach" / "index.html"
    page.write_text(re.sub(r'<a href="../../pdf/([\w.-]+)">PDF</a>', r'<span hidden data-pdf="\1"></span>', page.read_text()))
    waiting = page.read_text().count("<span hidden data-pdf=")
    done = subprocess.run([sys.executable, "book/pdf.py", str(site)], cwd=ROOT, text=True, capture_output=True, check=True)
    assert done.stdout == f"2 PDFs in {tmp_path / 'pdf'}\n"
    made = {path.name: path.read_bytes() for path in (site / "pdf").iterdir()}
    assert {path.name: path.read_bytes() for path in (tmp_path / "pdf").iterdir()} == made
    assert made["path-flannel-vxlan.pdf"].startswith(b"%PDF")
    assert len(re.findall(rb"/Type /Page\b", made["path-flannel-vxlan.pdf"])) == 2  # both sides of one sheet
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "pdf"]
    assert page.read_text().count('href="../../pdf/path-flannel-vxlan.pdf">PDF</a>') == 1
    assert page.read_text().count("<span hidden data-pdf=") == waiting - 2 > 0
