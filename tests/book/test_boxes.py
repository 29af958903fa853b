"""The boxes of the built pages: an answer stands in the box of its question."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.site import chapters

BOOK = [name for name in chapters() if not name.startswith("labs/")]
"""Labs have answers beside checks of another kind: those that look at the cluster."""


@pytest.mark.parametrize("name", BOOK)
def test_answers_stand_in_the_box_of_their_question(site: Path, name: str) -> None:
    page = BeautifulSoup((site / name).read_text(), "html.parser")
    outside = [each for each in page.select("details.answer") if not each.find_parent(class_=["check", "predict"])]
    assert outside == []
    questions = page.select(".admonition.check")
    assert [each.get_text() for each in questions if len(each.select("details.answer")) != 1] == []


def test_the_book_has_questions(site: Path) -> None:
    asked = [(site / name).read_text().count('details class="answer') for name in BOOK]
    assert sum(asked) > 50
