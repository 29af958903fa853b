"""Questions that a page asks: what is right follows from a walk, and is never written by hand."""

from __future__ import annotations

from packetwalk.widgets.questions.asked import Questions, ask, feedback
from packetwalk.widgets.questions.parts import Question, choice, line, number, order, place
from packetwalk.widgets.questions.seen import (
    Seen,
    Stated,
    end,
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
    "choice",
    "end",
    "feedback",
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
