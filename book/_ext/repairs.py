"""Mend the HTML that Sphinx, docutils and pandas write where it fails a reader."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

REPAIRS: tuple[tuple[re.Pattern[str], str], ...] = (
    # An empty header cell (pandas' corner) is announced as a header of nothing.
    (re.compile(r"<th(?: [^>]*)?>\s*(?:<p>\s*</p>)?\s*</th>"), "<td></td>"),
    # pandas styles its tables with a border attribute and a style element of its own.
    (re.compile(r"<style scoped>.*?</style>", re.S), ""),
    (re.compile(r'<table border="1" class="dataframe">'), '<table class="dataframe">'),
    # A landmark inside the main landmark: notes are notes.
    (re.compile(r'<aside class="footnote-list([^"]*)">(.*?)</aside>\n</aside>', re.S), r'<div class="footnote-list\1">\2</aside></div>'),
    (re.compile(r'<aside class="(margin|[^"]*sidebar)([^"]*)">(.*?)</aside>', re.S), r'<div role="note" class="\1\2">\3</div>'),
    # What may scroll must be reachable by keyboard; shell.js takes this back where nothing scrolls.
    (re.compile(r"<pre>"), '<pre tabindex="0">'),
    # The folded source of a cell is called what its words say.
    (re.compile(r'<summary aria-label="[^"]*">'), "<summary>"),
    # The link sign beside a heading: its name must say where it leads, and it is not read by screen readers twice.
    (re.compile(r'<a class="headerlink" href="(#[^"]*)" title="[^"]*">#</a>'), r'<a class="headerlink" href="\1" aria-label="Link to this section">#</a>'),
)
TABLE = re.compile(r"<table\b.*?</table>", re.S)
PLAYER_TAG = re.compile(r"<packet-walk\b([^>]*)>")


def mend(body: str, root: str) -> str:
    """Return the body with each repair made; `root` is the way from the page to the book's top."""
    for pattern, replacement in REPAIRS:
        body = pattern.sub(replacement, body)
    body = TABLE.sub(lambda found: f'<div class="table-scroll" tabindex="0">{found[0]}</div>', body)
    return PLAYER_TAG.sub(lambda found: f"<packet-walk{without_root(found[1])} data-root=\"{root}_static/walks/\">", body)


def without_root(attributes: str) -> str:
    return re.sub(r'\s+data-root="[^"]*"', "", attributes)


def mend_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        context["body"] = mend(context["body"], "../" * pagename.count("/"))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mend_page, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
