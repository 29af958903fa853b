"""Programs that write a part of a plan themselves: one file each, found by scan.

What such a program is to write is left out of what is built; that it wrote the same, ``prove`` shows.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from packetwalk.errors import BadInput
from packetwalk.lab.kernel.programs.author import Author
from packetwalk.plan.operation import Operation


@cache
def authors() -> dict[str, Author]:
    """Return every author by name; a file may hold several, as ``AUTHORS``."""
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {each.name: each for file in files for each in getattr(file, "AUTHORS", ())}


def author(name: str) -> Author:
    """Return an author by name; BadInput lists the known ones."""
    if name not in authors():
        raise BadInput("author of routes or devices", name, authors())
    return authors()[name]


def left_out(plan: Iterable[Operation], by: Author) -> list[Operation]:
    """Return what is to be built beside an author: all of a plan that it does not write."""
    return [operation for operation in plan if not by.writes(operation)]
