"""What the search finds: prose, numbers, names as they are; and what it says a page is about."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open


def results(page: Page, address: str, words: str) -> list[tuple[str, str]]:
    """Return the address and the words of each result, best first."""
    page.goto(f"{address}/search.html?q={words}")
    expect(page.locator("#search-progress")).to_be_empty()
    page.wait_for_function("() => !document.querySelector('#search-results h2')?.textContent.includes('Searching')")
    page.wait_for_function("() => document.querySelector('#search-results .search-summary')")
    links = page.locator("#search-results li a").all()
    return [(link.get_attribute("href") or "", link.inner_text()) for link in links]


@pytest.mark.parametrize(
    ("words", "page_found"),
    [("8472", "book/flannel/vxlan.html"), ("1450", "book/flannel/mtu.html"), ("6784", "book/weave/")],
)
def test_numbers_are_found(address: str, opened: Open, words: str, page_found: str) -> None:
    found = results(opened().new_page(), address, words)
    assert [link for link, _ in found if link.startswith(page_found)], found


def test_ipvs_is_not_ipv4(address: str, opened: Open) -> None:
    page = opened().new_page()
    for link, _ in results(page, address, "ipvs"):
        page.goto(f"{address}/{link}")
        assert "ipvs" in (page.locator("article").text_content() or "").lower(), link


def test_steps_of_walks_are_no_prose(address: str, opened: Open) -> None:
    """A sentence of every walk, and of no text."""
    page = opened().new_page()
    page.goto(f"{address}/search.html?q=veth86f7e437")
    page.wait_for_function("() => document.querySelector('#search-results .search-summary')")
    links = [link.get_attribute("href") or "" for link in page.locator("#search-results li a").all()]
    assert not [link for link in links if link.endswith("flannel/index.html")], links


def test_a_result_names_its_plugin(address: str, opened: Open) -> None:
    named = [words for link, words in results(opened().new_page(), address, "what goes wrong") if "wrong" in link]
    assert {"What goes wrong · Flannel", "What goes wrong · Calico", "What goes wrong · Weave Net"} <= set(named)
