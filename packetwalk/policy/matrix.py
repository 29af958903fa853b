"""All pairs of pods at once, exactly: who reaches whom at one port, as the bits of whole numbers.

Everything that a rule can ask of an end is the set of pods it means, one number with a bit for each pod.  Pods of which
all these sets say the same are one class; a class's tiers are then asked once for each direction, with the set of those
about whom nothing is decided yet.
"""

from __future__ import annotations

from typing import NamedTuple

from packetwalk.errors import BadInput
from packetwalk.policy.attempt import protocol_of
from packetwalk.policy.deciding import reached
from packetwalk.policy.endpoints import Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.index import bits, turned
from packetwalk.policy.rules import WITH_PORTS, protocol_name
from packetwalk.policy.sieve import Sieve

LONGEST = 56
"""Characters that the names of a class may take in a table."""
WIDEST = 30
"""Classes that a table on a terminal shows."""


class Matrix(NamedTuple):
    """Who reaches whom: ``rows[i]`` has bit ``j`` where pods of class ``i`` reach pods of class ``j``.

    ``port`` is 0 where the protocol has none.  A pod's packets to itself do not leave it: what a class says of itself it says of two different pods.
    """

    protocol: str
    port: int
    pods: tuple[Workload, ...]
    classes: tuple[tuple[int, ...], ...]
    rows: tuple[int, ...]

    @property
    def pairs(self) -> int:
        """How many pairs of different pods there are."""
        return len(self.pods) * (len(self.pods) - 1)

    @property
    def allowed_pairs(self) -> int:
        """How many of them are let through."""
        by_size: dict[int, list[int]] = {}
        for number, each in enumerate(self.classes):
            by_size.setdefault(len(each), []).append(number)
        masks = {size: bits(numbers, len(self.classes)) for size, numbers in by_size.items()}
        total = 0
        for number, row in enumerate(self.rows):
            reached = sum(size * (row & mask).bit_count() for size, mask in masks.items())
            total += len(self.classes[number]) * (reached - (row >> number & 1))
        return total

    def allows(self, source: Workload, destination: Workload) -> bool:
        """Say whether one pod reaches another."""
        return source is destination or bool(self.rows[self._class(source)] >> self._class(destination) & 1)

    def _class(self, pod: Workload) -> int:
        place = self.pods.index(pod)
        return next(number for number, each in enumerate(self.classes) if place in each)

    def names(self, number: int) -> list[str]:
        """Return the names of a class's pods."""
        return [str(self.pods[place]) for place in self.classes[number]]

    def to_json(self) -> dict:
        """Return it as JSON: classes of pods, and a row of 0 and 1 for each, in their order."""
        width = len(self.classes)
        return {
            "protocol": self.protocol,
            "port": self.port or None,
            "pairs": self.pairs,
            "allowed_pairs": self.allowed_pairs,
            "classes": [self.names(number) for number in range(width)],
            "allowed": [f"{row:0{width}b}"[::-1] for row in self.rows],
        }

    def __repr__(self) -> str:
        port = f" {self.port}" if self.port else ""
        head = f"{self.protocol}{port}: {self.allowed_pairs:,} of {self.pairs:,} pairs of pods are allowed"
        said = f"{head}; {len(self.pods):,} pods in {len(self.classes):,} classes"
        if not self.classes or len(self.classes) > WIDEST:
            return said
        names = [self._short(number) for number in range(len(self.classes))]
        wide = max(map(len, names))
        lines = [
            said,
            f"{'from':<{wide}}  to " + " ".join(f"{number + 1:>2}" for number in range(len(names))),
        ]
        for number, (name, row) in enumerate(zip(names, self.rows, strict=True)):
            cells = " ".join(f"{self._cell(row, number, other):>2}" for other in range(len(names)))
            lines.append(f"{name:<{wide}}  {number + 1:>2} {cells}")
        return "\n".join([*lines, "+ allowed, . denied, = itself"])

    def _short(self, number: int) -> str:
        names = self.names(number)
        told = ", ".join(names)
        return told if len(names) == 1 or len(told) <= LONGEST else f"{names[0]} and {len(names) - 1:,} more"

    def _cell(self, row: int, number: int, other: int) -> str:
        if number == other and len(self.classes[number]) == 1:
            return "="
        return "+" if row >> other & 1 else "."


def matrix(estate: Estate, protocol: str | int = "TCP", port: int = 80) -> Matrix:
    """Return who reaches whom at a port; pods on their nodes' networks are no endpoints, and left out."""
    number = protocol_of(protocol)
    if number not in WITH_PORTS:
        port = 0
    elif not 0 < port < 65536:
        raise BadInput("port", port, ["1 to 65535"])
    pods = tuple(each for each in estate.workloads if not each.host_network)
    classes, sieve = classed(estate, pods, number, port)
    return Matrix(protocol_name(number), port, pods, classes, tuple(reached(sieve)))


def classed(
    estate: Estate, pods: tuple[Workload, ...], protocol: int, port: int
) -> tuple[tuple[tuple[int, ...], ...], Sieve]:
    """Return classes of pods of which every condition says the same, and a sieve of one pod of each."""
    whole = Sieve(estate, pods, protocol, port)
    signs = turned(list(whole.conditions()), len(pods))
    found: dict[int, list[int]] = {}
    for place, sign in enumerate(signs):
        found.setdefault(sign, []).append(place)
    classes = tuple(map(tuple, found.values()))
    if len(classes) == len(pods):
        return classes, whole
    return classes, Sieve(estate, tuple(pods[each[0]] for each in classes), protocol, port)
