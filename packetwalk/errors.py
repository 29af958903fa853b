"""The one error that wrong input raises."""

from __future__ import annotations

from collections.abc import Iterable


class BadInput(ValueError):
    """Say in one line what is wrong, what was given, and what is valid."""

    def __init__(self, what: str, given: object, valid: Iterable[str] = ()) -> None:
        choices = ", ".join(valid)
        super().__init__(f"{what}: {given!r} is not valid" + (f"; valid: {choices}" if choices else ""))
