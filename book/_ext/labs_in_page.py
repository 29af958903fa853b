"""Ship the labs that run in the reader's browser, in a folder of their own; a lab's page links there (`launch`).

Where a machine lacks what they are made of, the build says so and the book has none.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import lite
from playground import FOLDER as PYTHON
from playground import version as python_version
from sphinx.application import Sphinx

FOLDER = "lite"


def address(lab: str) -> str:
    """Return where a lab is done in the browser, as seen from its page; empty where the book is built without."""
    return "" if lite.lacking() else f"../../{FOLDER}/notebooks/index.html?path={lab}.ipynb"


def ship(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    shipped = Path(app.outdir) / FOLDER
    shutil.rmtree(shipped, ignore_errors=True)
    lacks = lite.lacking()
    if lacks:
        print(f"The book has no labs in the page: {lacks} is not here.")
        return
    engine = f"../_static/{PYTHON}/{python_version()}/"
    kept = Path(app.srcdir, "_build", ".lite") / lite.version(engine)
    for stale in kept.parent.glob("*"):
        if stale != kept:
            shutil.rmtree(stale)
    kept.parent.mkdir(parents=True, exist_ok=True)
    lite.fill(kept, engine)
    shutil.copytree(kept, shipped)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("build-finished", ship, priority=801)  # after the playground, whose Pyodide it is
    return {"parallel_read_safe": True, "parallel_write_safe": True}
