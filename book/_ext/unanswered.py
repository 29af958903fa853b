"""On a lab's page in the web, leave out what is printed only because nobody has answered yet.

The learner's notebook was run with every task open, so what follows an open task may contradict the text beside it.
What prints the same in the solution needs no answer and stays; the rest, and each check of an answer, is shown in
the solution's page alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from launch import is_lab
from sphinx.application import Sphinx

CHECK = "check("


def leave_out(lab: dict[str, Any], solution: dict[str, Any]) -> None:
    """Empty the outputs of a learner's notebook that depend on answers; both have the same code cells."""
    pairs = zip(_code(lab), _code(solution), strict=True)
    for cell, solved in pairs:
        asked = "".join(cell["source"]).startswith(CHECK)
        if asked or cell["outputs"] != solved["outputs"]:
            cell["outputs"] = []


def _code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    if not is_lab(docname) or not docname.endswith("/lab"):
        return
    solution = Path(app.srcdir, docname).with_name("solution.ipynb")
    app.env.note_dependency(str(solution))
    lab = json.loads(source[0])
    leave_out(lab, json.loads(solution.read_text()))
    source[0] = json.dumps(lab)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
