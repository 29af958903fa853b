"""Stand-ins for what the running kernel lacks or a plugin's own program does: one file each, found by scan.

A stand-in is a thread of this process that works on sockets opened inside a namespace: it ends with the
process, however that ends.  It reads the plan's entries, never the model; that both send the same frames
is what ``prove`` shows.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module

from packetwalk.lab.kernel.emulators.program import Program
from packetwalk.lab.kernel.namespaces import Namespace
from packetwalk.plan.operation import Operation
from packetwalk.tables import Entry, LinkEntry, table_of


@cache
def programs() -> tuple[type[Program], ...]:
    """Return every stand-in."""
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(file.Emulator for file in files if hasattr(file, "Emulator"))


def player(kind: str) -> type[Program] | None:
    """Return the stand-in for a kind of device, or None."""
    return next((each for each in programs() if each.device == kind), None)


def keepers(entries: Sequence[Entry]) -> dict[str, type[Program]]:
    """Return the stand-ins for programs that keep tables, by table."""
    fitting = [each for each in programs() if each.tables and each.fits(entries)]
    found = {table_of(each).name for each in entries}
    return {table: each for each in fitting for table in each.tables & found}


def start(namespace: Namespace, plan: Iterable[Operation], lacking: Iterable[str]) -> list[Program]:
    """Start what a namespace needs; ``lacking`` are the device kinds that the kernel has not."""
    mine = [op.entry for op in plan if op.netns == namespace.name]
    kinds = {entry.kind for entry in mine if isinstance(entry, LinkEntry)} & set(lacking)
    found = {player(kind) for kind in kinds} | set(keepers(mine).values())
    return [each(namespace, mine) for each in programs() if each in found]
