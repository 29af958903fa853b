"""Packed JSON: every equal value is stored once.

A walk repeats itself: a step's ``before`` is the ``after`` of the step before, headers stay the same
for many steps.  ``{"pack": 1, "values": [...]}``: a value is a scalar, ``[0, ref ...]`` an array,
``[1, keys, ref ...]`` an object whose keys are the array at ``keys``; refs are indexes of earlier
values, the last value is the root.
"""

from __future__ import annotations

Json = dict | list | str | int | float | bool | None


def pack(root: Json) -> dict:
    """Return the packed form of a JSON value."""
    values: list = []
    known: dict = {}

    def put(key: object, value: Json) -> int:
        if key not in known:
            known[key] = len(values)
            values.append(value)
        return known[key]

    def add(value: Json) -> int:
        if isinstance(value, dict):
            shape = add(list(value))
            refs = tuple(add(each) for each in value.values())
            return put((1, shape, refs), [1, shape, *refs])
        if isinstance(value, (list, tuple)):
            refs = tuple(add(each) for each in value)
            return put((0, refs), [0, *refs])
        return put((type(value), value), value)

    top = add(root)
    if top != len(values) - 1:
        values.append(values[top])
    return {"pack": 1, "values": values}


def unpack(packed: dict) -> Json:
    """Return the value that ``pack`` packed; ValueError when it is not one."""
    if not isinstance(packed, dict) or packed.get("pack") != 1:
        raise ValueError("not packed JSON, version 1")
    out: list = []
    for value in packed["values"]:
        if not isinstance(value, list):
            out.append(value)
        elif value[0] == 0:
            out.append([out[ref] for ref in value[1:]])
        else:
            out.append(dict(zip(out[value[1]], (out[ref] for ref in value[2:]), strict=True)))
    return out[-1]
