"""Paxos as weaver holds it once, before there is a ring: which peers are to share the range.

Mirrors weave ipam/paxos/paxos.go, where proposals and answers are one thing: what each peer claims, passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

ProposalId = tuple[int, str]
"""The round, from 1, and the name of the peer that proposes; (0, "") is none."""
NONE: ProposalId = (0, "")


class PaxosClaims(NamedTuple):
    """What a peer has promised, and what it has accepted: the peers that are to share the range."""

    promise: ProposalId = NONE
    accepted: ProposalId = NONE
    value: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"promises round {self.promise[0]} of {self.promise[1]}"
        return f"{text}, accepts {' and '.join(self.value)}" if self.value else text


Known = Mapping[str, PaxosClaims]


class Paxos:
    """A peer's part: names are those by which the mesh sorts."""

    def __init__(self, name: str, quorum: int) -> None:
        self.name, self.quorum = name, quorum
        self.known: dict[str, PaxosClaims] = {}

    def propose(self) -> None:
        """Begin a round that supersedes all others."""
        highest = max((max(each.promise[0], each.accepted[0]) for each in self.known.values()), default=0)
        mine = self.known.get(self.name, PaxosClaims())
        self.known[self.name] = mine._replace(promise=(highest + 1, self.name))
        if self.quorum == 1:
            self.think()

    def update(self, other: Known) -> bool:
        """Take in what others claim; say whether anything was new."""
        before = dict(self.known)
        for name, theirs in other.items():
            mine = self.known.get(name, PaxosClaims())
            if theirs.promise > mine.promise:
                mine = mine._replace(promise=theirs.promise)
            if theirs.accepted > mine.accepted:
                mine = mine._replace(accepted=theirs.accepted, value=theirs.value)
            self.known[name] = mine
        return self.known != before

    def think(self) -> bool:
        """Promise, accept, or ask to accept; say whether that changed the own claims."""
        before = self.known.get(self.name, PaxosClaims())
        promise = max([before.promise, *(each.promise for each in self.known.values())])
        mine = before._replace(promise=promise)
        if promise[1] == self.name:
            mine = self._asked_for(mine)
        for each in self.known.values():
            if each.accepted == promise:
                mine = mine._replace(accepted=each.accepted, value=each.value)
        self.known[self.name] = mine
        return mine != before

    def _asked_for(self, mine: PaxosClaims) -> PaxosClaims:
        """Accept the own proposal if a quorum has promised: what was accepted before, or all that are known."""
        promised = [each for each in {**self.known, self.name: mine}.values() if each.promise == mine.promise]
        if len(promised) < self.quorum:
            return mine
        best = max(promised, key=lambda each: each.accepted)
        return mine._replace(accepted=mine.promise, value=best.value or tuple(sorted(self.known)))

    def agreed(self) -> tuple[str, ...]:
        """Return the peers that a quorum has accepted; nobody before that."""
        values = [each.value for each in self.known.values() if each.value]
        return next((each for each in values if values.count(each) >= self.quorum), ())
