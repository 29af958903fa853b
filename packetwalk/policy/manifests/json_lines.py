"""JSON, read strictly, and the line at which a value of it stands."""

from __future__ import annotations

import json
import re
from typing import Any

from packetwalk.policy.manifests.mistake import Mistake, repeated

__all__ = ["Mistake", "line", "read"]
_BLANK = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
DEEPEST = 200
"""Lists and mappings in one another."""


def read(text: str) -> Any:
    """Read a document; Mistake where it is none, or a name stands twice in a mapping."""
    try:
        return json.loads(text, object_pairs_hook=_mapping)
    except json.JSONDecodeError as error:
        raise Mistake(
            error.lineno - 1, "JSON", error.msg, "JSON, or YAML that does not begin with a brace"
        ) from None
    except _Twice as twice:
        found = re.search(
            f"{re.escape(json.dumps(twice.name))}[^{{}}]*{re.escape(json.dumps(twice.name))}", text
        )
        number = text.count("\n", 0, found.end()) if found else 0
        raise Mistake(number, "name that stands twice", twice.name, "each once") from None
    except (RecursionError, ValueError) as error:
        raise Mistake(0, "JSON", str(error)[:80], "less depth, shorter numbers") from None


class _Twice(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Twice(repeated([name for name, _ in pairs]))
    return found


def line(text: str, way: tuple[str | int, ...]) -> int:
    """Return the line, from 0, of a value, or of the last one on the way to it that is there."""
    at = _skip(text, 0)
    known = at
    for step in way:
        place = _member(text, at, step)
        if place is None:
            break
        known, at = place
    return text.count("\n", 0, known)


def _member(text: str, at: int, step: str | int) -> tuple[int, int] | None:
    """Return where a member of a mapping or list begins, and where its value does."""
    if text[at] not in "{[":
        return None
    number, mapping, at = 0, text[at] == "{", _skip(text, at + 1)
    while at < len(text) and text[at] not in "}]":
        begin, name = at, number
        if mapping:
            name, at = _DECODER.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)
        if name == step:
            return begin, at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)
        if at < len(text) and text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return None


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at
