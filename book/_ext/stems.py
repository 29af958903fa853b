"""Find the stem of a word for the search once: Sphinx finds it anew on each page, and pages share most words."""

from __future__ import annotations

from functools import cache

from sphinx.application import Sphinx
from sphinx.search import languages
from sphinx.search.en import SearchEnglish


class English(SearchEnglish):
    """Sphinx' English, which remembers."""

    def init(self, options: dict[str, str]) -> None:
        super().init(options)
        self.stem = cache(super().stem)  # type: ignore[method-assign]


def setup(app: Sphinx) -> dict[str, bool]:
    languages["en"] = English
    return {"parallel_read_safe": True, "parallel_write_safe": True}
