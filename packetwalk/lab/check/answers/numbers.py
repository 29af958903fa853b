"""Numbers as people write them: whole, with a fraction, a share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from packetwalk.lab.check.answers.said import alone, text, unread

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NOTHING = ("none", "no", "nothing", "nobody")
NUMBER = re.compile(r"(?<![\w.:])[-+]?(?:\d{1,3}(?:[ ,'_]\d{3})+|\d+)(?:\.\d+)?(?![\w]*\d)(?![.:]\d)")
DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d+\b)(?!\d{3}\b)|(?<=\b0),(?=\d)")
HEX = re.compile(r"0x[0-9a-f]+", re.I)


def number(given: Any, cluster: Ground | None = None) -> int:
    """Read a whole number: 50, 50.0, "50", "+50 bytes", "1,472", "0x2118", "two"."""
    value = decimal(given, cluster, wanted="a whole number")
    if value != int(value):
        raise unread("number", given, ["a whole number"])
    return int(value)


def decimal(given: Any, cluster: Ground | None = None, *, wanted: str = "a number") -> float:
    """Read a number: 950.3, "950.3 Mbit/s", "0,463"."""
    del cluster
    one = alone(given)
    if isinstance(one, bool | list | tuple | set | frozenset | Mapping):
        raise unread("number", given, [wanted])
    if not isinstance(one, str | bytes):
        try:
            value = float(one)
        except (TypeError, ValueError, OverflowError):
            raise unread("number", given, [wanted]) from None
        if value != value or value in (float("inf"), float("-inf")):
            raise unread("number", given, [wanted])
        return value
    said = text(one).lower().lstrip("= ")
    if said in WORDS or said in NOTHING:
        return float(WORDS.index(said)) if said in WORDS else 0.0
    if HEX.fullmatch(said):
        return float(int(said, 16))
    found = NUMBER.findall(DECIMAL_COMMA.sub(".", said))
    if len(found) != 1:
        raise unread("number", given, [wanted])
    return float(re.sub(r"[ ,'_]", "", found[0]))


def share(given: Any, cluster: Ground | None = None) -> float:
    """Read a share from 0 to 1: 0.463, "0.463", "46.3 %", 46.3."""
    value = decimal(given, cluster, wanted="a share from 0 to 1, or in per cent")
    return value / 100 if value > 1 or "%" in str(given) else value
