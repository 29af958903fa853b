"""A difference made simple: fewer states, fewer manifests, less in each, as long as it is still there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from packetwalk.lab.proving.real.drawing import RealCase, identity

TRIES = 80
Differs = Callable[[RealCase], bool]
NEEDED = (
    "apiVersion",
    "kind",
    "metadata",
    "addressType",
    "clusterIP",
    "port",
    "protocol",
    "addresses",
    "name",
    "type",
)


def simplest(case: RealCase, differs: Differs) -> RealCase:
    """Return a simpler case that differs too: whatever can be left out is left out, once through."""
    left = iter(range(TRIES))
    tried: set[str] = set()
    simpler = True
    while simpler:
        simpler = False
        for each in _simpler(case):
            key = json.dumps(each.states)
            if key in tried:
                continue
            if next(left, None) is None:
                return case
            tried.add(key)
            if differs(each):
                case, simpler = each, True
                break
    return case


def _simpler(case: RealCase) -> Iterator[RealCase]:
    """Yield cases with less in them, those first in which most is missing."""
    states = case.states
    if len(states) > 1:
        yield case._replace(states=states[-1:])
        yield from (case._replace(states=(*states[:k], *states[k + 1 :])) for k in range(len(states) - 1))
    for one in dict.fromkeys(identity(each) for state in states for each in state):
        yield case._replace(states=tuple(tuple(each for each in s if identity(each) != one) for s in states))
    for one in dict.fromkeys(identity(each) for state in states for each in state):
        yield from _thinner(case, one)


def _thinner(case: RealCase, one: tuple[str, str, str]) -> Iterator[RealCase]:
    """Yield the case with a part of one object left out in all its states."""
    paths = {
        path for state in case.states for each in state if identity(each) == one for path in _paths(each)
    }
    for path in sorted(paths, key=lambda path: (len(path), str(path))):
        states = tuple(
            tuple(_without(each, path) if identity(each) == one else each for each in state)
            for state in case.states
        )
        if states != case.states:
            yield case._replace(states=states)


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the places of what may be left out of a manifest."""
    inside = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, each in inside:
        if key not in NEEDED:
            yield (*at, key)
            yield from _paths(each, (*at, key))


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    """Return a copy of a manifest without what is at a place; the same where it has no such place."""
    copy = json.loads(json.dumps(value))
    inner = copy
    try:
        for key in path[:-1]:
            inner = inner[key]
        del inner[path[-1]]
    except (KeyError, IndexError):
        return value
    return copy
