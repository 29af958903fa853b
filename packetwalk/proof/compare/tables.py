"""The tables of every namespace, line by line, in model and recording: each says itself what is compared of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from packetwalk.capture.recording import Recording
from packetwalk.tables import Table, every_table
from packetwalk.tables.table import Sides
from packetwalk.walks.network import Network

MASKS = {title: why for table in every_table() for title, why in table.masks.items()}


def differences(network: Network, recording: Recording) -> Iterator[str]:
    """Yield each line that only one of the two has, as text."""
    emulated = set(recording.about.get("emulated") or ())
    for place in recording.places:
        model = network.fabric.netns(place.netns)
        played = {link.ifname for link in model.links.values() if link.kind in emulated}
        for table in every_table():
            sides = table.sides(model, place, played) if table.compared else None
            if sides:
                yield from _of_table(table, place.netns, sides)


def _of_table(table: Table, netns: str, sides: Sides) -> Iterator[str]:
    for line in _without(sides.recorded, sides.model):
        yield f"{table.name}, {netns}: kernel has '{line}'"
    for line in _without(sides.model, sides.recorded):
        yield f"{table.name}, {netns}: kernel lacks '{line}'"
    if sorted(sides.model) == sorted(sides.recorded):
        yield from _order(table, netns, sides)


def _without(some: list[str], others: list[str]) -> list[str]:
    left = list(others)
    out = []
    for line in some:
        if line in left:
            left.remove(line)
        else:
            out.append(line)
    return out


def _order(table: Table, netns: str, sides: Sides) -> Iterator[str]:
    """Yield the first line of each chain that stands elsewhere."""
    ours, recorded = (_by_chain(table, lines) for lines in sides)
    for chain, theirs in recorded.items():
        mine = ours.get(chain, [])
        moved = next(((a, b) for a, b in zip(mine, theirs, strict=True) if a != b), None)
        if chain is not None and moved:
            yield f"{table.name}, {netns}: kernel has '{moved[1]}' where the model has '{moved[0]}'"


def _by_chain(table: Table, lines: list[str]) -> dict[Hashable, list[str]]:
    out: dict[Hashable, list[str]] = {}
    for line in lines:
        out.setdefault(table.chain(line), []).append(line)
    return out
