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
from packetwalk.widgets.questions.seen import Seen, Stated


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
            f'{self.without_player()}<details class="fold answer"><summary>Answer</summary><ul>{answers}</ul></details></walk-ask>'
        )

    def without_player(self) -> str:
        """Return what is asked, as HTML, where the page's own words do not say it; nothing here."""
        return ""


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
    steps: list[Seen | Stated] = []

    def at(seen: Seen | Stated | None) -> int | None:
        if seen is None:
            return None
        known = next((k for k, each in enumerate(steps) if _same(each, seen)), None)
        if known is None:
            steps.append(seen)
            known = len(steps) - 1
        return known

    shows, refutes = at(part.shows), [at(each) for each in part.refutes]
    found = {
        "kind": part.kind,
        "label": part.label,
        "right": part.right,
        "also": part.also,
        "unit": part.unit,
        "heading": part.heading,
        "options": part.options,
        "shows": shows,
        "refutes": refutes if any(each is not None for each in refutes) else None,
        "steps": [_step(each) for each in steps],
    }
    return {name: value for name, value in found.items() if value not in (None, "", (), [])}


def _same(one: Seen | Stated, other: Seen | Stated) -> bool:
    if isinstance(one, Seen) and isinstance(other, Seen):
        return one.walk is other.walk and one.index == other.index
    return one == other


def _step(seen: Seen | Stated) -> dict:
    if isinstance(seen, Stated):
        shown = {"moment": seen.moment, "timeline": seen.timeline} if seen.timeline else {}
        return {"where": seen.where, "why": seen.why, "line": seen.line, **shown}
    usual = seen.walk.rules == IPTABLES and not seen.walk.release
    linked = seen.walk.scenario and usual and not seen.walk.policies and not recorded(seen.walk)
    walk = {"walk": address(seen.walk)} if linked else {}
    return {**walk, "at": seen.index, "where": seen.where, "why": seen.step.why, "line": seen.line}


def _words(part: Question) -> str:
    answer = f"{escape(part.label)} <b>{escape(part.answer)}</b>"
    proof = part.proof
    if proof is None:
        return answer
    line = f" <code>{escape(proof.line)}</code>" if proof.line else ""
    return f"{answer} {escape(_told(proof))}{line}"


def _told(proof: Seen | Stated) -> str:
    """Return what shows it, but for the line that decides."""
    if isinstance(proof, Stated):
        place = "In the timeline," if proof.timeline else "No walk shows this;"
        return f"{place} {proof.where}: {proof.why}"
    return f"Step {proof.index + 1}, {proof.where}: {proof.step.why}"


def feedback(part: Question, given: int | tuple[int, ...]) -> str:
    """Return what an answer hears: right or not so, and what proves or refutes it, with the line that decides."""
    right = part.accepts(given)
    proof = part.proof if right else part.refutation(given)
    said = f"Right: {part.answer}." if right else "Not so."
    if proof is None:
        return said
    return "\n  ".join(filter(None, [said, _told(proof), proof.line]))


def _proof(shows: Seen | Stated | None) -> str:
    if isinstance(shows, Stated):
        place = "in the timeline" if shows.timeline else "no walk"
        return f" ({place}; {shows.where}: {shows.line})"
    return f" (step {shows.index + 1} of {address(shows.walk)})" if shows else ""
