"""What changes between two sets of manifests: which pods reach which, and whom outside, at which ports, before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from packetwalk.policy.deciding import Direction
from packetwalk.policy.estate import Estate
from packetwalk.policy.index import places, turned
from packetwalk.policy.outside import Outside, outside
from packetwalk.policy.points import Stretch
from packetwalk.policy.rules import EGRESS, INGRESS, TCP
from packetwalk.policy.sieve import Sieve
from packetwalk.policy.sweep import Sweep
from packetwalk.policy.touching import joined

MOST = 40
"""Changes that are told one by one; the others are counted."""


class Change(NamedTuple):
    """Two pods, or a pod and a range outside, between which something changes at some ports."""

    source: str
    destination: str
    ports: tuple[Stretch, ...]
    allowed: bool

    def __str__(self) -> str:
        ports = ", ".join(map(str, self.ports))
        return f"{'+' if self.allowed else '-'} {self.source} -> {self.destination}: {ports}"


def _is_outside(change: Change) -> bool:
    return "outside" in (change.source.partition(" ")[0], change.destination.partition(" ")[0])


class Changes(NamedTuple):
    """All changes: ``+`` what is newly allowed, ``-`` what is newly denied; pods that only one set has."""

    changes: tuple[Change, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]

    def _counted(self, beyond: bool, what: str) -> str:
        ways = [each.allowed for each in self.changes if _is_outside(each) == beyond]
        return f"{sum(ways):,} {what} are opened, {len(ways) - sum(ways):,} are closed"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        told = [
            {"src": each.source, "dst": each.destination, "ports": [str(one) for one in each.ports]}
            | {"verdict": "allow" if each.allowed else "deny"}
            for each in self.changes
        ]
        return {"changes": told, "pods_gone": list(self.gone), "pods_new": list(self.new)}

    def __repr__(self) -> str:
        lines = [f"{self._counted(False, 'pairs of pods')}, at some ports"]
        if any(map(_is_outside, self.changes)):
            lines.append(f"{self._counted(True, 'pairs of a pod and a range outside')}, at some ports")
        lines += [str(each) for each in self.changes[:MOST]]
        if len(self.changes) > MOST:
            lines.append(f"and {len(self.changes) - MOST:,} more")
        lines += [f"pods that are gone: {', '.join(self.gone)}"] if self.gone else []
        lines += [f"pods that are new: {', '.join(self.new)}"] if self.new else []
        return "\n".join(lines)


def difference(before: Estate, after: Estate) -> Changes:
    """Compare two estates: pods that both have, and they with addresses outside, at every port about which either differs."""
    names = [{str(each) for each in estate.workloads if not each.host_network} for estate in (before, after)]
    common = sorted(names[0] & names[1])
    ranges = outside(before, after)
    found = Sweep(*(_sieve(each, common, ranges) for each in (before, after)))
    rows: list[dict[bool, list[tuple[int, int]]]] = [{True: [], False: []} for _ in found.classes]
    for number, kind in enumerate(found.kinds):
        for row, opened, closed in _changed(*found.at(kind)):
            rows[row][True] += [(number, opened)] * bool(opened)
            rows[row][False] += [(number, closed)] * bool(closed)
    told = Told(found, common, ranges)
    changes = sorted(
        change
        for row, each in enumerate(rows)
        for way, masks in each.items()
        for change in told.of(row, way, masks)
    )
    return Changes(
        tuple(Change(*each[:2], each[3], each[2]) for each in changes),
        tuple(sorted(names[0] - names[1])),
        tuple(sorted(names[1] - names[0])),
    )


def _sieve(estate: Estate, common: list[str], ranges: tuple[Outside, ...]) -> Sieve:
    by_name = {str(each): each for each in estate.workloads}
    return Sieve(
        estate, tuple(by_name[name] for name in common), TCP, 1, tuple(each.address for each in ranges)
    )


def _changed(before: Sieve, after: Sieve) -> Iterator[tuple[int, int, int]]:
    """Yield each place at which something changes at one port, with those to whom it is opened and closed."""
    going, coming = (
        [Direction(each, way).decided() for each in (before, after)] for way in (EGRESS, INGRESS)
    )
    if going[0] == going[1] and coming[0] == coming[1]:
        return
    rows = [
        [out & into for out, into in zip(outs, turned(ins, before.size), strict=True)]
        for outs, ins in zip(going, coming, strict=True)
    ]
    for place, (old, new) in enumerate(zip(*rows, strict=True)):
        if old != new:
            yield place, new & ~old, old & ~new


class Told:
    """Changes between classes as changes between pods, and between pods and ranges outside."""

    def __init__(self, sweep: Sweep, common: list[str], ranges: tuple[Outside, ...]) -> None:
        self.sweep, self.common, self.ranges = sweep, common, ranges
        self.sieve = sweep.sieves[0]
        self._ports: dict[tuple[int, ...], tuple[Stretch, ...]] = {}

    def of(
        self, row: int, allowed: bool, masks: list[tuple[int, int]]
    ) -> Iterator[tuple[str, str, bool, tuple[Stretch, ...]]]:
        """Yield the changes at the places of a class: ``masks`` are classes, by kind of ports."""
        family = self.sieve.sixth if self.sieve.sixth >> row & 1 else self.sieve.everybody ^ self.sieve.sixth
        pods = self.sieve.inside
        reach = (pods | family) if pods >> row & 1 else pods & family
        for kinds, columns in _parted(masks):
            others = [place for column in places(columns & reach) for place in self.sweep.classes[column]]
            ends = self._names(others)
            for source in self._names(self.sweep.classes[row]):
                yield from (
                    (source, other, allowed, self._stretches(kinds)) for other in ends if other != source
                )

    def _names(self, at: Iterable[int]) -> list[str]:
        """Return the names of places; ranges that touch have one."""
        within = len(self.common)
        beyond = joined(self.ranges[place - within] for place in sorted(at) if place >= within)
        return [*(self.common[place] for place in at if place < within), *map(str, beyond)]

    def _stretches(self, kinds: tuple[int, ...]) -> tuple[Stretch, ...]:
        if kinds not in self._ports:
            self._ports[kinds] = tuple(
                joined(sorted(each for kind in kinds for each in self.sweep.kinds[kind]))
            )
        return self._ports[kinds]


def _parted(masks: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, ...], int]]:
    """Yield the bits that are in the same masks together, with the numbers of these."""
    parts: list[tuple[tuple[int, ...], int]] = []
    for number, mask in masks:
        left, cut = mask, []
        for numbers, part in parts:
            cut += [((*numbers, number), part & mask)] * bool(part & mask) + [(numbers, part & ~mask)] * bool(
                part & ~mask
            )
            left &= ~part
        parts = cut + [((number,), left)] * bool(left)
    yield from parts
