"""Many at once: who has a label, an address of a range or a port of a name, as the bits of one whole number.

Bit ``i`` stands for the ``i``-th of those that were counted; sets are joined and cut by ``|`` and ``&``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

FEW = 32
"""Of so many times more columns than rows, each bit is looked at alone."""


def bits(places: Iterable[int], size: int) -> int:
    """Return a number with the bits at these places, all of them below ``size``."""
    packed = bytearray(size // 8 + 1)
    for place in places:
        packed[place >> 3] |= 1 << (place & 7)
    return int.from_bytes(packed, "little")


def places(mask: int) -> Iterator[int]:
    """Yield where a number has bits, the lowest first."""
    text = bin(mask)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)


class Index:
    """Who has a label: asked for a key, it answers with the bits of each value, which it remembers."""

    def __init__(self, labels: Sequence[Mapping[str, str]]) -> None:
        self.labels, self.size = labels, len(labels)
        self.everybody = (1 << self.size) - 1
        self._known: dict[str, dict[str, int]] = {}

    def label(self, key: str) -> dict[str, int]:
        """Return the bits of each value that a label has here."""
        if key not in self._known:
            holders: dict[str, list[int]] = {}
            for place, labels in enumerate(self.labels):
                value = labels.get(key)
                if value is not None:
                    holders.setdefault(value, []).append(place)
            self._known[key] = {value: bits(found, self.size) for value, found in holders.items()}
        return self._known[key]


class AddressIndex:
    """Who has an address of a range; each may have several, of both families."""

    def __init__(self, addresses: Iterable[Iterable[tuple[int, int]]], size: int) -> None:
        held = sorted((address, place) for place, each in enumerate(addresses) for address in each)
        self._addresses = [address for address, _ in held]
        self._places = [place for _, place in held]
        self._size = size

    def within(self, version: int, first: int, last: int) -> int:
        """Return the bits of all that have an address from ``first`` to ``last`` of a family."""
        start = bisect_left(self._addresses, (version, first))
        return bits(self._places[start : bisect_right(self._addresses, (version, last))], self._size)


def turned(rows: Sequence[int], size: int) -> list[int]:
    """Return ``size`` columns of rows of bits as rows: bit ``i`` of row ``j`` is bit ``j`` of row ``i`` before.

    Few rows are read bit by bit; else blocks across the diagonal are exchanged, each time half as wide (H. S. Warren, Hacker's Delight, 7-3).
    """
    if len(rows) * FEW < size:
        columns = [0] * size
        for number, row in enumerate(rows):
            for place in places(row):
                columns[place] |= 1 << number
        return columns
    width = 1
    while width < max(size, len(rows)):
        width *= 2
    table = [*rows, *[0] * (width - len(rows))]
    half, mask = width // 2, (1 << width // 2) - 1
    while half:
        for upper in range(0, width, 2 * half):
            for row in range(upper, upper + half):
                above, below = table[row], table[row + half]
                if above or below:
                    moved = ((above >> half) ^ below) & mask
                    if moved:
                        table[row], table[row + half] = above ^ (moved << half), below ^ moved
        half //= 2
        mask ^= mask << half
    return table[:size]
