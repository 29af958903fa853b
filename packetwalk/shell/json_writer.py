"""JSON as iproute2 writes it (``lib/json_writer.c``): close together, or with ``-p`` one member a line."""

from __future__ import annotations

from typing import Any


def written(value: Any, *, pretty: bool = False) -> str:
    """Return the text with its line break."""
    return f"{_written(value, 0, pretty)}\n"


def _written(value: Any, depth: int, pretty: bool) -> str:
    if isinstance(value, dict):
        return _object(value, depth, pretty)
    if isinstance(value, (list, tuple)):
        inside = ",".join(_written(each, depth + 1, pretty) for each in value)
        if not pretty:
            return f"[{inside}]"
        return f"[ {inside} ]" if inside else "[ ]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return (
        {None: "null", True: "true", False: "false"}.get(value, str(value))
        if not isinstance(value, int) or isinstance(value, bool)
        else str(value)
    )


def _object(value: dict[str, Any], depth: int, pretty: bool) -> str:
    between = ": " if pretty else ":"
    members = [f'"{name}"{between}{_written(each, depth + 1, pretty)}' for name, each in value.items()]
    if not pretty or not members:
        return "{" + ",".join(members) + "}"
    inner, outer = "\n" + "    " * (depth + 1), "\n" + "    " * depth
    return "{" + ",".join(f"{inner}{member}" for member in members) + outer + "}"
