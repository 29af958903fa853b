"""Wait until something is so, and as long as the programs that are to do it run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from packetwalk.errors import LabError
from packetwalk.lab.kernel.daemon import Daemon
from packetwalk.lab.kernel.patience import FACTOR

PATIENCE = 60.0 * FACTOR  # seconds
T = TypeVar("T")


def until(
    what: str, look: Callable[[], T | None], daemons: Iterable[Daemon] = (), pause: float = 0.03
) -> T:
    """Return the first answer of ``look`` that is neither None nor False.

    LabError when a daemon has ended, with its last words, or when a minute was not enough for ``what``.
    """
    end = time.monotonic() + PATIENCE
    while not (found := look()):
        for daemon in daemons:
            daemon.check()
        if time.monotonic() > end:
            raise LabError(f"{what}: not after {PATIENCE:.0f} seconds")
        time.sleep(pause)
    return found
