"""What tables of IPv6 have in common: where there is nothing in them, nothing is said of them."""

from __future__ import annotations

from typing import Generic

from packetwalk.tables.table import Contents, E, Files, Section, Table


class ShownIfAny(Table[E], Generic[E]):
    """A table that is shown, and taken for recorded, only where there is something in it."""

    def sections(self, contents: Contents) -> list[Section]:
        """Return the table, if it has lines."""
        found = contents.entries(self)
        return [Section(self.command, self.lines(found))] if found else []

    def is_recorded(self, files: Files) -> bool:
        """Say whether a recording tells of it: most are of clusters with IPv4 alone."""
        return all(files.get(name, "").strip() not in ("", "[]") for name in self.files)
