"""Packed JSON: every equal value is stored once, and so are equal columns of records.

A walk repeats itself: a step's ``before`` is the ``after`` of the step before, headers stay the same
for many steps.  Walks of one way through the same tables differ in little but their headers.

``{"pack": 2, "values": [...]}``: a value is a scalar, ``[0, part ...]`` an array, ``[1, keys, part ...]``
an object whose keys are the array ``keys``, ``[2, keys, column ...]`` an array of objects that all have
these keys, each column the array of one key's values.  A part is the index of an earlier value, or a
string or such a list itself; the last value is the root.  Version 1 had neither ``[2, ...]`` nor parts
other than indexes.

What several files hold stands apart, once: ``{"pack": 2, "name": NAME, "values": [...]}``.  A file that
needs it says ``"shared": NAME``, and counts its own values on from the shared ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

Json = dict | list | tuple | str | int | float | bool | None
VERSION = 2
ARRAY, OBJECT, RECORDS = range(3)
OFTEN = 3
"""Files that must hold a value before it is shared: what fewer hold would burden all others, which it is no part of."""


class _Values:
    """The values of packed JSON, each once, in an order in which none refers to a later one."""

    def __init__(self) -> None:
        self.values: list = []
        self._known: dict[object, int] = {}
        self._arrays: dict[object, int] = {}
        self._met: dict[int, tuple[Json, int]] = {}  # by identity; who is kept here leaves its id to no other

    def add(self, value: Json) -> int:
        """Return the reference of a value; one that stands in many places is looked at once."""
        if not isinstance(value, (dict, list, tuple)):
            return self._put((type(value), value), value)
        met = self._met.get(id(value))
        if met is None:
            met = self._met[id(value)] = value, self._made(value)
        return met[1]

    def _made(self, value: dict | list | tuple) -> int:
        if isinstance(value, dict):
            return self._parts(OBJECT, self._array(value), *map(self.add, value.values()))
        keys = _shared_keys(value)
        if keys is None:
            return self._array(value)
        columns = zip(*(each.values() for each in value), strict=True)
        return self._parts(RECORDS, self._array(keys), *map(self._array, columns))

    def _array(self, items: Iterable[Json]) -> int:
        """Return the reference of an array; most columns of scalars were there before, as a whole."""
        whole = tuple(items)
        same = whole, tuple(map(type, whole))
        try:
            ref = self._arrays.get(same)
        except TypeError:  # holds an object or an array
            return self._parts(ARRAY, *map(self.add, whole))
        if ref is None:
            ref = self._arrays[same] = self._parts(ARRAY, *map(self.add, whole))
        return ref

    def _parts(self, *refs: int) -> int:
        return self._put(refs, list(refs))

    def _put(self, key: object, value: Json) -> int:
        if key not in self._known:
            self._known[key] = len(self.values)
            self.values.append(value)
        return self._known[key]


def _shared_keys(records: list | tuple) -> list | None:
    """Return the keys that all of two or more objects have, in one order; None when they are something else."""
    if len(records) < 2 or not isinstance(records[0], dict):
        return None
    keys = list(records[0])
    return keys if keys and all(isinstance(each, dict) and list(each) == keys for each in records) else None


class _Written:
    """Values as they are written: a string, array or object that is used once stands where it is used."""

    def __init__(self, values: list, roots: Iterable[int]) -> None:
        self.values = values
        self._places: dict[int, int] = {}
        self._uses = [0] * len(values)
        for value in (*values, [ARRAY, *roots], [ARRAY, *roots]):  # a root is never alone
            if isinstance(value, list):
                for ref in value[1:]:
                    self._uses[ref] += 1

    def write(self, indexes: Iterable[int], first: int = 0) -> list:
        """Return the values at some indexes, in their new places from ``first`` on."""
        written: list = []
        for index in indexes:
            if not self._alone(index):
                self._places[index] = first + len(written)
                written.append(self.whole(index))
        return written

    def whole(self, index: int) -> Json:
        """Return a value; what it refers to has its place, or is alone."""
        value = self.values[index]
        return [value[0], *map(self._part, value[1:])] if isinstance(value, list) else value

    def _part(self, ref: int) -> Json:
        return self.whole(ref) if self._alone(ref) else self._places[ref]

    def _alone(self, index: int) -> bool:
        return self._uses[index] == 1 and isinstance(self.values[index], (str, list))


def pack(root: Json) -> dict:
    """Return the packed form of a JSON value."""
    made = _Values()
    top = made.add(root)
    return {"pack": VERSION, "values": _Written(made.values, [top]).write(range(top + 1))}


def pack_apart(roots: Iterable[tuple[str, Json]], often: int = OFTEN) -> tuple[dict, dict[str, dict]]:
    """Return, packed, what ``often`` of the named values share, or all of fewer, and the rest of each."""
    made, tops = _Values(), {}
    for name, root in roots:
        tops[name] = made.add(root)
    often = min(often, len(tops))
    common: list[int] = []
    own: list[list[int]] = [[] for _ in tops]
    for index, reached in enumerate(_reached(made.values, tops.values())):
        if reached.bit_count() >= often:
            common.append(index)
        else:
            for number in _bits(reached):
                own[number].append(index)
    written = _Written(made.values, tops.values())
    shared = written.write(common)
    name_of_shared = hashlib.sha256(json.dumps(shared).encode()).hexdigest()[:12]
    rest: dict[str, dict] = {}
    for (name, top), indexes in zip(tops.items(), own, strict=True):
        values = written.write(indexes, len(shared))
        if not indexes or indexes[-1] != top:
            values.append(written.whole(top))
        rest[name] = {"pack": VERSION, "shared": name_of_shared, "values": values}
    return {"pack": VERSION, "name": name_of_shared, "values": shared}, rest


def _reached(values: list, tops: Iterable[int]) -> list[int]:
    """Return for each value the set of roots that lead to it, as bits."""
    reached = [0] * len(values)
    for number, top in enumerate(tops):
        reached[top] |= 1 << number
    for index in range(len(values) - 1, -1, -1):
        if isinstance(values[index], list):
            for ref in values[index][1:]:
                reached[ref] |= reached[index]
    return reached


def _bits(mask: int) -> Iterator[int]:
    while mask:
        yield (mask & -mask).bit_length() - 1
        mask &= mask - 1


def unpack(packed: dict, shared: dict | None = None) -> Json:
    """Return the value that was packed, with what it shares; ValueError when it is not one."""
    if not isinstance(packed, dict) or packed.get("pack") not in (1, VERSION):
        raise ValueError(f"not packed JSON, version 1 or {VERSION}")
    if packed.get("shared") != (shared or {}).get("name"):
        raise ValueError("what this packed JSON shares with others is not what was given")
    out: list = []

    def made(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        parts = [out[ref] if isinstance(ref, int) else made(ref) for ref in value[1:]]
        if value[0] == ARRAY:
            return parts
        if value[0] == OBJECT:
            return dict(zip(parts[0], parts[1:], strict=True))
        return [dict(zip(parts[0], row, strict=True)) for row in zip(*parts[1:], strict=True)]

    for value in (*(shared or {}).get("values", ()), *packed["values"]):
        out.append(made(value))
    return out[-1]
