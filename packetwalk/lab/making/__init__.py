"""What the makers of programs and kernels share (``make real``, ``make kernel``): how one ends that cannot go on."""

from __future__ import annotations

import sys
from collections.abc import Callable

from packetwalk.errors import LabError


def told(target: str, make: Callable[[], None]) -> int:
    """Make it and return 0; 2, and one line that says why, where it cannot be made; 130 where it was stopped."""
    try:
        make()
    except LabError as error:
        print(f"make {target}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\nmake {target}: stopped; what was whole is kept", file=sys.stderr)
        return 130
    return 0
