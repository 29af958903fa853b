"""Grading: tables compared with the plan's, and packets; what a learner types is never looked at."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from packetwalk.capture.recording import COMMANDS
from packetwalk.datapath.netns import Netns
from packetwalk.lab.exam.flows import ExamFlow
from packetwalk.lab.grounds.model import ModelGround
from packetwalk.plan.cluster import INTERNET, ROUTER
from packetwalk.tables import ChainPolicy, IptablesRule, Table, UserChain, every_table
from packetwalk.tables.ipset import SETS
from packetwalk.tables.iptables import BUILT_IN, COMMENT, IPTABLES, JUMP, TARGETS
from packetwalk.tables.route import ROUTES
from packetwalk.tables.sysctl import BELIEVES, FORWARD, FORWARDING, SETTINGS, is_read, usual_value
from packetwalk.tables.table import Recorded
from packetwalk.walks.network import Network

if TYPE_CHECKING:
    from packetwalk.lab.grounds.ground import Ground


class OddLine(NamedTuple):
    """A line that only the cluster has (``extra``), or only the plan; ``place`` and ``table`` say where."""

    place: str
    table: str
    extra: bool
    line: str


REMARK = re.compile(r'-m comment --comment (?:"(?:[^"\\]|\\.)*"|\S+) ?')
"""What a rule says of itself, which decides nothing."""
Part = tuple[str, str]
"""A table on a machine or in a pod: what of a task is mended whole, or not."""


class ModelledTables(NamedTuple):
    """The tables of a namespace of the model as they are now, to be compared as a recording's are."""

    ns: Netns
    files: Mapping[str, str]

    def entries(self, table: Table[Any]) -> Sequence[Any]:
        """Return the lines of a table."""
        return self.ns.entries(table)


def tables(cluster: Ground) -> dict[str, Recorded]:
    """Return the tables of every namespace of a cluster: the kernel's as its tools print them, or the model's."""
    if isinstance(cluster, ModelGround):
        return modelled(cluster.state.network)
    src, dst = cluster.pods[0], cluster.pods[1]
    places = cluster.capture(src, dst).places
    return {each.netns: each for each in places if each.netns not in (ROUTER, INTERNET)}


def modelled(network: Network) -> dict[str, Recorded]:
    """Return the tables of a network of the model."""
    files = dict.fromkeys(COMMANDS, "")
    names = [*(node.name for node in network.nodes), *(pod.name for pod in network.pods)]
    return {name: ModelledTables(network.fabric.netns(name), files) for name in names}


def differences(well: Network, now: Mapping[str, Recorded]) -> Counter[OddLine]:
    """Return each line that only one of plan and cluster has, and each chain in which rules stand otherwise."""
    found: Counter[OddLine] = Counter()
    for name, held in now.items():
        plan = well.fabric.netns(name)
        for table in every_table():
            for ours, theirs in _sides(table, plan, held):
                mine, yours = Counter(ours), Counter(theirs)
                found.update(OddLine(name, table.name, False, line) for line in (mine - yours).elements())
                found.update(OddLine(name, table.name, True, line) for line in (yours - mine).elements())
                if mine == yours:
                    found.update(_moved(name, table, ours, theirs))
    return found


def _sides(table: Table[Any], plan: Netns, held: Recorded) -> Iterator[tuple[list[str], list[str]]]:
    """Yield what is compared of a table, of plan and cluster; what proofs leave out, too.

    Who wrote a route, and what a rule says of itself, are not.
    """

    def both(lines: Callable[[Sequence[Any]], Iterable[str]]) -> tuple[list[str], list[str]]:
        return [*lines(plan.entries(table))], [*lines(held.entries(table))]

    if table is SETTINGS:
        yield _settings(plan, held)
    elif table is SETS:
        yield both(lambda sets: (f"{each.name}: {' '.join(sorted(each.members))}" for each in sets))
    elif table is ROUTES:
        yield both(lambda routes: (table.comparable(each._replace(protocol=None)) for each in routes))
    elif table.compared and (sides := table.sides(plan, held)):
        ours, theirs = ([REMARK.sub("", line) for line in side] for side in sides)
        yield ours, theirs
    if table is IPTABLES:
        yield both(_chains)


def _chains(entries: Sequence[Any]) -> Iterator[str]:
    """Yield the chains that somebody has made, or that rules need, and the policies that are not ACCEPT."""
    found = set()
    for each in entries:
        if isinstance(each, UserChain):
            found.add((each.chain_table, each.chain))
        elif isinstance(each, IptablesRule):
            leads = [name for name in JUMP.findall(COMMENT.sub("", each.spec)) if name not in TARGETS]
            found |= {(each.chain_table, name) for name in (each.chain, *leads)}
        elif isinstance(each, ChainPolicy) and "ACCEPT" not in str(each):
            yield f"{each.chain_table} {each}"
    yield from sorted(f"{table} chain {name}" for table, name in found if name not in BUILT_IN[table])


def _settings(plan: Netns, held: Recorded) -> tuple[list[str], list[str]]:
    """Return the settings that either of the two has otherwise than the kernel by itself."""
    sides = [
        {each.key: each.value for each in side.entries(SETTINGS) if is_read(each.key)}
        for side in (plan, held)
    ]
    keys = sorted({*sides[0], *sides[1]})
    ours, theirs = ([f"{key} = {side.get(key, _usual(key, side))}" for key in keys] for side in sides)
    return ours, theirs


def _usual(key: str, side: Mapping[str, str]) -> str:
    """Return what a setting is that nobody has written: some follow the machine's forwarding (``inet_forward_change``)."""
    forwards = side.get(FORWARD, usual_value(FORWARD))
    if FORWARDING.fullmatch(key):
        return forwards
    return {"0": "1"}.get(forwards, "0") if key == BELIEVES else usual_value(key)


def _moved(name: str, table: Table[Any], ours: Sequence[str], theirs: Sequence[str]) -> Iterator[OddLine]:
    """Yield the first rule of each chain that stands elsewhere."""
    for chain in dict.fromkeys(filter(None, map(table.chain, ours))):
        mine, yours = ([line for line in side if table.chain(line) == chain] for side in (ours, theirs))
        for one, other in zip(mine, yours, strict=True):
            if one != other:
                yield OddLine(name, table.name, True, f"{other} (where {one} should be)")
                break


class Grade(NamedTuple):
    """What a task has earned: a point for each part that is mended whole, none where something else was changed.

    ``harm`` are the parts in which lines differ that were well, ``silent`` the flows that do not work as they should;
    ``late`` says that the time was over.
    """

    points: int
    most: int
    harm: tuple[Part, ...]
    silent: tuple[ExamFlow, ...]
    late: bool = False

    @property
    def right(self) -> bool:
        """Say whether all is well again."""
        return self.points == self.most

    def __repr__(self) -> str:
        said = f"{self.points} of {self.most}{', late' if self.late else ''}"
        if self.harm:
            where = ", ".join(f"{table} of {place}" for place, table in self.harm)
            return f"{said}: lines that were well are changed or gone, or lines are too many: {where}"
        if self.right:
            return f"{said}: all is as it should be"
        if self.points:
            return f"{said}: a part is mended"
        still = (
            f"{self.silent[0]} does not do what it should"
            if self.silent
            else "tables are not as they should be"
        )
        return f"{said}: {still}"


def grade(
    damage: Counter[OddLine],
    before: Counter[OddLine],
    now: Counter[OddLine],
    flows: Mapping[ExamFlow, tuple[bool, bool]],
) -> Grade:
    """Return the grade of a cluster.

    ``damage`` is what the fault changed, ``before`` all that differed when the learner came, ``now`` what differs;
    ``flows`` are what should be of each flow, and what is.
    """
    parts = {_part(each) for each in damage}
    left = {_part(each) for each in damage & now}
    harm = {_part(each) for each in now - before}
    silent = tuple(flow for flow, (should, does) in flows.items() if should != does)
    points = 0 if harm else len(parts - left)
    if points == len(parts) and silent:
        points = 0
    return Grade(points, len(parts), tuple(sorted(harm)), silent)


def _part(each: OddLine) -> Part:
    return each.place, each.table
