"""A task with its place: the cluster as it should be, as it is, and the commands that lead from one to the other."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache, cached_property

from packetwalk.lab.exam.bench import Make
from packetwalk.lab.exam.kinds import Kind, kinds
from packetwalk.lab.exam.mending import Remedy, commands
from packetwalk.lab.exam.spots import MACHINES, Spot
from packetwalk.lab.plugins import plugin_slice
from packetwalk.plan.edit import Change
from packetwalk.plan.operation import Operation
from packetwalk.walks.network import Network


@cache
def healthy(make: Make) -> Network:
    """Return the cluster as the plugin makes it, of the release that labs have."""
    installed = plugin_slice(make.plugin).installation
    release = installed.release if installed else None
    return Network(MACHINES, make.plugin, make.mode, rules=make.rules, release=release)


class ExamCase:
    """A kind of task at a spot; two are equal when they break the same."""

    def __init__(self, kind: Kind, spot: Spot) -> None:
        self.kind, self.spot = kind, spot

    @property
    def key(self) -> tuple[str, ...]:
        """What tells it from others: the kind and the names of its places."""
        return (
            self.kind.name,
            self.spot.node.name,
            self.spot.peer.name,
            self.spot.pod.name,
            self.spot.service.name,
        )

    @property
    def make(self) -> Make:
        """What its cluster is."""
        return Make(self.kind.plugin, self.kind.mode, self.kind.rules)

    @property
    def change(self) -> Change:
        """What is broken."""
        return self.kind.change(self.spot)

    @property
    def network(self) -> Network:
        """The cluster as it should be."""
        return healthy(self.make)

    @cached_property
    def broken(self) -> Network:
        """The cluster as the learner finds it."""
        older, make = self.network.plugin.other, self.make
        return Network(MACHINES, make.plugin, make.mode, change=self.change, rules=make.rules, release=older)

    @property
    def cause(self) -> str:
        """What is wrong, in a sentence; for after the exam."""
        names = {part: getattr(self.spot, part).name for part in ("node", "peer", "pod", "service")}
        return self.kind.cause.format(**names)

    @cached_property
    def solution(self) -> tuple[Remedy, ...]:
        """The commands that mend it."""
        found: list[Remedy] = []
        for node in MACHINES.nodes:
            well, ill = (_by_netns(net.plan(node.name)) for net in (self.network, self.broken))
            for netns in well:
                found += commands(well[netns], ill.get(netns, []))
        return (*found, *(Remedy(*each) for each in self.kind.also(self.spot)))


def _by_netns(plan: Sequence[Operation]) -> dict[str, list[Operation]]:
    out: dict[str, list[Operation]] = {}
    for each in plan:
        out.setdefault(each.netns, []).append(each)
    return out


def draw(seed: int, tasks: int) -> tuple[ExamCase, ...]:
    """Return the exam of a seed, its tasks in their order: each plugin has its turn, no kind comes twice.

    How many are asked for changes none of them: a seed's first task is the same in an exam of two and of twenty.
    """
    dice = random.Random(f"packetwalk exam {seed}")
    left: dict[str, list[Kind]] = {}
    for kind in kinds():
        left.setdefault(kind.plugin, []).append(kind)
    chosen: list[ExamCase] = []
    while len(chosen) < tasks:
        for plugin in dice.sample(sorted(left), len(left)):
            if left[plugin] and len(chosen) < tasks:
                kind = left[plugin].pop(dice.randrange(len(left[plugin])))
                chosen.append(ExamCase(kind, dice.choice(kind.spots())))
    return tuple(chosen)


def every_case() -> tuple[ExamCase, ...]:
    """Return each kind at each of its spots."""
    return tuple(ExamCase(kind, spot) for kind in kinds() for spot in kind.spots())
