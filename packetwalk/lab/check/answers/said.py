"""What an answer says, before anybody knows what it should be: none at all, text, one of a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from packetwalk.errors import BadInput
from packetwalk.lab.grounds.ground import Handle

PLACEHOLDERS = ("", "...", "…", "?", "??", "???", "todo", "tbd", "ellipsis", "none given", "answer", "your answer")
SHOWN = 60
LISTS = (list, tuple, set, frozenset, dict)  # and not what is made of them: a measurement is a value


def placeholder(given: Any) -> bool:
    """Say whether an answer is none: dots, nothing, an empty list, or one of these inside of another."""
    if given is ... or given is None:
        return True
    if isinstance(given, str):
        return text(given).lower() in PLACEHOLDERS
    if type(given) in LISTS:
        return not given or any(map(placeholder, given))
    return False


def text(given: Any) -> str:
    """Return an answer as text in one line, without quotes around it and without a full stop or comma behind it."""
    given = given.decode(errors="replace") if isinstance(given, bytes) else given
    given = given.name if isinstance(given, Handle) else given
    said = " ".join(str(given).split())
    before = None
    while said != before:
        before, said = said, _bare(said)
    return said


def _bare(said: str) -> str:
    return said.strip(" \"'`“”‘’").rstrip(".,;") if set(said) - set(".…") else said


def alone(given: Any) -> Any:
    """Return what a list of one holds (``port = 8472,`` makes one), and all else as it is."""
    while type(given) in LISTS and len(given) == 1:
        given = next(iter(given))
    return given


def unread(what: str, given: Any, valid: Iterable[str]) -> BadInput:
    said = given if isinstance(given, int | float) else text(given)
    short = f"{said[:SHOWN]}…" if isinstance(said, str) and len(said) > SHOWN else said
    return BadInput(what, short, valid)
