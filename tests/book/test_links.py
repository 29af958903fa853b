"""Every link inside the book leads somewhere, also to its place on the page."""

from __future__ import annotations

from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.book.site import pages


class Page(HTMLParser):
    """The targets a page offers and the links it makes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.stories: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("id"):
            self.anchors.add(str(named["id"]))
        if tag == "packetwalk-stories":
            self.stories.update(str(named.get("names")).split())
        for name in ("href", "src"):
            if named.get(name):
                self.links.append(str(named[name]))


@cache
def page(path: Path) -> Page:
    return Page(path)

STEP = "walk="  # a step of a walk, which tests/book/test_prose.py looks up
STORY = "story="  # one of the stories that the page names


def broken(site: Path, name: str) -> list[str]:
    """Return the links of one page that lead to no file, or to no place in it."""
    found = []
    for link in page(site / name).links:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc or (not parts.path and parts.fragment.startswith(STEP)):
            continue
        if not parts.path and parts.fragment.startswith(STORY):
            if parts.fragment.removeprefix(STORY) not in page(site / name).stories:
                found.append(f"{link}: no such story on this page")
            continue
        target = ((site / name).parent / unquote(parts.path)).resolve() if parts.path else site / name
        if not target.is_file():
            found.append(f"{link}: no such file")
        elif (
            parts.fragment
            and target.suffix == ".html"
            and unquote(parts.fragment) not in page(target).anchors
        ):
            found.append(f"{link}: no such place on that page")
    return found


@pytest.mark.parametrize("name", pages())
def test_links_lead_somewhere(site: Path, name: str) -> None:
    assert broken(site, name) == []


@pytest.mark.parametrize("name", pages())
def test_page_says_what_it_is(site: Path, name: str) -> None:
    text = (site / name).read_text()
    assert '<html lang="en"' in text
    assert '<meta name="description" content="' in text
    assert 'content=""' not in text
    assert text.count("<h1") == 1
