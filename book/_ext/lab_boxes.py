"""On a lab's page in the web its boxes are the book's own again.

The learner's notebook has them as HTML, for JupyterLab knows no directives (``tests/jupyter_form.py``); in a page they
are directives, so that a prediction can take its answer and an answer is folded as everywhere.
"""

from __future__ import annotations

import json
import re

from boxes import TITLES
from launch import is_lab
from sphinx.application import Sphinx

BOX = re.compile(
    r'^<div class="(\w+) admonition"><p class="admonition-title"><b>(.*?)</b></p>\n\n(.*?)\n\n</div>$', re.M | re.S
)
FOLD = re.compile(r'^<details class="(\w+) fold"><summary>(.*?)</summary>\n\n(.*?)\n\n</details>$', re.M | re.S)


def directives(text: str) -> str:
    """Return Markdown with the book's boxes in place of HTML."""
    return FOLD.sub(_directive, BOX.sub(_directive, text))


def _directive(found: re.Match[str]) -> str:
    name, title, content = found.groups()
    return f":::{{{name}}}{'' if title == TITLES[name] else f' {title}'}\n{content}\n:::"


def read(app: Sphinx, docname: str, source: list[str]) -> None:
    if not is_lab(docname) or not docname.endswith("/lab"):
        return
    notebook = json.loads(source[0])
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = directives("".join(cell["source"]))
    source[0] = json.dumps(notebook)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
