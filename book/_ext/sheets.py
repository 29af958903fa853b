"""Sheets for paper in `print/`: the book's questions by chapter with their answers on sheets of their own, a deck as a handout, the data paths.

Nothing is written here by hand: questions are those of the built pages, ways and sizes come out of walks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from built import CHAPTERS, Asked, Page, Part, page
from paper import layers, link, sheet, way
from slides import decks, place
from sphinx.application import Sphinx

from packetwalk import walk
from packetwalk.cni import plugin
from packetwalk.walks import report
from packetwalk.widgets.bundle import offer

FOLDER = "print"
REST = "beside"
LABS, SOLUTION = "labs", "/solution"
PATHS = (("flannel", "vxlan"), ("calico", "ipip"), ("weave", "fastdp"))
"""The data paths that have a cheat sheet: each plugin's as it is installed."""
WHO = '<p class="who"><span>Name</span><span>Date</span></p>'
WITHOUT = ("linux",)
"""Sheets that ask about small networks alone."""
DOING = "<p>For the table beside the keyboard: each is asked in the step that stands above it, before its commands are run.</p>"
BEFORE, AFTER = "Before the walks: what do you expect?", "After the walks: what did you see?"
COMPUTED = "Made with the book: every number and line is computed from the walk that the page shows."


def chapter_of(name: str) -> str:
    """Return the sheet on which a page's questions stand."""
    folder = name.split("/")[1] if name.startswith("book/") else LABS
    return folder if folder in (*CHAPTERS, LABS) else REST


TITLES = {**CHAPTERS, REST: "Symptoms, comparison and the rest", LABS: "Predictions of the labs"}


def asking(site: Path, names: list[str]) -> dict[str, list[Page]]:
    """Return the pages that ask, by their sheet, in the order of the book."""
    found: dict[str, list[Page]] = {name: [] for name in TITLES}
    for name in names:
        if not name.endswith(SOLUTION) and (of := page(site, name)).asked():
            found[chapter_of(name)].append(of)
    return {name: pages for name, pages in found.items() if pages}


def questions(pages: list[tuple[Page, list[Asked]]], answers: bool) -> str:
    """Return what pages ask, numbered through, or the answers under the same numbers.

    Predictions and checks are on sheets of their own: what is asked after a walk tells what it showed.
    """
    number, out = 0, []
    for title, predicts in ((BEFORE, True), (AFTER, False)):
        asked = [(of, [box for box in boxes if box.predicts == predicts]) for of, boxes in pages]
        if not any(boxes for _, boxes in asked):
            continue
        out.append(f'<section class="part"><h2>{title}</h2>')
        for of, boxes in asked:
            out += [f"<h3 class='page'>{escape(of.title)}</h3>"] if boxes else []
            for box in boxes:
                number += 1
                out.append(_box(number, box, answers))
        out.append("</section>")
    return "".join(out)


def _box(number: int, box: Asked, answers: bool) -> str:
    if answers:
        return f'<div class="box"><h4>{number}.</h4>{"".join(map(_answered, box.parts))}</div>'
    where = f'<p class="where">{escape(box.section)}</p>' if box.section else ""
    return f'<div class="box"><h4>{number}.</h4>{where}{box.words}{"".join(map(_open, box.parts))}</div>'


def machines() -> str:
    """Return the addresses of the cluster that all pages speak of, which a question takes for known."""
    networks = [(plugin(name).title, walk(name, mode, "cross-node").to_json(), walk(name, mode, "same-node").to_json()) for name, mode in PATHS]
    nodes = "".join(f" {place['netns']} {place['address']}," for place in networks[0][1]["topology"] if place["kind"] == "node")
    pods = "".join(
        f" {title}: " + ", ".join(f"{place['netns']} {place['address']}" for place in (*far["topology"], *near["topology"][-1:]) if place["kind"] == "pod") + ";"
        for title, far, near in networks
    )
    return f"<p class='known'><b>The cluster.</b> Nodes:{nodes[:-1]}. Pods, a and a2 on kind-worker, b on kind-worker2.{pods[:-1]}.</p>"


def _open(part: Part) -> str:
    label = f"<p><b>{escape(part.label)}</b>"
    if not part.options:
        return f'{label} <span class="blank"></span> {escape(part.unit)}</p>'
    heading = f"<p><code>{escape(part.heading)}</code></p>" if part.heading else ""
    offered = "".join(f"<li>{escape(each)}</li>" for each in part.options)
    return f'{label}</p>{heading}<ul class="{"order" if part.kind == "order" else "tick"}">{offered}</ul>'


def _answered(part: Part) -> str:
    also = f" (as right: {escape('; '.join(part.also))})" if part.also else ""
    return f"<p>{escape(part.label)} <b>{part.answer}</b>{also} {part.proof}</p>"


def handout(site: Path, deck: dict[str, Any]) -> str:
    """Return a deck on paper: its walks as tables, its questions to be filled in."""
    out, number = [f"<p>{escape(deck['lead'])}</p>", WHO], 0
    for slide in deck["slides"]:
        if "walk" in slide:
            name, at = place(slide["walk"])
            of = page(site, name)
            shown = next(iter(of.walk(at)["walks"].values()))
            words = escape(slide["say"]) if "say" in slide else of.sentence(at)
            out.append(f"<h2>{escape(shown['title'])}</h2><p>{words}</p>{layers(shown)}{way(shown)}")
        elif "ask" in slide:
            name, at = place(slide["ask"])
            box = page(site, name).box(at)
            number += 1
            out.append(f'<div class="box"><h4>Question {number}</h4>{box.words}{"".join(map(_open, box.parts))}</div>')
        elif "lab" in slide:
            of = page(site, slide["lab"])
            out.append(f"<h2>{escape(of.title)}</h2><p>Steps {escape(str(slide.get('steps', '')))}: <code>{of.name}.ipynb</code></p>")
        else:
            out.append(f"<h2>{escape(slide.get('title', ''))}</h2><p>{escape(slide['say'])}</p>")
    return "".join(out)


def deck_boxes(site: Path, deck: dict[str, Any]) -> list[tuple[Page, list[Asked]]]:
    """Return what a deck asks, by page, in its order."""
    asked = [(page(site, name), at) for name, at in (place(slide["ask"]) for slide in deck["slides"] if "ask" in slide)]
    return [(of, [of.box(at) for _, at in each]) for of, each in groupby(asked, key=lambda one: one[0])]


def cheat(name: str, mode: str) -> tuple[str, str]:
    """Return title and body of the sheet of one data path."""
    sent = walk(name, mode, "cross-node").to_json()
    of, sizes = offer(name, mode), report.mtu(name, mode).to_json()
    faults = "".join(f"<li>{escape(fault.title)} <code>{escape(fault.name)}</code></li>" for fault in of.faults)
    commands = dict.fromkeys(
        f"{table['command']}" for table in sent["tables"].values() if table["netns"].startswith("kind-worker")
    )
    body = (
        f"<p>{escape(sent['holds_for'])}. A ping of 56 bytes; what the pod did not send stands under a thick line.</p>{layers(sent)}"
        f"<p>{_mtu(sizes)}</p>{way(sent)}"
        f"<h2>Where to look on a node</h2><p>{' · '.join(f'<code>{escape(each)}</code>' for each in commands)}</p>"
        f"<h2>What breaks it</h2><ul class='two'>{faults}</ul>"
        f"<p><code>packetwalk walk {name} {mode} cross-node --fault NAME</code> shows each of them.</p>"
    )
    return sent["title"], body


def _mtu(sizes: dict[str, Any]) -> str:
    added = " + ".join(f"{name} {size}" for name, size in sizes["overhead"].items())
    free = sizes["underlay"] - sizes["overhead_total"] - sizes["pod_mtu"]
    less = f" ({free} less than would fit)" if free else ""
    return (
        f"On a network of {sizes['underlay']} bytes: {added} = {sizes['overhead_total']} bytes are added; the pods' MTU is "
        f"{sizes['pod_mtu']}{less}, the largest ping {sizes['largest_ping']}, the MSS of TCP {sizes['tcp_mss']}."
    )


def sheets(site: Path, names: list[str]) -> Iterator[tuple[str, str, str]]:
    """Yield name, title and body of every sheet."""
    known = machines()
    for name, pages in asking(site, names).items():
        boxes = [(of, of.asked()) for of in pages]
        head = WHO + (DOING if name == LABS else "") + ("" if name in WITHOUT else known)
        yield f"questions-{name}", f"Questions: {TITLES[name]}", head + questions(boxes, answers=False)
        yield f"questions-{name}-answers", f"Answers: {TITLES[name]}", questions(boxes, answers=True)
    for name, deck in decks().items():
        boxes = deck_boxes(site, deck)
        yield f"handout-{name}", deck["title"], handout(site, deck)
        head = WHO + ("" if name in WITHOUT else known)
        yield f"deck-{name}", f"Questions: {deck['title']}", head + questions(boxes, answers=False)
        yield f"deck-{name}-answers", f"Answers: {deck['title']}", questions(boxes, answers=True)
    for name, mode in PATHS:
        yield f"path-{name}-{mode}", *cheat(name, mode)


def make(app: Sphinx, error: Exception | None) -> None:
    """Write every sheet into the built site."""
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    out = site / FOLDER
    before = {path.name: path.read_text() for path in out.glob("*.html")}
    names = [str(Path(name).with_suffix("")) for name in app.env.external_site_map]  # type: ignore[attr-defined]
    made = {f"{name}.html": sheet(title, body, COMPUTED) for name, title, body in sheets(site, names)}
    for old in () if made == before else (out, site / "pdf"):  # PDFs are of sheets as they were
        shutil.rmtree(old, ignore_errors=True)
    out.mkdir(exist_ok=True)
    for name, text in made.items():
        (out / name).write_text(text)
    link(site)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", make, priority=960)  # of pages in their last form, as slides are
    return {"parallel_read_safe": True, "parallel_write_safe": True}
