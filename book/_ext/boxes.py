"""The book's own boxes: `:::{predict}`, `:::{try}`, `:::{check}`, `:::{answer}`, `:::{claim}`, `:::{lab}`, `:::{aims}`.

Each is an admonition with a class of the same name and a title that may be given after the name.
An `answer`, and any admonition with the class `dropdown`, is folded and opens without a script.
"""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

TITLES = {
    "predict": "Predict",
    "try": "Turn a knob",
    "check": "Check yourself",
    "answer": "Answer",
    "claim": "Corrected claim",
    "lab": "In the lab",
    "aims": "What you will be able to do",
}


class Box(SphinxDirective):
    """An admonition whose class is the name of the directive."""

    has_content = True
    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar = {"class": directives.class_option, "name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        classes = [self.name, *self.options.get("class", [])]
        box = nodes.admonition(classes=classes)
        self.set_source_info(box)
        self.add_name(box)
        text, messages = self.state.inline_text(self.arguments[0] if self.arguments else TITLES[self.name], self.lineno)
        box += nodes.title("", "", *text)
        box += messages
        self.state.nested_parse(self.content, self.content_offset, box)
        return [box]


class Fold(nodes.General, nodes.Element):
    """A `<details>`: its first child is the summary."""


class Summary(nodes.General, nodes.Element):
    """The `<summary>` of a Fold."""


class FoldAnswers(SphinxPostTransform):
    """Turn folded admonitions into `<details>`, which open without a script."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for box in list(self.document.findall(nodes.Admonition)):
            classes = box["classes"]
            if not {"answer", "dropdown"} & set(classes):
                continue
            title, *rest = box.children
            fold = Fold("", Summary("", *title.children), *rest, classes=[c for c in classes if c != "dropdown"])
            fold["ids"] = box["ids"]
            box.replace_self(fold)


def visit_fold(self, node: Fold) -> None:
    self.body.append(self.starttag(node, "details", CLASS="fold"))


def depart_fold(self, node: Fold) -> None:
    self.body.append("</details>\n")


def visit_summary(self, node: Summary) -> None:
    self.body.append("<summary>")


def depart_summary(self, node: Summary) -> None:
    self.body.append("</summary>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(Fold, html=(visit_fold, depart_fold))
    app.add_node(Summary, html=(visit_summary, depart_summary))
    for name in TITLES:
        app.add_directive(name, Box)
    app.add_post_transform(FoldAnswers)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
