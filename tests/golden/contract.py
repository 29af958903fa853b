"""A walk's JSON as a file: one step a line.

A step's ``before`` is left out where it is the step before's ``after``, and its ``after`` where it is its
``before``; ``load`` puts both back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

KEYED = (".tables", ".tables.*.changed")  # by an id of a table, by the number of a line


def dump(walk: dict) -> str:
    """Return a walk as text: readable in a diff, one step a line."""
    out = []
    for key, value in walk.items():
        if key != "traces":
            out.append(f"{json.dumps(key)}: {json.dumps(value, sort_keys=True)}")
            continue
        traces = []
        for trace in value:
            head = json.dumps({k: v for k, v in trace.items() if k != "steps"})[:-1]
            stacks = [[], *(step["after"] for step in trace["steps"])]
            lines = ",\n".join(_step(*each) for each in zip(trace["steps"], stacks, strict=False))
            traces.append(f'{head}, "steps": [\n{lines}]}}')
        out.append('"traces": [\n' + ",\n".join(traces) + "]")
    return "{" + ",\n".join(out) + "}\n"


def _step(step: dict, stack: list[dict]) -> str:
    kept = dict(step)
    if step["after"] == step["before"]:
        del kept["after"]
    if step["before"] == stack:
        del kept["before"]
    return json.dumps(kept)


def load(text: str) -> dict:
    """Return the walk that ``dump`` wrote."""
    walk = json.loads(text)
    for trace in walk["traces"]:
        stack: list = []
        for step in trace["steps"]:
            step["before"] = step.get("before", stack)
            step["after"] = stack = step.get("after", step["before"])
    return walk


def members(value: Any, at: str = "") -> Iterator[str]:
    """Yield the members of a walk's JSON with the types they have; ids of tables and numbers of lines are any."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from members(part, f"{at}.{'*' if at in KEYED else key}")
    elif isinstance(value, list):
        for part in value:
            yield from members(part, f"{at}[]")
    else:
        yield f"{at}: {type(value).__name__}"
