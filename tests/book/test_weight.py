"""What a page weighs before anything is asked for: the sums that readers on slow lines pay."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from tests.book.site import pages

BYTES = 160_000  # everything a page loads, compressed; the heaviest has five walks
TIMELINE = 30 * 1024  # what a timeline, or two on one clock, costs a page when it comes near
FILES = 12
WHOLE = 15_000_000  # the built site: what a static host stores and a reader takes along
PYTHON = 15_000_000  # what only those load who edit in the playground
APART = {"_static/playground": PYTHON, "slides": 1_500_000, "print": 800_000, "pdf": 15_000_000}
"""Folders that no page loads by itself, and the most that each may weigh; tests/book/test_labs_in_page.py weighs `lite`."""
LOADED = re.compile(r'<(?:script|link)\b[^>]*?(?:src|href)="([^"]+)"[^>]*>')
FONT = re.compile(r"url\((fonts/[^)]+)\)")
NOT_LOADED = ('rel="prev"', 'rel="next"')


def files_of(site: Path, name: str) -> set[Path]:
    """Return all files that a page may load: itself, scripts, style sheet, icon and every font."""
    text = (site / name).read_text()
    found = {site / name}
    for tag in LOADED.finditer(text):
        if not any(mark in tag[0] for mark in NOT_LOADED):
            found.add(((site / name).parent / tag[1]).resolve())
    for style in [path for path in found if path.suffix == ".css"]:
        found |= {style.parent / font for font in FONT.findall(style.read_text())}
    return found


def weight(path: Path) -> int:
    """Return the bytes on the wire: fonts come compressed already."""
    return path.stat().st_size if path.suffix == ".woff2" else len(gzip.compress(path.read_bytes(), 6))


@pytest.mark.parametrize("name", [name for name in pages() if name != "search.html"])
def test_page_is_light(site: Path, name: str) -> None:
    files = files_of(site, name)
    heavy = {path.name: weight(path) for path in sorted(files, key=weight, reverse=True)}
    assert len(files) <= FILES, heavy
    assert sum(heavy.values()) <= BYTES, heavy


@pytest.mark.parametrize("name", pages())
def test_the_script_of_timelines_is_loaded_when_one_comes_near(site: Path, name: str) -> None:
    """Each timeline names it, and no page loads it before (book/_static/shell.js)."""
    text = (site / name).read_text()
    tags = re.findall(r"<packetwalk-timeline\b[^>]*>", text)
    scripts = {found for tag in tags for found in re.findall(r'data-script="([^"]+)"', tag)}
    assert len(scripts) == bool(tags)
    assert all(((site / name).parent / script).is_file() for script in scripts)
    assert not re.search(r'<script[^>]*src="[^"]*timeline', text)
    if len(tags) == 1:
        told = [site / name, *re.findall(r'data-stories="([^"]+)"', tags[0])]
        brought = [told[0].parent / each for each in (*scripts, *told[1:])]
        assert sum(each.stat().st_size if each.suffix == ".gz" else weight(each) for each in brought) <= TIMELINE


@pytest.mark.parametrize("name", pages())
def test_page_names_no_other_host(site: Path, name: str) -> None:
    text = (site / name).read_text()
    assert not re.findall(r'<(?:script|img|iframe|source)\b[^>]*src="(?:https?:)?//', text)
    assert not re.findall(r'<link\b[^>]*href="(?:https?:)?//', text)


def test_the_whole_site_is_light(site: Path) -> None:
    sizes = {path.relative_to(site): path.stat().st_size for path in site.rglob("*") if path.is_file()}
    parts = {name: {path: size for path, size in sizes.items() if path.is_relative_to(name)} for name in APART}
    rest = {path: size for path, size in sizes.items() if path.parts[0] != "lite" and not any(path in each for each in parts.values())}
    for part, most in (*((parts[name], most) for name, most in APART.items()), (rest, WHOLE)):
        heaviest = sorted(part.items(), key=lambda each: -each[1])[:10]
        assert sum(part.values()) <= most, heaviest


def test_a_notebook_to_download_keeps_the_text_of_its_walks_and_no_player(site: Path) -> None:
    notebook = (site / "_sources" / "book" / "flannel" / "vxlan.ipynb").read_text()
    assert "<packet-walk" not in notebook
    outputs = [o for cell in json.loads(notebook)["cells"] for o in cell.get("outputs", ())]
    texts = ["".join(o["data"]["text/plain"]) for o in outputs if "text/plain" in o.get("data", {})]
    shown = [text for text in texts if "\n\nrequest: " in text]
    assert shown and all(text.endswith("run the cell") and "\n\nreply: " not in text for text in shown)
