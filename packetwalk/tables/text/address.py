"""Addresses as text: ``ip addr``."""

from __future__ import annotations

from typing import Any

from packetwalk.tables.table import Files
from packetwalk.tables.text.link import heading
from packetwalk.tables.text.words import pairs, unread

TEXTS = ("addr.txt",)
WORDS = {"inet": "local", "peer": "address", "brd": "broadcast", "scope": "scope"}
"""The words of ``ip addr``, and what ``-j`` calls what follows."""


def objects(texts: Files) -> dict[str, list[dict[str, Any]]]:
    """Return each device with its IPv4 addresses."""
    out: list[dict[str, Any]] = []
    for line in texts["addr.txt"].splitlines():
        if head := heading(line):
            out.append({"ifname": head["ifname"], "addr_info": []})
        elif line.split()[:1] == ["inet"]:
            if not out:
                raise unread("ip addr", line)
            out[-1]["addr_info"].append(_address(line))
    return {"addr.json": out}


def _address(line: str) -> dict[str, Any]:
    """Return a line ``inet ...``; of one with a peer the length is that of the peer's network."""
    words = line.split()
    found = pairs(words, WORDS)
    if "local" not in found or "scope" not in found:
        raise unread("ip addr", line)
    length = found.get("address", found["local"]).partition("/")[2] or "32"
    if not length.isdigit():
        raise unread("ip addr", line)
    bare = {name: value.partition("/")[0] for name, value in found.items()}
    return {"family": "inet", **bare, "prefixlen": int(length), "label": words[-1]}
