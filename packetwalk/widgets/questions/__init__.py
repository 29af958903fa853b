"""Questions that a page asks: what is right follows from a walk, and is never written by hand."""

from __future__ import annotations

from packetwalk.widgets.questions.asked import Questions, ask, feedback
from packetwalk.widgets.questions.parts import Question, choice, line, number, order, place
from packetwalk.widgets.questions.seen import (
    Seen,
    Stated,
    changed,
    end,
    happened,
    passes,
    reckoned,
    see,
    stated,
    written,
)

__all__ = [
    "Question",
    "Questions",
    "Seen",
    "Stated",
    "ask",
    "changed",
    "choice",
    "end",
    "feedback",
    "happened",
    "line",
    "number",
    "order",
    "passes",
    "place",
    "reckoned",
    "see",
    "stated",
    "written",
]
