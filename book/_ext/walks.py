"""Ship the player to the pages that hold a `<packet-walk>`, and the walks their choices lead to."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PLAYER = Path(__file__).parents[2] / "packetwalk" / "widgets" / "static" / "player.js"
TAG = re.compile(r"<packet-walk\b([^>]*)>")
ATTRIBUTE = re.compile(r'(plugin|mode)="([\w.-]+)"')


def player_name() -> str:
    """Return the player's file name on the site: it changes with the player."""
    if not PLAYER.is_file():
        raise ExtensionError(f"{PLAYER} is missing: run `make player`")
    return f"player.{hashlib.sha256(PLAYER.read_bytes()).hexdigest()[:8]}.js"


def mark_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if TAG.search(context.get("body") or ""):
        context["player"] = player_name()


def pairs_on(pages: list[Path]) -> set[tuple[str, str]]:
    """Return every (plugin, mode) that some player on the pages names."""
    found = set()
    for page in pages:
        for tag in TAG.findall(page.read_text()):
            named = dict(ATTRIBUTE.findall(tag))
            if {"plugin", "mode"} <= named.keys():
                found.add((named["plugin"], named["mode"]))
    return found


def ship(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = [p for p in out.rglob("*.html") if static not in p.parents]
    if not any(TAG.search(page.read_text()) for page in pages):
        return
    for old in static.glob("player.*.js"):
        old.unlink()
    (static / player_name()).write_bytes(PLAYER.read_bytes())

    from packetwalk.widgets.bundle import write_choices

    for plugin, mode in sorted(pairs_on(pages)):
        write_choices(plugin, mode, static / "walks" / plugin / mode)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mark_page, priority=950)
    app.connect("build-finished", ship, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
