"""Settings of the kernel (``sysctl``)."""

from __future__ import annotations

from typing import NamedTuple


class SysctlEntry(NamedTuple):
    """A kernel setting (``sysctl KEY``)."""

    key: str
    value: str

    @property
    def table(self) -> str:
        """The name of the table it stands in."""
        return "sysctl"

    def __str__(self) -> str:
        return f"{self.key} = {self.value}"

    def argv(self) -> list[list[str]]:
        """Return ``sysctl -w``."""
        return [["sysctl", "-w", f"{self.key}={self.value}"]]
