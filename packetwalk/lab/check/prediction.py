"""Predictions of a lab: what it asks before it shows, in the page's box and, by a call, in any notebook.

A lab's ``predictions.py`` has a function for each, ``predict_2()``, which returns its questions
(``packetwalk.widgets.questions``): what is right is computed from walks through the book's cluster.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from packetwalk.errors import BadInput
from packetwalk.lab.check.beside import functions, module
from packetwalk.widgets.questions import Question, Questions, ask, feedback

FILE, PREFIX = "predictions.py", "predict_"


@dataclass(frozen=True, eq=False, repr=False)
class Prediction(Questions):
    """The questions of one prediction; ``repr`` and the HTML ask and say how to answer, and tell nothing."""

    step: str = ""

    def __repr__(self) -> str:
        return "\n".join([*map(_asked, self.parts), self._how()])

    def without_player(self) -> str:
        """Return what a notebook shows that has no player: the questions, their options by number, the call."""
        asked = "".join(f"<p><b>{escape(part.label)}</b></p>{_offered(part)}" for part in self.parts)
        return f'<div class="plain">{asked}<p>Answer by <code>{escape(self._how())}</code></p></div>'

    def _how(self) -> str:
        """Return the call that answers, with a place for each answer."""
        return f'lab.predict("{self.step}", {", ".join(_place(part) for part in self.parts)})'


def predict(step: str, *answers: int | Sequence[int], path: Path | str = FILE) -> Prediction | None:
    """Ask what a step's prediction asks; with an answer to each question print whether it is right, and why.

    A number answers by itself; of options their numbers from 1, several as a list, those of an order in it.
    BadInput for a step or an answer that is not there.
    """
    known = functions(module(path, "predictions of the lab"), PREFIX)
    if step not in known:
        raise BadInput("prediction", step, known)
    asked = known[step]()
    prediction = Prediction(ask(*(asked if isinstance(asked, tuple) else (asked,))).parts, step)
    if not answers:
        return prediction
    if len(answers) != len(prediction.parts):
        raise BadInput("answers", len(answers), [str(len(prediction.parts))])
    for part, answer in zip(prediction.parts, answers, strict=True):
        print(f"{part.label} {feedback(part, _given(part, answer))}")
    return None


def _given(part: Question, answer: int | Sequence[int]) -> int | tuple[int, ...]:
    """Return an answer as a question judges it: the number, or the indexes of options."""
    if part.kind == "number":
        if not isinstance(answer, int):
            raise BadInput(f"answer to {part.label!r}", answer, ["a whole number"])
        return answer
    chosen = (answer,) if isinstance(answer, int) else tuple(answer)
    numbers = range(1, len(part.options) + 1)
    for each in chosen:
        if each not in numbers:
            raise BadInput(f"answer to {part.label!r}", each, map(str, numbers))
    return tuple(each - 1 for each in chosen)


def _asked(part: Question) -> str:
    return "\n".join([part.label, *(f"  {at}. {option}" for at, option in enumerate(part.options, 1))])


def _offered(part: Question) -> str:
    items = "".join(f"<li>{escape(option)}</li>" for option in part.options)
    return f"<ol>{items}</ol>" if items else ""


def _place(part: Question) -> str:
    several = part.kind == "order" or (not isinstance(part.right, int) and len(part.right) > 1)
    return "[...]" if several else "..."
