"""Kinds of objects: one file for each group, found by looking into this folder; ``KINDS`` says how each is read."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module

from packetwalk.policy.manifests.collected import Collected
from packetwalk.policy.manifests.fields import Given

Reader = Callable[[Given, Collected], None]


@cache
def kinds() -> dict[tuple[str, str], Reader]:
    """Return how each kind, by apiVersion and name, is read."""
    found: dict[tuple[str, str], Reader] = {}
    for info in pkgutil.iter_modules(__path__):
        found |= import_module(f"{__name__}.{info.name}").KINDS
    return found


@cache
def wanted() -> frozenset[tuple[str, str]]:
    """Return the kinds that policies ask for, by apiVersion and name: all but those that are counted only."""
    from packetwalk.policy.manifests.kinds import others

    return frozenset(kinds()) - frozenset(others.KINDS)
