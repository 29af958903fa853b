"""Every row of a page's tables can be pointed at: it has an address, and a link that leads there."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.site import chapters


@pytest.mark.parametrize("name", chapters())
def test_every_row_that_says_something_has_its_link(site: Path, name: str) -> None:
    page = BeautifulSoup((site / name).read_text(), "html.parser")
    ids = [tag["id"] for tag in page.select("[id]")]
    assert len(ids) == len(set(ids))
    for row in page.select("main table tbody tr"):
        first = row.find(["td", "th"])
        if not first or not any(letter.isalnum() for letter in first.get_text()) or row.get("data-answer"):
            continue
        link = first.select_one("a.headerlink")
        assert link, row.get_text()[:80]
        assert link["href"] == f"#{row['id']}" and link["aria-label"] == "Link to this row"


def test_what_a_link_says_is_what_the_row_says(site: Path) -> None:
    page = BeautifulSoup((site / "book" / "flannel" / "vxlan.html").read_text(), "html.parser")
    assert page.select_one("tr#row-udp-port").get_text().startswith("UDP port")
