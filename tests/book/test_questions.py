"""The questions of the book: each is asked in the page, and what is right is computed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.book.questions import PAGE, Question, all_questions, notebooks, page

ASKED = ".admonition.predict, .admonition.check"
QUESTIONS = all_questions()
BY_HAND = "truth that is written, not computed"


@pytest.mark.parametrize("name", notebooks())
def test_every_box_asks_in_the_page(site: Path, name: str) -> None:
    boxes = BeautifulSoup((site / f"{name}.html").read_text(), "html.parser").select(ASKED)
    folded = [box.get_text()[:80] for box in boxes if len(box.select("walk-ask")) != 1]
    assert folded == [], "a box that only folds"


def test_the_page_of_all_questions_is_what_the_notebooks_ask() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.refresh_questions`"


def test_no_option_is_a_value_as_python_writes_it(site: Path) -> None:
    for name in notebooks():
        for script in BeautifulSoup((site / f"{name}.html").read_text(), "html.parser").select("walk-ask script"):
            assert not re.search(r"\b[A-Z]\w+\(\w+=", script.string), name


def test_a_page_says_each_question_once() -> None:
    """An answer is kept by its page and its words."""
    named = [(question.page, question.label) for question in QUESTIONS]
    assert [each for each in named if named.count(each) > 1] == []


def test_all_kinds_are_asked() -> None:
    assert {question.kind for question in QUESTIONS} == {"number", "choice", "line", "place", "order"}
    assert len(QUESTIONS) > 200


@pytest.mark.parametrize("name", notebooks())
def test_each_answer_shows_a_step_or_the_line_that_answers_instead(name: str) -> None:
    assert [question.label for question in QUESTIONS if question.page == name and not question.shown] == []


def literal(node: ast.expr) -> bool:
    """Say whether an expression has its value from itself: no name, no call in it."""
    return not any(isinstance(each, ast.Name | ast.Call) for each in ast.walk(node))


def written_by_hand(code: str) -> list[str]:
    """Return what a cell calls right without computing it."""
    found = []
    for call in ast.walk(ast.parse(code)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        if call.func.id == "number" and literal(call.args[1]):
            found.append(ast.unparse(call.args[1]))
        if call.func.id == "choice" and isinstance(call.args[1], ast.Dict):
            found += [ast.unparse(value) for value in call.args[1].values if literal(value)]
    return found


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: f"{q.page}-{q.box}-{q.label[:30]}")
def test_what_is_right_is_computed(question: Question) -> None:
    assert written_by_hand(question.code) == [], BY_HAND


@pytest.mark.parametrize(
    "code", ['choice("A?", {"yes": True, "no": False})', 'number("A?", 62)', 'number("A?", 2 ** 10, seen)']
)
def test_truth_by_hand_is_found(code: str) -> None:
    assert written_by_hand(code)
