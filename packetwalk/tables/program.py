"""What a program makes while it runs, for which there is no command."""

from __future__ import annotations


class NoCommand:
    """What the entries of such tables have in common, beside a named tuple."""

    __slots__ = ()

    def argv(self) -> list[list[str]]:
        """Return nothing."""
        return []
