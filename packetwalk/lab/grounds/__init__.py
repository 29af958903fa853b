"""What a lab can be done on: one file each, found by looking into this folder."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from packetwalk.lab.grounds.ground import Ground


@cache
def grounds() -> dict[str, type[Ground]]:
    """Return the classes of all grounds by name, the best first; each file has one as ``GROUND``."""
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    found = [file.GROUND for file in files if hasattr(file, "GROUND")]
    return {each.ground: each for each in sorted(found, key=lambda each: each.preference)}
