"""Take HTML out of the notebooks that pages offer to download wherever the same stands there as text.

Players run in no notebook that was not run; tables weigh twice with it. What stays of a walk is the beginning of the table of its first packet's steps in text; run, the notebook makes its
players anew.
Sources of pages that are no notebooks are offered nowhere, so the site does without them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

LINES, LONGEST = 12, 200
HEAVY = ("<packet-walk", "<packetwalk-timeline", "<walk-policy", "<walk-why")


def lighten(notebook: dict[str, Any]) -> None:
    """Remove the HTML of every output that also has text, and of a heavy element's text all but the first packet."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            html = "".join(data.get("text/html", ()))
            if html and "text/plain" in data:
                del data["text/html"]
                if any(each in html for each in HEAVY):
                    data["text/plain"] = first_packet("".join(data["text/plain"]))


def first_packet(text: str) -> str:
    """Return what a walk's text says of the whole and of the first steps of its first packet, and how much more there is."""
    whole, *packets = text.split("\n\n")
    first = packets[0].split("\n") if packets else []
    more = [(len(first) - LINES, "line"), (len(packets) - 1, "packet")]
    told = " and ".join(
        f"{number} more {word}{'s' if number > 1 else ''}" for number, word in more if number > 0
    )
    return "\n\n".join(
        [
            whole,
            *(["\n".join(map(_short, first[:LINES]))] if first else []),
            *([f"{told}: run the cell"] if told else []),
        ]
    )


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def lighten_all(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    sources = Path(app.outdir, "_sources")
    for path in sources.rglob("*.md*"):
        path.unlink()
    for path in sources.rglob("*.ipynb"):
        notebook = json.loads(path.read_text())
        lighten(notebook)
        path.write_text(json.dumps(notebook, separators=(",", ":"), ensure_ascii=False) + "\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
