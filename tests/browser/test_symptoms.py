"""Who comes with a broken cluster finds the cause: by the words she would type, in a click or two."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open

FIRST = 2  # results; the one to click is nobody's guess
SYMPTOMS = {
    "same node": "symptom-same-node",
    "destination host unreachable": "symptom-unreachable-node",
    "unreachable from the pod": "symptom-unreachable-pod",
    "reached by nobody": "symptom-lonely-node",
    "some pods": "symptom-some-pods",
    "connection hangs": "symptom-hangs",
    "connection refused": "symptom-refused",
    "names slow": "symptom-names",
    "source address": "symptom-dot-zero",
    "containercreating": "symptom-creating",
    "firewall reloads": "symptom-reload",
}


@pytest.mark.parametrize("words", SYMPTOMS)
def test_the_words_of_a_symptom_lead_to_its_section(address: str, opened: Open, words: str) -> None:
    page = opened().new_page()
    page.goto(address)
    page.keyboard.press("/")
    page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?*")
    results = page.locator("#search-results li a")
    results.first.wait_for()
    expect(page.locator("#search-progress")).to_be_empty()
    found = [results.nth(index).get_attribute("href") or "" for index in range(min(FIRST, results.count()))]
    assert [link for link in found if "symptoms.html" in link], found


@pytest.mark.parametrize("section", SYMPTOMS.values())
def test_every_symptom_is_a_click_from_the_contents(address: str, opened: Open, section: str) -> None:
    page = opened().new_page()
    page.goto(address)
    page.locator("nav.contents").get_by_role("link", name="Symptoms", exact=True).click()
    page.wait_for_url("**/symptoms.html")
    page.locator(f'article table a[href="#{section}"]').click()
    expect(page.locator(f"#{section}")).to_be_attached()
    expect(page).to_have_url(f"{address}/book/symptoms.html#{section}")
