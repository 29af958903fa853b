"""Wait for what comes by itself: a condition is looked at until it holds, however busy the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable

HANGS = 300.0  # seconds after which nobody believes that it will still come
LOOK_AGAIN = 0.02


def until(holds: Callable[[], object]) -> bool:
    """Return True as soon as something holds; False when it has not in five minutes."""
    end = time.monotonic() + HANGS
    while not holds():
        if time.monotonic() > end:
            return bool(holds())
        time.sleep(LOOK_AGAIN)
    return True
