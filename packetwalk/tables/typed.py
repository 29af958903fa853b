"""Whether the members of an entry are what they should be: what somebody recorded may hold anything."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

LONGEST = 65536  # characters of a text: a rule with all of its sets is shorter
BIGGEST = 2**64


def check(entry: Any) -> None:
    """Raise ValueError that names the member of an entry that has another type, or no text a tool would print."""
    for name, kind in _members(entry.__class__).items():
        value = getattr(entry, name)
        if not _is(value, kind):
            raise ValueError(f"{name} of a {type(entry).__name__}: {str(value)[:40]!r}")


@cache
def _members(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {name: hints[name] for name in getattr(kind, "_fields", ()) if name in hints}


def _is(value: Any, kind: Any) -> bool:
    if kind is Any:
        return True
    if get_origin(kind) in (Union, UnionType):
        return any(_is(value, each) for each in get_args(kind))
    if get_origin(kind) is tuple:
        return isinstance(value, tuple) and _are(value, get_args(kind))
    if kind is str:
        return isinstance(value, str) and len(value) <= LONGEST and _is_text(value)
    if kind is int:
        return type(value) is int and abs(value) < BIGGEST
    if kind in (bool, NoneType):
        return isinstance(value, kind)
    if not isinstance(kind, type):
        return True
    inside = _members(kind) if hasattr(kind, "_fields") else {}
    return isinstance(value, kind) and all(_is(getattr(value, name), each) for name, each in inside.items())


def _are(values: tuple, kinds: tuple) -> bool:
    if kinds[-1:] == (...,):
        return all(_is(each, kinds[0]) for each in values)
    return len(values) == len(kinds) and all(map(_is, values, kinds))


def _is_text(value: str) -> bool:
    """Say whether no character of a text is half of one, ends a line or steers a terminal."""
    return not any(each < " " or "\x7f" <= each < "\xa0" or "\ud800" <= each < "\ue000" for each in value)
