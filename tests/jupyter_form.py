"""Text of a lab as every notebook program shows it: boxes as HTML, links to notebooks by their file.

The book's own boxes (``:::{predict}``) are words of its pages only. JupyterLab, VS Code and Binder would
print them as they stand, and an ``answer``, which is folded in the book, would lie open.
"""

from __future__ import annotations

import re

from book._ext.boxes import TITLES

BOX = re.compile(r"^:::\{(\w+)\}[ ]*(.*)\n((?:.*\n)*?):::$", re.MULTILINE)
PAGE = re.compile(r"\]\(((?:\.\./)*[\w/-]+)\)")
FOLDED = "answer"


def jupyter(text: str) -> str:
    """Return Markdown without the book's own words; what it says and links to is the same."""
    return PAGE.sub(r"](\1.ipynb)", BOX.sub(_html, text))


def _html(box: re.Match) -> str:
    """Return a box with the classes it has in the book's pages (``book/_ext/boxes.py``)."""
    name, title, content = box[1], box[2] or TITLES[box[1]], box[3].strip()
    if name == FOLDED:
        return f'<details class="{name} fold"><summary>{title}</summary>\n\n{content}\n\n</details>'
    head = f'<p class="admonition-title"><b>{title}</b></p>'
    return f'<div class="{name} admonition">{head}\n\n{content}\n\n</div>'
