"""What is wrong in a document's text, and at which line of it."""

from __future__ import annotations


class Mistake(Exception):
    """Something is wrong at a line, counted from 0, of a document's text."""

    def __init__(self, line: int, what: str, given: object, *valid: str) -> None:
        super().__init__(what)
        self.line, self.what, self.given, self.valid = line, what, given, valid


def repeated(names: list[str]) -> str:
    """Return the first name that stands a second time."""
    return next(name for place, name in enumerate(names) if name in names[:place])
