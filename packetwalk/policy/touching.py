"""Ranges of one kind that follow each other without a gap are one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, Self, TypeVar


class Range(Protocol):
    """From ``first`` to ``last``, of the kind that its first member names."""

    @property
    def first(self) -> int:
        """Where it begins."""

    @property
    def last(self) -> int:
        """Where it ends; this one is in it."""

    def __getitem__(self, index: int, /) -> object:
        """Return a member; the first is its kind."""

    def _replace(self, *, last: int) -> Self:
        """Return it with another end."""


R = TypeVar("R", bound=Range)


def joined(ranges: Iterable[R]) -> list[R]:
    """Return ranges, which are in order, with those that touch as one."""
    found: list[R] = []
    for each in ranges:
        before = found[-1] if found else None
        if before is not None and before[0] == each[0] and before.last + 1 == each.first:
            found[-1] = before._replace(last=each.last)
        else:
            found.append(each)
    return found
