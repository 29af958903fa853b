"""Neighbours as text: ``ip neigh``."""

from __future__ import annotations

from typing import Any

from packetwalk.tables.table import Files
from packetwalk.tables.text.words import pairs, unread

TEXTS = ("neigh.txt",)


def objects(texts: Files) -> dict[str, list[dict[str, Any]]]:
    """Return the IPv4 neighbours; the state is the last word, and of one that failed it may be the only one."""
    out: list[dict[str, Any]] = []
    for line in texts["neigh.txt"].splitlines():
        if not line.strip():
            continue
        dst, *words = line.split()
        found = pairs(words, {"dev": "dev", "lladdr": "lladdr"})
        if "dev" not in found or not words[-1].isupper():
            raise unread("ip neigh", line)
        if ":" not in dst:
            out.append({"dst": dst, **found, "state": [words[-1]]})
    return {"neigh.json": out}
