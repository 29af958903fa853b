"""Rules of routing as text: ``ip rule``."""

from __future__ import annotations

from typing import Any

from packetwalk.tables.table import Files
from packetwalk.tables.text.words import pairs, unread

TEXTS = ("rule.txt",)
WORDS = {
    "from": "src",
    "to": "dst",
    "fwmark": "fwmark",
    "iif": "iif",
    "oif": "oif",
    "lookup": "table",
    "suppress_prefixlength": "suppress_prefixlen",
}
"""The words of ``ip rule``, and what ``-j`` calls what follows."""
ACTIONS = ("prohibit", "unreachable", "blackhole", "nop")


def objects(texts: Files) -> dict[str, list[dict[str, Any]]]:
    """Return the rules."""
    return {"rule.json": [_rule(line) for line in texts["rule.txt"].splitlines() if line.strip()]}


def _rule(line: str) -> dict[str, Any]:
    """Return a rule; what it does where it asks no table is its ``action`` (busybox: ``lookup unspec prohibit``)."""
    priority, colon, rest = line.partition(":")
    words = rest.split()
    if not colon or not priority.isdigit() or "from" not in words:
        raise unread("ip rule", line)
    found = pairs(words, WORDS)
    out: dict[str, Any] = {"priority": int(priority), **({"not": None} if words[0] == "not" else {})}
    for name in ("src", "dst"):
        address, slash, length = found.pop(name, "").partition("/")
        out |= ({name: address} if address else {}) | ({f"{name}len": int(length)} if slash else {})
    mark, slash, mask = found.pop("fwmark", "").partition("/")
    out |= ({"fwmark": mark} if mark else {}) | ({"fwmask": mask} if slash else {})
    action = next((word for word in words if word in ACTIONS), "")
    if action:
        found.pop("table", None)
    return out | found | ({"action": action} if action else {})
