"""Put the folded source of a cell under what it shows: the walk comes first, its call after it."""

from __future__ import annotations

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class OutputFirst(SphinxPostTransform):
    """Swap folded source and output; myst-nb has folded the source just before (199)."""

    default_priority = 201
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") != "cell_code" or len(cell.children) < 2:
                continue
            first = cell.children[0]
            if isinstance(first, HideCodeCellNode) and "above-input" in first["classes"]:
                cell.children = [*cell.children[1:], first]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(OutputFirst)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
