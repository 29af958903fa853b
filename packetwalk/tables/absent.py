"""What somebody has taken away that the kernel had added by itself."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.entry import Entry


class Absent(NamedTuple):
    """An entry of any table that is not there although the kernel adds it: a connected route that was deleted."""

    entry: Entry

    def argv(self) -> list[list[str]]:
        """Return the command that takes it away."""
        return [["del" if word == "add" else word for word in words] for words in self.entry.argv()]
