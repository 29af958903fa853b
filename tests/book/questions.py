"""The questions of the book, as its notebooks hold them, and the page that lists them all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import escape
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from sphinx_external_toc.parsing import parse_toc_yaml

from tests import ROOT

PAGE = ROOT / "book" / "questions.md"
DATA = re.compile(r'<walk-ask><script type="application/json">(.*?)</script>', re.S)
BOX = re.compile(r'^(?::{3,}\{|<div class=")(predict|check)\b', re.M)
PARTS = {"linux": "The Linux pieces", "flannel": "Flannel", "calico": "Calico", "weave": "Weave Net"}
UNLINKED = "a walk under policies, of another release or of a recording"
HEAD = """# All questions

What this book asks, where, and from which walk the right answer is computed. Nothing here is written by hand: the page is made from the notebooks, and each answer from the model.

<div class="progress" hidden><p></p><button type="button">Forget what I have read and answered</button></div>
"""


class Question(NamedTuple):
    """One thing that is asked: ``page`` and ``box`` (from 1) say where, ``walks`` from which it is computed.

    ``stated`` says whose lines answer where no walk does; ``shown`` is false where the box would only say "not so".
    """

    page: str
    box: int
    where: str
    kind: str
    label: str
    walks: tuple[str, ...]
    stated: tuple[str, ...]
    shown: bool
    code: str


def notebooks() -> list[str]:
    """Return the notebooks of the book and of its labs in the order of its contents, solutions left out."""
    names = [str(Path(name).with_suffix("")) for name in parse_toc_yaml(ROOT / "_toc.yml")]
    return [name for name in names if not name.endswith("/solution") and (ROOT / f"{name}.ipynb").is_file()]


def questions_of(name: str) -> Iterator[Question]:
    """Yield what a notebook asks, in its order."""
    cells = json.loads((ROOT / f"{name}.ipynb").read_text())["cells"]
    beside = (ROOT / name).with_name("predictions.py")
    code = beside.read_text() if beside.is_file() else ""
    box = 0
    for before, cell in pairwise(cells):
        html = "".join("".join(o.get("data", {}).get("text/html", "")) for o in cell.get("outputs", ()))
        found = DATA.search(html)
        if not found:
            continue
        box += 1
        where = BOX.findall("".join(before["source"]))[-1]
        for part in json.loads(found[1]):
            steps = part.get("steps", ())
            walks = dict.fromkeys(step.get("walk", UNLINKED) for step in steps if "at" in step)
            stated = dict.fromkeys(step["where"] for step in steps if "at" not in step)
            yield Question(
                name,
                box,
                where,
                part["kind"],
                part["label"],
                tuple(walks),
                tuple(stated),
                bool(steps),
                code or "".join(cell["source"]),
            )


def all_questions() -> list[Question]:
    """Return every question of the book, in the order of its pages."""
    return [question for name in notebooks() for question in questions_of(name)]


def page() -> str:
    """Return the page that lists all questions."""
    blocks = [HEAD]
    for name, of_page in groupby(all_questions(), key=lambda each: each.page):
        link = f"{name.removeprefix('book/')}.html" if name.startswith("book/") else f"../{name}.html"
        rows = "".join(_row(each, link) for each in of_page)
        title = _title(name)
        part = PARTS.get(name.split("/")[1], "")
        heading = title if not part or part in title else f"{part}: {title}"
        blocks.append(
            f"## {heading}\n\n```{{raw}} html\n<table><thead><tr><th>Question</th><th>Box</th><th>Kind</th>"
            f"<th>Computed from</th></tr></thead><tbody>{rows}</tbody></table>\n```\n"
        )
    return "\n".join(blocks)


def _row(question: Question, link: str) -> str:
    known = f"{question.page}.html#{question.label}"
    stated = f"no walk: {', '.join(question.stated)}" if question.stated else ""
    words = "; ".join(filter(None, [", ".join(map(_walk, question.walks)), stated]))
    return (
        f'\n<tr data-answer="{escape(known)}"><td><a href="{link}#ask-{question.box}">{escape(question.label)}</a></td>'
        f"<td>{question.where}</td><td>{question.kind}</td><td>{escape(words)}</td></tr>"
    )


def _walk(address: str) -> str:
    """Return a walk's address in words: only what is not as usual."""
    if address == UNLINKED:
        return address
    plugin, mode, scenario, proto, size, df, cold, fault = address.split("/")
    usual = proto == "tcp" or size == "56"
    extra = [
        proto if proto != "icmp" else "",
        "" if usual else f"{size} bytes",
        "DF" * int(df),
        "cold" * int(cold),
    ]
    broken = "" if fault == "none" else f"broken: {fault}"
    return " ".join(filter(None, [plugin, mode, scenario, *extra, broken]))


def _title(name: str) -> str:
    cells = json.loads((ROOT / f"{name}.ipynb").read_text())["cells"]
    return next(
        line[2:].strip() for line in "".join(cells[0]["source"]).splitlines() if line.startswith("# ")
    )
