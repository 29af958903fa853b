"""What of an output can be compared: from run to run, and between the model and the real programs."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from nbval.plugin import get_sanitize_patterns

UNORDERED = re.compile(r"ip neigh|bridge fdb|conntrack -L")  # the kernel prints these by a random hash
MULTICAST = re.compile(r"^(33:33|01:00:5e).*\n", re.MULTILINE)  # who listens to which group: not modelled


SANITIZE = Path(__file__).parents[2] / "labs" / "sanitize.cfg"


@cache
def patterns() -> list[tuple[str, str]]:
    """Return what is left out, with what stands there instead, as nbval reads it."""
    return get_sanitize_patterns(SANITIZE.read_text())


def clean(text: str) -> str:
    """Return an output without what differs from run to run, as nbval does with the same file."""
    for found, instead in patterns():
        text = re.sub(found, instead, text)
    return text


def comparable(source: str, text: str) -> list[str]:
    """Return the lines that must be the same; sorted where ``source`` asks for a table without an order."""
    lines = clean(MULTICAST.sub("", text)).splitlines()
    return sorted(lines) if UNORDERED.search(source) else lines
