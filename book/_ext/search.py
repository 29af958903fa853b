"""What the search knows: prose and not the transcripts of walks, numbers too, names as they are, titles with their plugin.

A walk's steps stand in its page as a list, for print and for those who have no script: as words of a page they make
every page with a walk answer to everything.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sphinx.search
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.search import IndexBuilder, languages
from sphinx.search.en import SearchEnglish

WALKS = ("<packet-walk", "<packetwalk-timeline")
NAMES = ("ipvs",)
"""Words that lose their end by English rules, and then are found in others: IPVS is not ipv4."""
PARTS = {"book/flannel/": "Flannel", "book/calico/": "Calico", "book/weave/": "Weave Net"}
NO_NUMBER = r"queryTerm.match(/^\d+$/)"
"""Where Sphinx's script leaves a number out of a question."""
KEPT = """
{
  const Porter = Stemmer;
  Stemmer = function () {
    const porter = new Porter();
    this.stemWord = (word) => (%s.includes(word) ? word : porter.stemWord(word));
  };
}
"""


class English(SearchEnglish):
    """Sphinx' English, which remembers each word's stem, pages share most words, and leaves names alone."""

    js_stemmer_code = SearchEnglish.js_stemmer_code + KEPT % list(NAMES)

    def init(self, options: dict[str, str]) -> None:
        super().init(options)
        stem = cache(super().stem)
        self.stem = lambda word: word if word in NAMES else stem(word)  # type: ignore[method-assign]


class Prose(IndexBuilder):
    """An index of pages without their walks, whose titles say which plugin a page is about."""

    def feed(self, docname: str, filename: str, title: str, doctree: nodes.document) -> None:
        about = next((plugin for start, plugin in PARTS.items() if docname.startswith(start)), "")
        told = about and about.lower() not in title.lower()
        walks = [(node, node.children) for node in doctree.findall(nodes.raw) if any(each in node.astext() for each in WALKS)]
        for node, _ in walks:
            node.children = []
        super().feed(docname, filename, f"{title} · {about}" if told else title, doctree)
        for node, children in walks:
            node.children = children


def find_numbers(app: Sphinx, error: Exception | None) -> None:
    """Let a number be searched for."""
    if error or app.builder.name != "html":
        return
    script = Path(app.outdir, "_static", "searchtools.js")
    text = script.read_text()
    if NO_NUMBER not in text:
        raise ExtensionError(f"{script.name} leaves numbers out in another way than {NO_NUMBER}")
    script.write_text(text.replace(NO_NUMBER, "false"))


def setup(app: Sphinx) -> dict[str, bool]:
    languages["en"] = English
    sphinx.search.IndexBuilder = Prose  # type: ignore[misc]
    app.connect("build-finished", find_numbers, priority=900)  # after the scripts are copied
    return {"parallel_read_safe": True, "parallel_write_safe": True}
