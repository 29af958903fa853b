"""Put what a cell asks into the box above it, and give each box that asks a name of its own."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

ELEMENT = "<walk-ask>"
FOLDED = re.compile(r"<details class=\"fold answer\">.*?</details>", re.S)
ASKS = ("predict", "check")


class AskInBox(SphinxPostTransform):
    """Move the element of a cell behind the text of the box before it; answers are folded after this (200)."""

    default_priority = 190
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for number, (cell, raw) in enumerate(_asking(self.document), 1):
            box = _before(cell)
            if box is None:
                raise self.error(cell)
            told = next(
                (k for k, child in enumerate(box.children) if "answer" in child.get("classes", ())), None
            )
            if told is None:
                box.append(raw)
            else:  # the prose tells without a script what the element would
                box.insert(told, nodes.raw("", FOLDED.sub("", raw.astext()), format="html"))
            box["ids"].append(f"ask-{number}")
            cell.parent.remove(cell)

    def error(self, cell: nodes.Node) -> Exception:
        return ValueError(
            f"{self.env.docname}: a cell asks, and no box of {' or '.join(ASKS)} stands right above it"
        )


def _asking(document: nodes.document) -> list[tuple[nodes.container, nodes.raw]]:
    """Return every cell whose output asks, with that output."""
    return [
        (cell, raw)
        for cell in document.findall(nodes.container)
        if cell.get("nb_element") == "cell_code"
        for raw in cell.findall(nodes.raw)
        if ELEMENT in raw.astext()
    ]


def _before(cell: nodes.Node) -> nodes.Admonition | None:
    """Return the box that stands right before a cell."""
    siblings = cell.parent.children
    at = siblings.index(cell)
    before = siblings[at - 1] if at else None
    asks = isinstance(before, nodes.Admonition) and set(ASKS) & set(before["classes"])
    return before if asks else None


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(AskInBox)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
