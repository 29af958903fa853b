"""Ship the player to the pages that hold a `<packet-walk>` or ask, tools to those that have one, and walks to choose.

A timeline names its script, which the page loads when one comes near (book/_static/shell.js); that script takes from
the player what both need.

Every mode is shipped, on a page or not: a reader may compare any with any.

The walks of a mode take seconds to make, so they are kept beside the built book until the package
changes, and several modes are made at once.
"""

from __future__ import annotations

import gc
import hashlib
import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from compressed import compressed
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from packetwalk.proof.results import MATRIX
from packetwalk.widgets.bundle import modes, write_choices, write_index

PACKAGE = Path(__file__).parents[2] / "packetwalk"
SCRIPTS = PACKAGE / "widgets" / "static"
LASTING = ("player", "present")
"""Scripts with an address that outlasts the next build: an embed snippet names the first
(player/src/export/embed.js), a page that is shown to a room asks for the second (book/_static/shell.js)."""
TAG = re.compile(r"<packet-walk\b([^>]*)>")
ASKS = "<walk-ask>"
TOOL = re.compile(r"<walk-(?:mtu|choose)>")
TIMELINE = "<packetwalk-timeline"
BESIDE = "timeline-beside"
SHIPPED = ("player", "tools", BESIDE, "present")
RECORDED = re.compile(r'\brecorded="1"')
ATTRIBUTE = re.compile(r'(plugin|mode)="([\w.-]+)"')


def script_name(script: str) -> str:
    """Return a script's file name on the site, which changes with the script: one of `SHIPPED`."""
    return f"{script}.{hashlib.sha256(shipped(script).encode()).hexdigest()[:8]}.js"


def shipped(script: str) -> str:
    """Return a script as it is on the site: what it takes from the player, it takes from the one that is there."""
    path = SCRIPTS / f"{script}.js"
    if not path.is_file():
        raise ExtensionError(f"{path} is missing: run `make player`")
    text = path.read_text()
    return text.replace('"./player.js"', f'"./{script_name("player")}"') if script == BESIDE else text


def mark_page(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    body = context.get("body") or ""
    needed = {"player": TAG.search(body) or ASKS in body, "tools": TOOL.search(body)}
    if TIMELINE in body:  # it loads the player when a packet is sent
        static = f"{'../' * pagename.count('/')}_static"
        scripts = " ".join(
            f'data-{name}="{static}/{script_name(script)}"'
            for name, script in (("player", "player"), ("script", BESIDE))
        )
        context["body"] = body.replace(TIMELINE, f"{TIMELINE} {scripts}")
    context["walks"] = bool(TAG.search(body))
    context["modules"] = [script_name(script) for script, found in needed.items() if found]


def pairs_on(pages: list[Path]) -> set[tuple[str, str]]:
    """Return every (plugin, mode) that some player on the pages names, but for recordings: they offer no choice."""
    found = set()
    for page in pages:
        for tag in TAG.findall(page.read_text()):
            named = dict(ATTRIBUTE.findall(tag))
            if {"plugin", "mode"} <= named.keys() and not RECORDED.search(tag):
                found.add((named["plugin"], named["mode"]))
    return found


def package_version() -> str:
    """Return a name for the state of the package's sources."""
    sources = sorted([*PACKAGE.rglob("*.py"), MATRIX])
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]


def make(plugin: str, mode: str, folder: Path) -> None:
    """Write the walks of one mode into a folder, which appears only when all are there."""
    if folder.is_dir():
        return
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    write_choices(plugin, mode, unfinished, compressed)
    unfinished.rename(folder)


def ship(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = [page for page in out.rglob("*.html") if static not in page.parents]
    for old in (each for script in SHIPPED for each in static.glob(f"{script}.????????.js")):
        old.unlink()
    pairs = sorted(pairs_on(pages))
    if not pairs:
        return
    pairs = sorted({*pairs, *modes()})
    for script in SHIPPED:
        (static / script_name(script)).write_text(shipped(script))
    for script in LASTING:
        (static / f"{script}.js").write_text(f'import "./{script_name(script)}";\n')
    kept = Path(app.srcdir, "_build", ".walks") / package_version()
    for stale in kept.parent.glob("*"):
        if stale != kept:
            shutil.rmtree(stale)
    with ProcessPoolExecutor(initializer=gc.disable) as pool:  # walks hold no circles: nothing to collect
        made = [pool.submit(make, *pair, kept / pair[0] / pair[1]) for pair in pairs]
        for one in made:
            one.result()
    shutil.rmtree(static / "walks", ignore_errors=True)
    for plugin, mode in pairs:
        shutil.copytree(kept / plugin / mode, static / "walks" / plugin / mode)
    write_index(static / "walks")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", mark_page, priority=950)
    app.connect("build-finished", ship, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
