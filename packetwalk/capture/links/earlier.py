"""The frames that a namespace has seen so far, found by what a later one asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from heapq import merge

from packetwalk.capture.links.datagram import Datagram
from packetwalk.capture.links.sighting import Sighting, Tap

CanFollow = Callable[[str, Tap, Tap], bool]


class Earlier:
    """An index of frames, by namespace and by what they have in common with the same packet elsewhere.

    A packet is found by its key; a fragment also by its datagram's number and by the key of what the
    datagram holds, for a datagram is whole on one side of a tunnel, of a bridge or of netfilter, and in
    pieces on the other.
    """

    def __init__(
        self, seen: Sequence[Sighting], datagrams: Sequence[Datagram], can_follow: CanFollow
    ) -> None:
        """``can_follow`` says whether a packet passes from one tap of a namespace to another."""
        self._seen, self._datagrams, self._can_follow = seen, datagrams, can_follow
        self._found: dict[tuple, dict[Tap, list[int]]] = defaultdict(dict)

    def add(self, k: int) -> None:
        """Let a frame be found from now on."""
        now = self._seen[k]
        names = [("packet", now.key), ("fragment" if now.fragment else "whole", now.number)]
        if now.fragment:
            names.append(("holds", self._datagrams[k].key))
        for kind, name in names:
            if name is not None:
                self._found[now.frame.netns, kind, name].setdefault(now.tap, []).append(k)

    def akin(self, k: int) -> Iterator[int]:
        """Yield the frames that a frame may have come from, the last one first."""
        now = self._seen[k]
        wanted = [
            ("packet", now.key),
            ("holds", now.key),
            ("whole" if now.fragment else "fragment", now.number),
        ]
        if now.fragment:
            wanted.append(("packet", self._datagrams[k].key))
        netns = now.frame.netns
        lists = [
            numbers
            for kind, name in wanted
            if name is not None
            for tap, numbers in self._found.get((netns, kind, name), {}).items()
            if self._can_follow(netns, tap, now.tap)
        ]
        return merge(*map(reversed, lists), reverse=True)
