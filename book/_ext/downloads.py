"""Take the players out of the notebooks that pages offer to download: no notebook runs them, and they weigh the most.

What stays of a walk is its table of steps in text; run, the notebook makes its players anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

PLAYER = "<packet-walk"


def lighten(notebook: dict[str, Any]) -> None:
    """Remove the HTML of every player whose output also has text."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "text/plain" in data and PLAYER in "".join(data.get("text/html", ())):
                del data["text/html"]


def lighten_all(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    for path in Path(app.outdir, "_sources").rglob("*.ipynb"):
        notebook = json.loads(path.read_text())
        lighten(notebook)
        path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", lighten_all)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
