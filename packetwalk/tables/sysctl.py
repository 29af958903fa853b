"""Settings of the kernel (``sysctl``)."""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.tables.table import Part, Table


class SysctlEntry(NamedTuple):
    """A kernel setting (``sysctl KEY``)."""

    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    def argv(self) -> list[list[str]]:
        """Return ``sysctl -w``."""
        return [["sysctl", "-w", f"{self.key}={self.value}"]]


class Settings(Table[SysctlEntry]):
    """The settings that somebody has changed."""

    def key(self, entry: SysctlEntry) -> str:
        """Return the setting's name."""
        return entry.key

    def part(self, entry: SysctlEntry) -> Part:
        """Return the setting alone."""
        return Part(f"sysctl/{entry.key}", f"sysctl {entry.key}", lambda other: other.key == entry.key)


SETTINGS = Settings("sysctl", "sysctl -a", (SysctlEntry,), rank=200, always=True, hidden=True)
