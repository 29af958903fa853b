"""What a program makes while it runs, for which there is no command."""

from __future__ import annotations

from typing import ClassVar


class Made:
    """An entry that a program makes while it runs, for which there is no command.

    ``by`` is that program.
    """

    __slots__ = ()
    table: ClassVar[str]
    command: ClassVar[str]
    by: ClassVar[str]

    def argv(self) -> list[list[str]]:
        """Return nothing."""
        return []
