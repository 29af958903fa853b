"""Put what timelines tell into one file of the site: pages that tell the same story fetch it there, when it is looked at.

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

FILE = "stories.json.gz"
CARRIED = re.compile(
    r'(<packetwalk-(?:timeline|stories)\b[^>]*)>\s*<script type="application/json" class="walk">.*?</script>',
    re.S,
)
NAMES = re.compile(r'<packetwalk-(?:timeline|stories)\b[^>]*\bnames="([\w -]*)"')


def lighten(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    if context.get("body"):
        where = f"{'../' * pagename.count('/')}_static/{FILE}"
        context["body"] = CARRIED.sub(rf'\1 data-stories="{where}">', context["body"])


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the stories that some page tells, as the package tells them now."""
    if error or app.builder.name != "html":
        return
    out = Path(app.outdir)
    told = {
        name
        for page in out.rglob("*.html")
        for names in NAMES.findall(page.read_text())
        for name in names.split()
    }
    stories = [ToldStory(each.name).json() for each in STORIES if each.name in told]
    text = json.dumps(pack({"stories": stories}), separators=(",", ":"))
    (out / "_static" / FILE).write_bytes(compressed(text.encode()))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", lighten, priority=910)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
