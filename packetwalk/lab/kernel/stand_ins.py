"""Stand-ins for what a kernel lacks, where they are: they come with the book's repository, and a wheel has none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.lab.rooms import absent, room
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry

if TYPE_CHECKING:
    from packetwalk.lab.kernel.emulators import Program

ROOM = "lab.kernel.emulators"


def player(kind: str) -> type[Program] | None:
    """Return the stand-in for a kind of device, or None."""
    found: type[Program] | None = None if absent(ROOM) else room(ROOM).player(kind)
    return found


def keepers(entries: Sequence[Entry]) -> dict[str, type[Program]]:
    """Return the stand-ins for programs that keep tables, by table."""
    found: dict[str, type[Program]] = {} if absent(ROOM) else room(ROOM).keepers(entries)
    return found


def start(namespace: Namespace, plan: Iterable[Operation], lacking: Iterable[str]) -> list[Program]:
    """Start what a namespace needs; ``lacking`` are the device kinds that the kernel has not."""
    started: list[Program] = room(ROOM).start(namespace, plan, lacking)
    return started
