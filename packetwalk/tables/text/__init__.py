"""Tables as text, where a tool has no ``-j`` (busybox, an old iproute2): one file a table, found by scan.

Each file has ``TEXTS``, what it reads, and ``objects``, what ``-j`` would have printed of that, by file.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from types import ModuleType

from packetwalk.tables.printed import as_text
from packetwalk.tables.table import Files


@cache
def _readers() -> tuple[ModuleType, ...]:
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(each for each in files if hasattr(each, "TEXTS"))


def told(files: Files) -> dict[str, str]:
    """Return files with what ``-j`` would have printed beside what was printed as text.

    What a tool did print with ``-j`` stays. ValueError names a line that no tool prints.
    """
    out = dict(files)
    for reader in _readers():
        if reader.TEXTS[0] in files:
            out = {name: as_text(found) for name, found in reader.objects(files).items()} | out
    return out
