"""What a set of policies leaves open, and which of its rules never decide anything about these pods, or outsiders with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from packetwalk.policy.attempt import ECHO
from packetwalk.policy.deciding import Direction, two
from packetwalk.policy.endpoints import HostPoint, Workload
from packetwalk.policy.estate import Estate
from packetwalk.policy.index import places
from packetwalk.policy.outside import outside
from packetwalk.policy.rules import EGRESS, INGRESS, LOG, TCP, NetworkRules, Peer, PolicyRule
from packetwalk.policy.sieve import Sieve
from packetwalk.policy.sweep import Sweep

MOST = 12
"""Names of a list that are told; the others are counted."""
NOBODY = "selects nobody"
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

    @property
    def said(self) -> str:
        """What it is, and why it does nothing."""
        rule = f", {self.direction} rule {self.number}" if self.number is not None else ""
        return f"{self.policy}{rule}: {self.why}"

    def __str__(self) -> str:
        return f"{self.said} ({self.where})"


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


def aimless(estate: Estate) -> Iterator[Idle]:
    """Yield, where there are pods, policies that select nobody and rules with a port of a name that nobody has."""
    pods = tuple(each for each in estate.workloads if not each.host_network)
    sieve = Sieve(estate, pods, TCP, 1)
    for policy in estate.policies if pods else ():
        if policy.before_dnat or policy.untracked:
            continue
        if not sieve.subject(policy) and not _on_hosts(estate, policy):
            yield Idle(policy, "", None, NOBODY, estate.where(policy))
            continue
        for direction, number, rules in _numbered(policy):
            why = _unnamed(estate, rules)
            if why:
                yield Idle(policy, direction, number, why, estate.where(policy))


def _idle(estate: Estate, sieve: Sieve) -> Iterator[Idle]:
    meant, hit = _deciding(Sweep(sieve))
    for policy in estate.policies:
        if policy.before_dnat or policy.untracked:
            continue
        on_hosts = _on_hosts(estate, policy)
        if not sieve.subject(policy) and not on_hosts:
            yield Idle(policy, "", None, NOBODY, estate.where(policy))
        if not sieve.subject(policy) or on_hosts:
            continue
        for direction, number, rules in _numbered(policy):
            key = (policy, direction, number)
            if key not in hit and all(_is_looked_at(estate, rule) for rule in rules):
                nothing = _unnamed(estate, rules) or NOTHING
                why = "others before it decide all that it matches" if key in meant else nothing
                yield Idle(policy, direction, number, why, estate.where(policy))


def _on_hosts(estate: Estate, policy: NetworkRules) -> bool:
    """Say whether a policy governs a HostEndpoint."""
    return any(
        estate.passes_over(policy, host, way) == "" for host in estate.hosts for way in policy.directions
    )


def _numbered(policy: NetworkRules) -> Iterator[tuple[str, int, list[PolicyRule]]]:
    """Yield each rule as it is written, by its direction and number: it may be several."""
    for direction in (INGRESS, EGRESS):
        numbered: dict[int, list[PolicyRule]] = {}
        for rule in policy.rules(direction):
            numbered.setdefault(rule.number, []).append(rule)
        yield from ((direction, number, rules) for number, rules in numbered.items())


def _unnamed(estate: Estate, rules: list[PolicyRule]) -> str:
    """Say which port's name in a rule nobody has; empty where there is none."""
    holders: tuple[Workload | HostPoint, ...] = (*estate.workloads, *estate.hosts)
    for name in (port.name for rule in rules for port in rule.destination.ports if port.name):
        if not any(port.name == name for each in holders for port in each.ports):
            return f"no pod has a port called {name}"
    return ""


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
