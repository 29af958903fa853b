"""Kinds of tasks: what is broken, and where it can be; found by looking into this folder."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import NamedTuple

from packetwalk.lab.exam.spots import Spot
from packetwalk.plan.edit import Change
from packetwalk.plan.rules import IPTABLES


class Kind(NamedTuple):
    """One kind of task; ``cause`` is what a learner is told after the exam, with the spot's names in braces.

    ``spots`` are where it can be, ``change`` breaks the plan there. ``also`` are commands of the solution beyond those
    that put the plan's own lines back, each with its place: what the kernel took along.
    """

    name: str
    plugin: str
    mode: str
    cause: str
    spots: Callable[[], tuple[Spot, ...]]
    change: Callable[[Spot], Change]
    rules: str = IPTABLES
    also: Callable[[Spot], tuple[tuple[str, str], ...]] = lambda spot: ()


@cache
def kinds() -> tuple[Kind, ...]:
    """Return all kinds by name; each file has some as ``KINDS``."""
    files = [import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return tuple(sorted((each for file in files for each in file.KINDS), key=lambda each: each.name))
