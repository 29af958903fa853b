"""What a page shows of its questions: an element that asks, and without a script the answers, folded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape

from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES
from packetwalk.widgets.bundle import key
from packetwalk.widgets.markup import recorded
from packetwalk.widgets.questions.parts import Question
from packetwalk.widgets.questions.seen import Seen


@dataclass(frozen=True, eq=False)
class Questions:
    """The questions of one box; ``repr`` says what is asked, and what is right."""

    parts: tuple[Question, ...]

    def __repr__(self) -> str:
        return "\n".join(
            f"{part.kind}: {part.label} {part.answer}{_proof(part.proof)}" for part in self.parts
        )

    def _repr_html_(self) -> str:
        data = json.dumps([_json(part) for part in self.parts], separators=(",", ":"), ensure_ascii=False)
        answers = "".join(f"<li>{_words(part)}</li>" for part in self.parts)
        return (
            f'<walk-ask><script type="application/json">{data.replace("<", chr(92) + "u003c")}</script>'
            f'<details class="fold answer"><summary>Answer</summary><ul>{answers}</ul></details></walk-ask>'
        )


def ask(*parts: Question) -> Questions:
    """Ask for these parts in one box, one answer each; BadInput for none."""
    if not parts:
        raise BadInput("questions", parts, ["one or more"])
    return Questions(parts)


def address(walk) -> str:
    """Return what a link to the walk says: ``plugin/mode/scenario/proto/size/df/cold/fault``."""
    return "/".join([walk.plugin, walk.mode, walk.scenario, key(walk.packet), walk.fault or "none"])


def _json(part: Question) -> dict:
    """Return what the element reads; a step that several options share is said once."""
    steps: list[Seen] = []

    def at(seen: Seen | None) -> int | None:
        if seen is None:
            return None
        known = next(
            (k for k, each in enumerate(steps) if each.walk is seen.walk and each.index == seen.index), None
        )
        if known is None:
            steps.append(seen)
            known = len(steps) - 1
        return known

    shows, refutes = at(part.shows), [at(each) for each in part.refutes]
    found = {
        "kind": part.kind,
        "label": part.label,
        "right": part.right,
        "unit": part.unit,
        "heading": part.heading,
        "options": part.options,
        "shows": shows,
        "refutes": refutes if any(each is not None for each in refutes) else None,
        "steps": [_step(each) for each in steps],
    }
    return {name: value for name, value in found.items() if value not in (None, "", (), [])}


def _step(seen: Seen) -> dict:
    linked = seen.walk.scenario and seen.walk.rules == IPTABLES and not recorded(seen.walk)
    walk = {"walk": address(seen.walk)} if linked else {}
    return {**walk, "at": seen.index, "where": seen.where, "why": seen.step.why, "line": seen.line}


def _words(part: Question) -> str:
    answer = f"{escape(part.label)} <b>{escape(part.answer)}</b>"
    proof = part.proof
    if proof is None:
        return answer
    line = f" <code>{escape(proof.line)}</code>" if proof.line else ""
    return f"{answer} Step {proof.index + 1}, {escape(proof.where)}: {escape(proof.step.why)}{line}"


def _proof(shows: Seen | None) -> str:
    return f" (step {shows.index + 1} of {address(shows.walk)})" if shows else ""
