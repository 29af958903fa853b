"""A task as a learner sees it: what users report, and nothing of the cause."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from packetwalk.cni import plugin as find_plugin
from packetwalk.lab.exam.bench import Make, cluster_of
from packetwalk.lab.exam.cases import ExamCase, healthy
from packetwalk.lab.exam.flows import ExamFlow, every_flow, outcomes
from packetwalk.lab.exam.grading import differences, modelled

SHOWN = 3
"""Flows that a task names, of those that fail and of those that do not."""
SAMPLE = 9
"""Every which of all other flows is tried, too."""


class ExamTask(NamedTuple):
    """A task: ``fails`` are flows that do not do what they should, ``works`` some that do.

    ``points`` are its parts, each a table of one machine that is to be as it was.
    """

    number: int
    of: int
    title: str
    points: int
    fails: tuple[ExamFlow, ...]
    works: tuple[ExamFlow, ...]

    def __repr__(self) -> str:
        points = "1 point" if self.points == 1 else f"{self.points} points"
        fails = [f"  {flow.words}, in vain" for flow in self.fails]
        works = [f"  {flow.words}" for flow in self.works]
        tried = [f"  {flow}" for flow in (*self.fails, *self.works)]
        return "\n".join(
            [
                f"Task {self.number} of {self.of}, {points}: {self.title}",
                "Users report:",
                *fails,
                *(["All is well with:", *works] if works else []),
                "To see it yourself:",
                *tried,
            ]
        )


class Expected(NamedTuple):
    """What a case's task says, and what is tried when it is graded: each flow with what should be of it."""

    fails: tuple[ExamFlow, ...]
    works: tuple[ExamFlow, ...]
    tried: Mapping[ExamFlow, bool]


@cache
def _healthy(make: Make) -> Mapping[ExamFlow, bool]:
    """Return what each flow does in a cluster as it should be."""
    with cluster_of(make, None, "model") as cluster:
        return outcomes(cluster, every_flow(healthy(make)))


def symptoms(case: ExamCase) -> dict[ExamFlow, bool]:
    """Return the flows that do not do in the broken cluster what they should, with what they should do."""
    well = _healthy(case.make)
    with cluster_of(case.make, case.change, "model") as broken:
        ill = outcomes(broken, well)
    return {flow: should for flow, should in well.items() if ill[flow] != should}


def expected(case: ExamCase, seed: int) -> Expected:
    """Return what a task says of a case: by the seed, some of the flows that fail, and of those near them that work."""
    dice = random.Random(f"flows {seed} {case.key}")
    well, ill = _healthy(case.make), symptoms(case)
    fails = dice.sample([*ill], min(SHOWN, len(ill)))
    ends = {name for flow in fails for name in (flow.src, flow.dst)}
    near = [flow for flow, does in well.items() if does and flow not in ill and {flow.src, flow.dst} & ends]
    works = dice.sample(near, min(SHOWN, len(near)))
    sample = [*well][dice.randrange(SAMPLE) :: SAMPLE]
    forbidden = [flow for flow, does in well.items() if not does]
    tried = {
        flow: well[flow]
        for flow in (*fails, *works, *sample, *dice.sample(forbidden, min(2, len(forbidden))))
    }
    return Expected(tuple(fails), tuple(works), tried)


def title(make: Make) -> str:
    """Return what a cluster is."""
    name = find_plugin(make.plugin).title
    return f"{name} {make.mode}, rules of {make.rules}, three nodes with two pods each"


def parts(case: ExamCase) -> int:
    """Return of how many tables of how many machines a fault takes something."""
    return len({(each.place, each.table) for each in differences(case.network, modelled(case.broken))})
