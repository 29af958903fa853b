"""The cluster of a task: brought up on a ground, with its fault in it."""

from __future__ import annotations

import os
from typing import NamedTuple

from packetwalk import lab
from packetwalk.errors import BadInput
from packetwalk.lab.exam.spots import MACHINES
from packetwalk.lab.grounds import grounds
from packetwalk.lab.grounds.planned import Planned
from packetwalk.plan.edit import Change

GROUNDS = ("netns", "model")
"""Where a fault can be put into a plan, the best first."""


class Make(NamedTuple):
    """What a cluster is: plugin, mode and the form of its rules."""

    plugin: str
    mode: str
    rules: str


class Damage(NamedTuple):
    """What is broken, as a ground takes it."""

    change: Change


def ground_of(asked: str | None) -> str:
    """Return the ground that is asked for, by name or by the environment, else the best that is there."""
    wanted = asked or os.environ.get(lab.CHOICE)
    if wanted and wanted not in GROUNDS:
        raise BadInput("ground of an exam", wanted, GROUNDS)
    known = grounds()
    return wanted or next(name for name in GROUNDS if not known[name].missing())


def cluster_of(make: Make, change: Change | None, ground: str | None = None) -> Planned:
    """Bring up a task's cluster, with a change of its plan.

    BadInput for a ground that no plan makes; LabError for one that cannot be used here.
    """
    cluster = lab.open(make.plugin, make.mode, ground_of(ground), rules=make.rules)
    assert isinstance(cluster, Planned)
    try:
        cluster.start_on(MACHINES, Damage(change) if change else None)
    except BaseException:
        cluster.close()
        raise
    return cluster
