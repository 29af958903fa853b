"""What every table's entries can do."""

from __future__ import annotations

from typing import Protocol


class Entry(Protocol):
    """What all entries can do; plugins and drivers may have tables of their own."""

    @property
    def table(self) -> str:
        """The name of the table it stands in."""

    def argv(self) -> list[list[str]]:
        """Return the commands that make it in a real kernel; none when a program makes it."""
