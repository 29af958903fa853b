"""Make a deck of slides of each file in `book/teach/slides`: it names pages' walks, questions and labs; their words are the pages'.

A deck is `slides/NAME.html` of the site, its engine (reveal.js with the walk's player for a room) beside it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

import yaml
from built import Asked, NotThere, page, player_html, said
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from together import together
from walks import SCRIPTS, script_name

DECKS = Path(__file__).parents[1] / "teach" / "slides"
FOLDER = "slides"
KINDS = ("say", "walk", "ask", "lab")
WITH = {"say": ("title",), "walk": ("say", "note"), "ask": ("note",), "lab": ("steps", "note")}
KEYS = (
    "Space or → goes on, to the next decision of a walk, then to the next slide; ← goes back. n and p: next and previous "
    "slide. ↓ and ↑: one step. d: dark or light. f: full screen. s: notes in a window of their own."
)
THEME = (
    '(d=>{let m="auto";try{m=localStorage.getItem("mode")||m}catch{}d.dataset.theme=m=="auto"?'
    'matchMedia("(prefers-color-scheme: dark)").matches?"dark":"light":m})(document.documentElement)'
)


def decks() -> dict[str, dict[str, Any]]:
    """Return what each deck's file says, by its name."""
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted(DECKS.glob("*.yaml"))}


def slides_of(site: Path, deck: dict[str, Any]) -> list[str]:
    """Return the slides of a deck as HTML; ExtensionError names the slide that a page cannot fill."""
    made = []
    for number, slide in enumerate(deck["slides"], 1):
        kind = next((each for each in reversed(KINDS) if each in slide), None)
        strange = set(slide) - {kind, *WITH.get(kind or "", ())}
        if kind is None or strange:
            what = f"has {', '.join(map(str, strange))}" if kind else "says nothing"
            raise ExtensionError(f"slide {number} of {deck['title']!r} {what}; valid: {', '.join(KINDS)} and {WITH}")
        try:
            made.append(MAKERS[kind](site, slide))
        except NotThere as error:
            raise ExtensionError(f"slide {number} of {deck['title']!r}: {error}") from error
    return made


def _said(site: Path, slide: dict[str, Any]) -> str:
    return f'<section class="said"><h2>{escape(slide.get("title", ""))}</h2><p>{escape(slide["say"])}</p></section>'


def _walk(site: Path, slide: dict[str, Any]) -> str:
    name, number = place(slide["walk"])
    of = page(site, name)
    title, anchor = of.heading(number)
    words = escape(slide["say"]) if "say" in slide else said(of.sentence(number))
    link = f"../{name}.html#{anchor}" if anchor else f"../{name}.html"
    player = player_html(of.player(number), of.walk(number))
    return (
        f'<section class="walk"><h2><a href="{link}">{escape(title)}</a></h2><p>{words}</p>{player}{_note(slide)}</section>'
    )


def _ask(site: Path, slide: dict[str, Any]) -> str:
    name, number = place(slide["ask"])
    of = page(site, name)
    asked = of.box(number)
    return (
        f'<section class="ask"><h2><a href="../{name}.html#ask-{number}">{escape(of.title)}: what do you say?</a></h2>'
        f"{said(asked.words)}{question(asked)}{_answers(asked)}{_note(slide)}</section>"
    )


def question(asked: Asked) -> str:
    """Return what a box asks, with what it offers, as HTML."""
    found = []
    for part in asked.parts:
        if part.kind == "line":
            lines = "\n".join(escape(each) for each in part.options)
            found.append(f"<p><b>{escape(part.label)}</b></p><pre>{escape(part.heading)}\n{lines}</pre>")
        elif part.options:
            offered = "".join(f"<li>{escape(each)}</li>" for each in part.options)
            found.append(f"<p><b>{escape(part.label)}</b></p><ul>{offered}</ul>")
        else:
            found.append(f"<p><b>{escape(part.label)}</b> … {escape(part.unit)}</p>")
    return "".join(found)


def _answers(asked: Asked) -> str:
    told = "".join(f"<p><b>{part.answer}</b> {said(part.proof)}</p>" for part in asked.parts)
    return f'<div class="fragment">{told}</div>'


def _lab(site: Path, slide: dict[str, Any]) -> str:
    of = page(site, slide["lab"])
    first, _, last = str(slide.get("steps", "")).partition("-")
    wanted = range(int(first or 1), int(last or first or max(of.steps)) + 1)
    if missing := [each for each in wanted if each not in of.steps]:
        raise NotThere(f"{of.name} has steps {min(of.steps)} to {max(of.steps)}, not {missing[0]}")
    steps = "".join(f"<li>{escape(of.steps[each])}</li>" for each in wanted)
    return (
        f'<section class="ask"><h2><a href="../{of.name}.html">{escape(of.title)}</a></h2><ul>{steps}</ul>'
        f"<p><code>make labs LAB={of.name.split('/')[1]}</code></p>{_note(slide)}</section>"
    )


def place(text: str) -> tuple[str, int]:
    """Return page and number of ``book/flannel/index 2``; a page alone means its first."""
    name, _, number = str(text).partition(" ")
    return name, int(number or 1)


def _note(slide: dict[str, Any]) -> str:
    return f'<aside class="notes">{escape(slide["note"])}</aside>' if "note" in slide else ""


MAKERS: dict[str, Callable[[Path, dict[str, Any]], str]] = {"say": _said, "walk": _walk, "ask": _ask, "lab": _lab}


def document(title: str, lead: str, slides: list[str], style: str, engine: str) -> str:
    """Return a deck as a page of its own."""
    first = f'<section class="first"><h1>{escape(title)}</h1><p>{escape(lead)}</p><p>{escape(KEYS)}</p></section>'
    body = together(f'<div class="reveal"><div class="slides">{first}{"".join(slides)}</div></div>')
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · Packet Walk</title><meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="../_static/favicon.svg">
<link rel="stylesheet" href="../_static/{style}">
<script>{THEME}</script>
<script type="module" src="../_static/{script_name("player")}"></script>
<script type="module" src="{engine}"></script>
</head><body class="deck">{body}</body></html>
"""


def make(app: Sphinx, error: Exception | None) -> None:
    """Write every deck into the built site; after the pages have their last form."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    page.cache_clear()
    out = site / FOLDER
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    script = (SCRIPTS / "slides.js").read_bytes()
    engine = f"slides.{hashlib.sha256(script).hexdigest()[:8]}.js"
    (out / engine).write_bytes(script)
    style = next(path.name for path in (site / "_static").glob("book.*.css") if re.fullmatch(r"book\.\w{8}\.css", path.name))
    for name, deck in decks().items():
        text = document(deck["title"], deck["lead"], slides_of(site, deck), style, engine)
        (out / f"{name}.html").write_text(text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", make, priority=950)  # after the style sheet has its name (assets)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
