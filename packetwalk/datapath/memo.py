"""What follows from tables that never change, remembered."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")
MOST = 4096


class Memo(dict[K, V]):
    """A dictionary that is emptied when it has become large, so that a long session does not fill memory."""

    def keep(self, key: K, value: V) -> V:
        """Remember a value and return it."""
        if len(self) >= MOST:
            self.clear()
        self[key] = value
        return value
