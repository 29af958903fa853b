"""The ring as one weaver knows it: tokens, their owners and versions, and how two such rings are merged.

Mirrors weave ipam/ring/ring.go: ``Merge``, ``GrantRangeToHost``, ``Transfer``, ``ReportFree``; peers are called
by their nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from packetwalk.wire.address import ipv4_from_int

TAKEN_OVER = 100  # Transfer raises the version by so much, so that nothing else wins
Range = tuple[int, int]
"""Addresses as numbers: the first, and the one after the last."""
Asked = Callable[[Range], bool]


class RingToken(NamedTuple):
    """Where a part of the ring starts, whose it is, how often that one has changed it, how much of it is free."""

    start: int
    peer: str
    version: int = 0
    free: int = 0

    def __str__(self) -> str:
        return f"{ipv4_from_int(self.start)} {self.peer} v{self.version}"


class RingConflict(Exception):
    """What a router says before it closes the connection over which such a ring came."""


class SharedRing(NamedTuple):
    """All tokens in order; ``end`` is the address after the last; ``seeds`` are the peers that agreed on it."""

    end: int
    tokens: tuple[RingToken, ...] = ()
    seeds: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ", ".join(map(str, self.tokens))

    def begun(self, parts: Iterable[tuple[int, int, str]], seeds: Iterable[str]) -> SharedRing:
        """Return the first ring of all: where each part starts, its size, whose it is (``ClaimForPeers``)."""
        tokens = tuple(RingToken(start, peer, 0, size) for start, size, peer in parts)
        return self._replace(tokens=tokens, seeds=tuple(seeds))

    def parts(self) -> Iterator[tuple[RingToken, Range]]:
        """Yield each token with the range that it begins."""
        limits = [*(each.start for each in self.tokens), self.end]
        for token, end in zip(self.tokens, limits[1:], strict=True):
            yield token, (token.start, end)

    def owned(self, peer: str) -> list[Range]:
        """Return the ranges of a peer, neighbouring ones as one."""
        out: list[Range] = []
        for token, (start, end) in self.parts():
            if token.peer != peer:
                continue
            if out and out[-1][1] == start:
                out[-1] = (out[-1][0], end)
            else:
                out.append((start, end))
        return out

    def merged(self, other: SharedRing, me: str, names: Callable[[str], str], in_use: Asked) -> SharedRing:
        """Return both in one; RingConflict where somebody else says that what I use is his.

        ``names`` are the peers' own; ``in_use`` says whether I have given away an address of a range.
        """
        if other.seeds and self.seeds and other.seeds != self.seeds:
            raise RingConflict("IP allocation was seeded by different peers")
        mine = {token.start: (token, part) for token, part in self.parts()}
        out: dict[int, RingToken] = {}
        for theirs, part in other.parts():
            if theirs.start in mine:
                out[theirs.start] = _newer(*mine[theirs.start], theirs, me, names, in_use)
                continue
            if self.tokens and theirs.peer != me and self._owner(theirs.start) == me and in_use(part):
                raise RingConflict(
                    f"Peer {names(theirs.peer)} says it owns the IP range from {ipv4_from_int(theirs.start)}, "
                    "which I think I own"
                )
            out[theirs.start] = theirs
        for start, (token, _) in mine.items():
            out.setdefault(start, token)
        tokens = tuple(out[start] for start in sorted(out))
        return SharedRing(self.end, tokens, self.seeds or other.seeds)

    def _owner(self, address: int) -> str:
        return next((token.peer for token, (start, end) in self.parts() if start <= address < end), "")

    def granted(self, gift: Range, peer: str) -> SharedRing:
        """Return the ring after the owner of a range, of one token or of several, has given it to a peer."""
        start, end = gift
        out: list[RingToken] = []
        for token, (first, last) in self.parts():
            if last <= start or first >= end:
                out.append(token)
                continue
            given = min(end, last) - max(start, first)
            if first < start:
                out.append(token._replace(version=token.version + 1, free=start - first))
                out.append(RingToken(start, peer, 0, given))
            else:
                out.append(token._replace(peer=peer, version=token.version + 1, free=given))
            if end < last:
                out.append(RingToken(end, token.peer, 0, last - end))
        return self._replace(tokens=tuple(out))

    def transferred(self, peer: str, to: str) -> SharedRing:
        """Return the ring after an administrator has given a peer's ranges to another."""
        return self._replace(
            tokens=tuple(
                each._replace(peer=to, version=each.version + TAKEN_OVER) if each.peer == peer else each
                for each in self.tokens
            )
        )

    def reported(self, peer: str, free: Callable[[Range], int]) -> SharedRing:
        """Return the ring after a peer has counted what is free in its ranges."""
        out = []
        for token, part in self.parts():
            count = free(part) if token.peer == peer else token.free
            same = count == token.free
            out.append(token if same else token._replace(version=token.version + 1, free=count))
        return self._replace(tokens=tuple(out))


def _newer(
    mine: RingToken, part: Range, theirs: RingToken, me: str, names: Callable[[str], str], in_use: Asked
) -> RingToken:
    """Return the newer one of two; my own is not given up while I use it."""
    if theirs.version <= mine.version:
        return mine
    if mine.peer != me:
        return theirs
    if theirs.peer == me:
        return mine._replace(version=theirs.version + 1)
    if in_use(part):
        raise RingConflict(
            f"Received update for IP range I own at {ipv4_from_int(mine.start)} v{mine.version}: "
            f"incoming message says owner {names(theirs.peer)} v{theirs.version}"
        )
    return theirs


class AddressSpace:
    """The addresses that one weaver gives away: who has which, and what is left."""

    def __init__(self, whole: Range) -> None:
        """``whole`` is the range that all share: its first and its last address are nobody's."""
        self.whole = whole
        self.given: dict[str, int] = {}
        self.full: list[Range] = []  # ranges of which every address is said to be in use

    def free(self, ranges: Iterable[Range]) -> list[Range]:
        """Return what is left of ranges, in order."""
        used = sorted([*self.full, *((each, each + 1) for each in self.given.values())])
        out = []
        for start, end in ranges:
            here = start
            for first, last in used:
                if last <= here or first >= end:
                    continue
                if here < first:
                    out.append((here, first))
                here = last
            if here < end:
                out.append((here, end))
        return out

    def count(self, part: Range) -> int:
        """Return how many are free in a range."""
        return sum(end - start for start, end in self.free([part]))

    def in_use(self, part: Range) -> bool:
        """Say whether an address of a range is given away."""
        start, end = part
        return any(start <= each < end for each in self.given.values()) or any(
            first < end and start < last for first, last in self.full
        )

    def next(self, ranges: Iterable[Range]) -> int | None:
        """Return the first address that can be given away."""
        first, last = self.whole[0], self.whole[1] - 1
        for start, end in self.free(ranges):
            for address in range(start, min(end, start + 2)):
                if address not in (first, last):
                    return address
        return None

    def gift(self, ranges: Iterable[Range]) -> Range | None:
        """Return what is given to a peer that asks: the biggest CIDR of at most half of what is left (``Donate``)."""
        free = self.free(ranges)
        best = (0, 0)
        for each in free:
            found = _biggest(each)
            if _size(found) >= _size(best):
                best = found
        if not _size(best):
            return None
        if _size(best) > sum(map(_size, free)) // 2:
            best = (best[0] + _size(best) // 2, best[1])
        return best


def _size(part: Range) -> int:
    return part[1] - part[0]


def _biggest(part: Range) -> Range:
    """Return the last of the biggest CIDRs within a range."""
    start, end = part
    size = 1 << (_size(part).bit_length() - 1) if _size(part) else 0
    while size:
        last = end // size * size - size
        if last >= start:
            return last, last + size
        size >>= 1
    return start, start
