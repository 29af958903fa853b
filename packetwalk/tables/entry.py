"""What every table's entries can do."""

from __future__ import annotations

from typing import Protocol


class Entry(Protocol):
    """A line of a table, an immutable value; ``str`` is the line as the tool prints it.

    Where the tool has a ``-j``, ``json()`` is the object that it prints.
    """

    def argv(self) -> list[list[str]]:
        """Return the commands that make it in a real kernel; none when a program makes it."""
