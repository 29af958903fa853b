"""Say how far the build is: some lines, as it is else silent for minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sphinx.application import Sphinx

LINES = 5
"""Lines for all pages that are read, and as many for those that are written."""


@dataclass
class Count:
    """Pages of a kind that are done, of how many; a line whenever another part of them is."""

    does: str
    all: int = 0
    done: int = 0

    def one(self) -> None:
        self.done += 1
        if self.done == self.all or self.done % -(-self.all // LINES) == 0:
            print(f"{self.does} {self.done} of {self.all} pages", flush=True)


def setup(app: Sphinx) -> dict[str, bool]:
    read, written = Count("Read"), Count("Wrote")

    def begin(app: Sphinx, env: Any, docnames: list[str]) -> None:
        read.all, written.all = len(docnames), len(env.found_docs)

    def page(app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: Any) -> None:
        if doctree is not None:
            written.one()

    def rest(app: Sphinx, error: Exception | None) -> None:
        if not error:
            print("Making search, slides, sheets and what runs in the page", flush=True)

    app.connect("env-before-read-docs", begin)
    app.connect("doctree-read", lambda app, doctree: read.one())
    app.connect("html-page-context", page, priority=1000)  # after whatever a page is given
    app.connect("build-finished", rest, priority=1)  # before whatever is made of the pages
    return {"parallel_read_safe": True, "parallel_write_safe": True}
