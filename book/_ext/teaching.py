"""What pages about teaching say of the rest of the book: what is asked and expected, how long it takes, what is shown and printed.

Roles: {room}`Flannel <book/flannel/index>` leads to a page's walks on the whole screen, {deck}`NAME` to a deck,
{sheet}`NAME` to a sheet and, once it is made, its PDF, {inpage}`in the browser <exam>` to a notebook of the labs in the page.
Directives: {expect} with a page and the number of its box tells
what is asked there and what is right; {timings} counts every page and lab. All of it is read from the notebooks.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from built import CHAPTERS, part
from docutils import nodes
from labs_in_page import address
from paper import PLACE
from slides import decks
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
TO_TOP = "../../"
"""From a page of book/teach to the top of the site."""
WORDS_A_MINUTE = 200
WALK_MINUTES, QUESTION_MINUTES = 3, 1
ASKS = re.compile(r'<walk-ask><script type="application/json">(.*?)</script>', re.S)
NOT_READ = re.compile(r"```.*?```|<[^>]+>|\]\([^)]*\)|\{[\w-]+\}", re.S)
WORD = re.compile(r"\w[\w.:/'-]*")
CHECK = re.compile(r"^check\(", re.M)
STATED = re.compile(r"About (\d+) minutes")
TITLED = re.compile(r"^(.*?)\s*<([^>]+)>$")


@dataclass(frozen=True)
class Counted:
    """What a page asks of a reader's time, counted."""

    title: str
    words: int
    walks: int
    asked: tuple[list[dict[str, Any]], ...]
    steps: int
    checks: int
    stated: int | None

    @property
    def questions(self) -> int:
        return sum(map(len, self.asked))

    @property
    def reading(self) -> int:
        """Minutes, rounded up."""
        return -(-self.words // WORDS_A_MINUTE)


@cache
def counted(name: str) -> Counted:
    """Count one notebook or Markdown page, by its path without an ending; FileNotFoundError."""
    path = ROOT / f"{name}.ipynb"
    if path.is_file():
        cells = json.loads(path.read_text())["cells"]
    else:
        cells = [{"cell_type": "markdown", "source": (ROOT / f"{name}.md").read_text()}]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    html = [
        "".join(output.get("data", {}).get("text/html", ""))
        for cell in cells
        for output in cell.get("outputs", ())
    ]
    title = next(line[2:] for line in text.splitlines() if line.startswith("# "))
    stated = STATED.search(text)
    return Counted(
        title,
        len(WORD.findall(NOT_READ.sub(" ", text))),
        sum(each.count("<packet-walk ") for each in html),
        tuple(json.loads(found[1].replace("\\u003c", "<")) for each in html if (found := ASKS.search(each))),
        len(re.findall(r"^## \d+\. ", text, re.M)),
        len(CHECK.findall(code)),
        int(stated[1]) if stated else None,
    )


def _link(href: str, words: str) -> nodes.raw:
    return nodes.raw("", f'<a href="{TO_TOP}{href}">{escape(words)}</a>', format="html")


class Room(SphinxRole):
    """A page's walks on the whole screen."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = TITLED.match(self.text)
        name = found[2] if found else self.text
        if name not in self.env.found_docs:
            raise self.severe(f"no page {name}")
        return [_link(f"{name}.html?present", found[1] if found else counted(name).title)], []

    def severe(self, what: str) -> Exception:
        return ValueError(f"{self.env.docname}:{self.lineno}: {what}")


class Deck(Room):
    """A deck of slides."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if self.text not in decks():
            raise self.severe(f"no deck {self.text}; valid: {', '.join(decks())}")
        return [_link(f"slides/{self.text}.html", decks()[self.text]["title"])], []


class Sheet(SphinxRole):
    """A sheet for paper: as a page, and as a PDF once there is one (book/pdf.py)."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = TITLED.match(self.text)
        words, name = (found[1], found[2]) if found else (self.text, self.text)
        place = nodes.raw("", PLACE.format(f'{name}.pdf'), format="html")
        return [_link(f"print/{name}.html", words), place], []


class InPage(SphinxRole):
    """A notebook that is done in the reader's browser; words alone where the book is built without."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        found = TITLED.match(self.text)
        words, name = (found[1], found[2]) if found else (self.text, self.text)
        there = address(name)
        return [nodes.reference("", words, refuri=there, internal=False) if there else nodes.Text(words)], []


class Expect(SphinxDirective):
    """What a box asks and what is right; below it, in our words, what is usually said instead."""

    required_arguments = 2
    has_content = True

    def run(self) -> list[nodes.Node]:
        name, number = self.arguments
        asked = counted(name).asked
        if not number.isdigit() or not 1 <= int(number) <= len(asked):
            raise self.error(f"{name} asks in boxes 1 to {len(asked)}, not in {number}")
        rows = "".join(
            f'<li><a href="{TO_TOP}{name}.html#ask-{number}">{escape(each.label)}</a> <b>{each.answer}</b></li>'
            for each in map(part, asked[int(number) - 1])
        )
        box = nodes.container(classes=["expect"])
        box += nodes.raw("", f"<p>Ask, and expect:</p><ul>{rows}</ul>", format="html")
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Timings(SphinxDirective):
    """Every page, or with the argument ``labs`` every lab, with what was counted of it, and minutes to plan with."""

    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        labs = bool(self.arguments)
        names = [str(Path(each).with_suffix("")) for each in self.env.external_site_map]  # type: ignore[attr-defined]
        wanted = [name for name in names if _is_timed(name, labs)]
        head = (
            ("Lab", "Steps", "Predictions", "Checks", "Words", "Minutes, planned")
            if labs
            else ("Page", "Words", "Minutes of reading", "Walks", "Questions", "Minutes in class, planned")
        )
        rows = "".join(_timed_lab(name) if labs else _timed(name) for name in wanted)
        heads = "".join(f"<th>{each}</th>" for each in head)
        html = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
        return [nodes.raw("", html, format="html")]


def _is_timed(name: str, labs: bool) -> bool:
    if name.startswith("labs/"):
        return labs and name.endswith("/lab")
    return not labs and not name.startswith("book/teach/") and counted(name).walks + counted(name).questions > 0


def _timed(name: str) -> str:
    of = counted(name)
    planned = of.reading + WALK_MINUTES * of.walks + QUESTION_MINUTES * of.questions
    chapter = CHAPTERS.get(name.split("/")[1], "")
    title = of.title if not chapter or chapter in of.title else f"{chapter}: {of.title}"
    return _row(name, title, of.words, of.reading, of.walks, of.questions, planned)


def _timed_lab(name: str) -> str:
    of = counted(name)
    return _row(name, of.title, of.steps, of.questions, of.checks, of.words, of.stated or "")


def _row(name: str, title: str, *cells: object) -> str:
    numbers = "".join(f"<td>{each}</td>" for each in cells)
    return f'<tr><td><a href="{TO_TOP}{name}.html">{escape(title)}</a></td>{numbers}</tr>'


def setup(app: Sphinx) -> dict[str, bool]:
    for name, role in (("room", Room()), ("deck", Deck()), ("sheet", Sheet()), ("inpage", InPage())):
        app.add_role(name, role)
    app.add_directive("expect", Expect)
    app.add_directive("timings", Timings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
