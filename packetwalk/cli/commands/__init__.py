"""The sub-commands: one file each, found by looking into this folder.

A file's docstring is its help, ``arguments(parser)`` says what can follow its name, and ``run(parsed)``
does it and returns the exit code, or None for 0.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType


@cache
def commands() -> dict[str, ModuleType]:
    """Return all sub-commands by name."""
    names = sorted(info.name for info in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}") for name in names}
