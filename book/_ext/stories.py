"""Put what the timelines of a page tell into a file beside it, which is fetched when one of them is looked at.

In a notebook a timeline carries its stories itself.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from compressed import compressed
from sphinx.application import Sphinx

from packetwalk.control.stories import STORIES
from packetwalk.widgets.pack import pack
from packetwalk.widgets.story import ToldStory

FOLDER = "_static/stories"
CARRIED = re.compile(
    r'(<packetwalk-(?:timeline|stories)\b[^>]*)>\s*<script type="application/json" class="walk">.*?</script>',
    re.S,
)
NAMES = re.compile(r'<packetwalk-(?:timeline|stories)\b[^>]*\bnames="([\w -]*)"')


def file_of(pagename: str) -> str:
    """Return the place of a page's stories in the site."""
    return f"{FOLDER}/{pagename.replace('/', '-')}.json.gz"


def lighten(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        where = f"{'../' * pagename.count('/')}{file_of(pagename)}"
        context["body"] = CARRIED.sub(rf'\1 data-stories="{where}">', context["body"])


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the stories that each page tells, as the package tells them now."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    found: dict[str, dict[str, Any]] = {}
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    for page in sorted(out.rglob("*.html")):
        told = {name for names in NAMES.findall(page.read_text()) for name in names.split()}
        for name in told - found.keys():
            found[name] = ToldStory(name).json()
        stories = [found[each.name] for each in STORIES if each.name in told]
        if stories:
            text = json.dumps(pack({"stories": stories}), separators=(",", ":"))
            name = page.relative_to(out).with_suffix("").as_posix()
            (out / file_of(name)).write_bytes(compressed(text.encode()))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", lighten, priority=910)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
