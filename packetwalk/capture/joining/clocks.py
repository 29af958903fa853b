"""How far the clocks of nodes are apart, from packets that were seen at two of them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

from packetwalk.capture.joining.taken import Captured

AT_LEAST = 1000  # nanoseconds that a packet is on its way, where nothing comes back
AGAIN = 2_000_000_000  # nanoseconds after which the same bytes are another packet


class Clocks(NamedTuple):
    """By node, nanoseconds to add to its times; ``adrift`` are nodes of which no packet says how theirs differ.

    Others may have been compared with one that is adrift.
    """

    shift: Mapping[str, int]
    adrift: tuple[str, ...]


class Passing(NamedTuple):
    """A packet at one node: the first and the last frame of it."""

    first: Captured
    last: Captured


def clocks(seen: Mapping[str, Sequence[Captured]]) -> Clocks:
    """Compare the nodes' clocks; the first of those that met another counts.

    Where packets went both ways, what is the same in both directions is their time on the way; where they went
    one way only, the quickest took a microsecond.
    """
    passes = {node: _passes(each) for node, each in seen.items()}
    ahead: dict[tuple[str, str], list[int]] = {
        pair: _delays(passes[pair[0]], passes[pair[1]]) for pair in permutations(seen, 2)
    }
    shift: dict[str, int] = {}
    begun: list[str] = []
    rest = list(seen)
    while rest:
        met = [(node, other) for node in shift for other in rest if ahead[node, other] or ahead[other, node]]
        if not met:
            begun.append(
                max(rest, key=lambda node: any(delays for pair, delays in ahead.items() if node in pair))
            )
            rest.remove(begun[-1])
            shift[begun[-1]] = 0
            continue
        node, other = max(met, key=lambda pair: _sureness(ahead, *pair))
        there, back = ahead[node, other], ahead[other, node]
        if there and back:
            difference = (min(there) - min(back)) // 2
        else:
            difference = min(there) - AT_LEAST if there else AT_LEAST - min(back)
        shift[other] = shift[node] - difference
        rest.remove(other)
    return Clocks(shift, tuple(begun[1:]))


def _sureness(ahead: Mapping[tuple[str, str], Sequence[int]], node: str, other: str) -> tuple[bool, int]:
    there, back = ahead[node, other], ahead[other, node]
    return bool(there and back), len(there) + len(back)


def _passes(seen: Sequence[Captured]) -> dict[Hashable, Passing]:
    """Return each packet that a node saw once, by what it is known by; what came again much later is none."""
    found: dict[Hashable, list[Captured]] = {}
    for each in seen:
        for name, key in (("outer", each.outer), ("inner", each.inner)):
            if key is not None:
                found.setdefault((name, key), []).append(each)
    out: dict[Hashable, Passing] = {}
    for known, frames in found.items():
        times = [each.frame.time_ns for each in frames]
        first, last = min(times), max(times)
        if last - first < AGAIN:
            out[known] = Passing(frames[times.index(first)], frames[len(times) - 1 - times[::-1].index(last)])
    return out


def _delays(here: Mapping[Hashable, Passing], there: Mapping[Hashable, Passing]) -> list[int]:
    """Return, of packets that went from here to there, by how much the clock there said more."""
    return [
        there[key].first.frame.time_ns - one.last.frame.time_ns
        for key, one in here.items()
        if key in there and _went(one, there[key])
    ]


def _went(here: Passing, there: Passing) -> bool:
    """Say whether a packet went from here to there: it began here, or had more of its life left."""
    if here.last.frame.direction != "out" or there.first.frame.direction != "in":
        return False
    return here.first.frame.direction == "out" or here.first.ttl > there.first.ttl
