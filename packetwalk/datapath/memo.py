"""What follows from tables that never change, remembered."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
MOST = 4096


class Memo(dict[K, V]):
    """Values by all that they follow from, each made when it is first asked for.

    It is emptied when it has become large, so that a long session does not fill memory.
    """

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[K], V]) -> None:
        """``make`` returns the value for a key, always the same."""
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
