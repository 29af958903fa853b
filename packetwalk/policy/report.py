"""What a set of policies leaves open, and which of its rules never decide anything about these pods, or outsiders with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from packetwalk.policy.attempt import ECHO
from packetwalk.policy.deciding import Direction, two
from packetwalk.policy.estate import Estate
from packetwalk.policy.index import places
from packetwalk.policy.outside import outside
from packetwalk.policy.rules import EGRESS, INGRESS, LOG, TCP, NetworkRules, Peer, PolicyRule
from packetwalk.policy.sieve import Sieve
from packetwalk.policy.sweep import Sweep

MOST = 12
"""Names of a list that are told; the others are counted."""
NOTHING = "matches no two pods, and no pod with an address outside"


Named = tuple[NetworkRules, str, int]
"""A rule by its policy, direction and number."""


class Idle(NamedTuple):
    """A policy, or one rule of it, that does nothing, and why."""

    policy: NetworkRules
    direction: str
    number: int | None
    why: str
    where: str

    def __str__(self) -> str:
        rule = f", {self.direction} rule {self.number}" if self.number is not None else ""
        return f"{self.policy}{rule}: {self.why} ({self.where})"


class Report(NamedTuple):
    """Pods that nothing governs in a direction, and policies and rules that do nothing."""

    unprotected: dict[str, tuple[str, ...]]
    idle: tuple[Idle, ...]
    staged: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        idle = [
            {
                "policy": str(each.policy),
                "direction": each.direction or None,
                "rule": each.number,
                "why": each.why,
            }
            | {"where": each.where}
            for each in self.idle
        ]
        return {
            "unprotected": {way: list(names) for way, names in self.unprotected.items()},
            "idle": idle,
        } | {"staged": list(self.staged)}

    def __repr__(self) -> str:
        lines = []
        for direction, names in self.unprotected.items():
            told = ", ".join(names[:MOST]) + (f" and {len(names) - MOST:,} more" if len(names) > MOST else "")
            lines.append(
                f"no policy governs {direction} of {len(names):,} pods{': ' + told if names else ''}"
            )
        lines.append(f"{len(self.idle):,} policies and rules do nothing{':' if self.idle else ''}")
        lines += [f"  {each}" for each in self.idle]
        lines += [f"staged, not enforced: {each}" for each in self.staged]
        return "\n".join(lines)


def report(estate: Estate) -> Report:
    """Look at every pod, at addresses outside, and at every port about which policies differ."""
    pods = tuple(each for each in estate.workloads if not each.host_network)
    sieve = Sieve(estate, pods, TCP, 1, tuple(each.address for each in outside(estate)))
    unprotected = {}
    for direction in (INGRESS, EGRESS):
        governed = 0
        for policy in estate.policies:
            governed |= sieve.subject(policy) if direction in policy.directions else 0
        unprotected[direction] = tuple(str(pods[place]) for place in places(sieve.inside & ~governed))
    staged = [str(policy) for policy, _ in estate.found.policies.values() if policy.staged]
    return Report(unprotected, tuple(_idle(estate, sieve)), tuple(sorted(staged)))


def _idle(estate: Estate, sieve: Sieve) -> Iterator[Idle]:
    meant, hit = _deciding(Sweep(sieve))
    for policy in estate.policies:
        if policy.before_dnat or policy.untracked:
            continue
        on_hosts = any(
            estate.passes_over(policy, host, way) == "" for host in estate.hosts for way in policy.directions
        )
        if not sieve.subject(policy) and not on_hosts:
            yield Idle(policy, "", None, "selects nobody", estate.where(policy))
        if not sieve.subject(policy) or on_hosts:
            continue
        for direction in (INGRESS, EGRESS):
            numbered: dict[int, list[PolicyRule]] = {}
            for rule in policy.rules(direction):
                numbered.setdefault(rule.number, []).append(rule)
            for number, rules in numbered.items():
                key = (policy, direction, number)
                if key not in hit and all(_is_looked_at(estate, rule) for rule in rules):
                    why = "others before it decide all that it matches" if key in meant else NOTHING
                    yield Idle(policy, direction, number, why, estate.where(policy))


def _is_looked_at(estate: Estate, rule: PolicyRule) -> bool:
    """Say whether pods and addresses outside tell all about a rule: not where it asks for nodes, names or source ports."""
    ends = rule.source, rule.destination
    return (
        rule.action != LOG
        and rule.icmp in (None, ECHO)
        and rule.not_icmp is None
        and not (rule.source.ports or rule.source.not_ports)
        and not any(_is_of_nodes(estate, peer) for end in ends for peer in end.peers)
    )


def _is_of_nodes(estate: Estate, peer: Peer) -> bool:
    addresses = [
        each for machine in estate.machines.values() for each in (*machine.addresses, *machine.tunnels)
    ]
    addresses += [each for host in estate.hosts for each in host.addresses]
    named = any(address in net for net in peer.nets for address in addresses)
    return peer.nodes is not None or bool(peer.domains) or named or bool(estate.hosts and peer.selector)


def _deciding(sweep: Sweep) -> tuple[set[Named], set[Named]]:
    """Return which rules, by policy, direction and number, match any two, and which decide about any."""
    meant: set[Named] = set()
    hit: set[Named] = set()
    for kind in sweep.kinds:
        (here,) = sweep.at(kind)
        for way in (INGRESS, EGRESS):
            direction = Direction(here, way)
            found = direction.hits(sweep.single)
            for number, each in enumerate(direction.policies):
                subject = here.subject(each.policy)
                for at, rule in enumerate(each.rules):
                    key = (each.policy, way, rule.rule.number)
                    if two(rule.own & subject, rule.others, sweep.single):
                        meant.add(key)
                    if (number, at) in found:
                        hit.add(key)
    return meant, hit
