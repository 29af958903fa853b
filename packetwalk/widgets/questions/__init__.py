"""Questions that a page asks: what is right follows from a walk, and is never written by hand."""

from __future__ import annotations

from packetwalk.widgets.questions.asked import Questions, ask
from packetwalk.widgets.questions.parts import choice, line, number, order, place
from packetwalk.widgets.questions.seen import Seen, end, passes, see, written

__all__ = [
    "Questions",
    "Seen",
    "ask",
    "choice",
    "end",
    "line",
    "number",
    "order",
    "passes",
    "place",
    "see",
    "written",
]
