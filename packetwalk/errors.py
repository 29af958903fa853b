"""The errors that are one line for people: wrong input, and what a machine cannot do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class _OneLine:
    """In a notebook, too, one line and no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class BadInput(_OneLine, ValueError):
    """Say in one line what is wrong, what was given, and what is valid."""

    def __init__(self, what: str, given: object, valid: Iterable[str] = ()) -> None:
        super().__init__(f"{what}: {given!r} is not valid{_choices(valid)}")

    @classmethod
    def missing(cls, what: str, valid: Iterable[str]) -> BadInput:
        """Return the line for what is not there at all."""
        return _again(f"{what}: missing{_choices(valid)}")

    def within(self, where: str) -> BadInput:
        """Return the same line, with what it was found in before it."""
        return _again(f"{where}, {self}")

    def __reduce__(self) -> tuple:
        """Say how it crosses from one process to another: with its line as it is."""
        return _again, (str(self),)


def _choices(valid: Iterable[str]) -> str:
    choices = ", ".join(valid)
    return f"; valid: {choices}" if choices else ""


def _again(line: str) -> BadInput:
    error = BadInput.__new__(BadInput)
    error.args = (line,)
    return error


def chosen(what: str, name: object, among: Iterable[Any]) -> Any:
    """Return the one that is called ``name``; BadInput lists the names there are."""
    known = {each.name: each for each in among}
    if name not in tuple(known):
        raise BadInput(what, name, known)
    return known[name]


class LabError(_OneLine, Exception):
    """Say in one line what could not be done in the kernel, and what it said."""
