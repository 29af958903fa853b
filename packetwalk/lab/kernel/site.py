"""A namespace as a plan is laid into it: in the running kernel, or on paper for another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

COUNTED, DATAPATH, LET_THROUGH, QUIETEN, TAKE_IN = "counted", "datapath", "let through", "quieten", "take in"
"""What is done in a namespace without a program (``packetwalk.lab.kernel.deeds``)."""


class Running(Protocol):
    """A namespace in which programs run."""

    name: str

    def run(self, argv: list[str], text: str = "", *, check: bool = True) -> str:
        """Run a program inside and return what it printed."""


class Site(Running, Protocol):
    """What laying a plan asks of a namespace."""

    @property
    def path(self) -> str:
        """How ``ip ... netns`` finds it."""

    def sysctl(self, settings: Mapping[str, str]) -> None:
        """Write settings."""

    def devices(self) -> Sequence[str]:
        """Return the names of its devices."""

    def do(self, deed: str, *about: Any) -> Any:
        """Do what no program does."""
