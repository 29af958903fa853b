"""The tiers asked of all at once: whoever is decided about leaves the set of those about whom nothing is decided yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from packetwalk.policy.index import places, turned
from packetwalk.policy.rules import ALLOW, EGRESS, LOG, PASS, UDP, NetworkRules, PolicyRule
from packetwalk.policy.sieve import Sieve
from packetwalk.policy.way import wraps


class Sifted(NamedTuple):
    """A rule at one protocol and port: ``own`` are the pods for which it stands, ``others`` whom it decides about."""

    rule: PolicyRule
    own: int
    others: int


class SiftedPolicy(NamedTuple):
    """A policy of the ``tier``-th tier in one direction."""

    tier: int
    policy: NetworkRules
    rules: tuple[Sifted, ...]


def reached(sieve: Sieve) -> list[int]:
    """Return, for each pod, the pods that it reaches: both directions allow it."""
    going = Direction(sieve, "egress").decided()
    coming = turned(Direction(sieve, "ingress").decided(), sieve.size)
    return [out & into for out, into in zip(going, coming, strict=True)]


def two(one: int, other: int, single: Sequence[bool]) -> bool:
    """Say whether there is one of some places and another, different one, of others; a ``single`` place is one alone."""
    if not one or not other:
        return False
    alone = one == other and one.bit_count() == 1
    return not (alone and single[one.bit_length() - 1])


class Direction:
    """One direction of a sieve: its policies in order, and for each pod those that govern it."""

    def __init__(self, sieve: Sieve, direction: str) -> None:
        self.sieve, self.direction = sieve, direction
        self.defaults = [tier.default == PASS for tier, _ in sieve.estate.tiers]
        self.policies = [
            SiftedPolicy(number, policy, self._rules(policy))
            for number, (_, policies) in enumerate(sieve.estate.tiers)
            for policy in policies
            if policy.speaks_of(direction)
        ]
        if direction not in sieve.governing:
            sieve.governing[direction] = turned(self._subjects(), sieve.size)
        self.governing = sieve.governing[direction]

    def _subjects(self) -> list[int]:
        """Return the pods at which each policy is asked; one that governs the other direction only: where another does."""
        found = [self.sieve.subject(each.policy) for each in self.policies]
        governs = [self.direction in each.policy.directions for each in self.policies]
        governed = 0
        for subject, mine in zip(found, governs, strict=True):
            governed |= subject if mine else 0
        return [each if mine else each & governed for each, mine in zip(found, governs, strict=True)]

    def _rules(self, policy: NetworkRules) -> tuple[Sifted, ...]:
        sieve, found = self.sieve, []
        for rule in policy.rules(self.direction):
            if rule.action == LOG or not sieve.applies(rule):
                continue
            source, destination = sieve.end(rule.source, True), sieve.end(rule.destination, False)
            if rule.version is not None:
                family = sieve.sixth if rule.version == 6 else sieve.everybody ^ sieve.sixth
                source, destination = source & family, destination & family
            own, others = (source, destination) if self.direction == EGRESS else (destination, source)
            if own and others:
                found.append(Sifted(rule, own, others))
        return tuple(found)

    def decided(self) -> list[int]:
        """Return, for each pod, those to whom its packets go out, or those whose packets it takes in."""
        sieve = self.sieve
        closed = sieve.estate.plugin.closes_tunnels and wraps(sieve.protocol, sieve.port)
        if closed and (self.direction == EGRESS or sieve.protocol == UDP):  # nor does a pod answer VXLAN
            return [0] * len(sieve.pods) + [sieve.everybody] * len(sieve.beyond)
        signs = self._signs()
        known: dict[tuple[int, int], int] = {}
        found = []
        for place, (governing, sign) in enumerate(zip(self.governing, signs, strict=True)):
            if (governing, sign) not in known:
                known[governing, sign] = self.allowed(place)
            found.append(0 if sieve.finished >> place & 1 else known[governing, sign])
        return found

    def hits(self, single: Sequence[bool]) -> set[tuple[int, int]]:
        """Return the rules, by policy and place in it, that decide about two: a ``single`` place is one pod, others more."""
        groups: dict[tuple[int, int], int] = {}
        signs = self._signs()
        for place in range(len(self.sieve.pods)):
            if not self.sieve.finished >> place & 1:
                key = self.governing[place], signs[place]
                groups[key] = groups.get(key, 0) | 1 << place
        found = set()
        for members in groups.values():
            told: dict[tuple[int, int], int] = {}
            self.allowed(next(places(members)), told)
            found |= {rule for rule, others in told.items() if two(members, others, single)}
        return found

    def _signs(self) -> list[int]:
        """Return, for each place, for which of the rules that do not stand for everybody it does."""
        partial = sorted({rule.own for each in self.policies for rule in each.rules} - {self.sieve.everybody})
        return turned(partial, self.sieve.size)

    def allowed(self, place: int, hits: dict[tuple[int, int], int] | None = None) -> int:
        """Return whom the tiers allow at one pod; ``hits`` is told whom each rule decided about."""
        left, allowed, tier, passed = self.sieve.everybody, 0, -1, 0
        for number in places(self.governing[place]):
            each = self.policies[number]
            if each.tier != tier:
                if tier >= 0:
                    left = passed | left if self.defaults[tier] else passed
                tier, passed = each.tier, 0
                if not left:
                    break
            for at, rule in enumerate(each.rules):
                hit = left & rule.others
                if hit and rule.own >> place & 1:
                    left ^= hit
                    if rule.rule.action == ALLOW:
                        allowed |= hit
                    elif rule.rule.action == PASS:
                        passed |= hit
                    if hits is not None:
                        hits[number, at] = hits.get((number, at), 0) | hit
        if tier >= 0:
            left = passed | left if self.defaults[tier] else passed
        return allowed | left
