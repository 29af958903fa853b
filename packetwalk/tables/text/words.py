"""Words of iproute2's text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def pairs(words: Iterable[str], names: Mapping[str, str]) -> dict[str, str]:
    """Return what follows each of some words, under the name that ``-j`` has for it: ``dev eth0``, ``scope link``."""
    out, left = {}, iter(words)
    for word in left:
        if word in names and (after := next(left, None)) is not None:
            out[names[word]] = after
    return out


def unread(tool: str, line: str) -> ValueError:
    """Return the error for a line that a tool does not print."""
    return ValueError(f"{tool}: {line.strip()[:80]!r} is no line of it")
