"""Give every row of a page's tables an address and a `#` that leads to it: what a table says can be pointed at."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from sphinx.application import Sphinx

BODY = re.compile(r"<tbody>.*?</tbody>", re.S)
ROW = re.compile(r"<tr(?P<attributes>[^>]*)>(?P<before>\s*<(?P<kind>t[dh])\b[^>]*>)(?P<cell>.*?)</(?P=kind)>", re.S)
TAG = re.compile(r"<[^>]*>")
ID = re.compile(r'\bid="([^"]*)"')
KNOWN = ("id=", "data-answer=")
"""Rows with an address or a link of their own are left as they are."""
LONGEST = 40


def with_addresses(body: str) -> str:
    """Return the body with an id and a link in each row that says something in its first cell."""
    taken = set(ID.findall(body))

    def mark(row: re.Match[str]) -> str:
        words = re.sub(r"[^a-z0-9.]+", "-", unescape(TAG.sub("", row["cell"])).lower()).strip("-.")[:LONGEST]
        if not words or any(known in row["attributes"] for known in KNOWN):
            return row[0]
        name = f"row-{words}"
        number = next(n for n in range(1, len(taken) + 2) if _numbered(name, n) not in taken)
        taken.add(_numbered(name, number))
        return (
            f'<tr{row["attributes"]} id="{_numbered(name, number)}">{row["before"]}{row["cell"]}'
            f'<a class="headerlink" href="#{_numbered(name, number)}" aria-label="Link to this row">#</a></{row["kind"]}>'
        )

    return BODY.sub(lambda found: ROW.sub(mark, found[0]), body)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name}-{number}"


def mark_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        context["body"] = with_addresses(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mark_page, priority=910)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
