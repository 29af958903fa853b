"""One direction at one endpoint: tiers, policies and rules in order, until one decides.

As Felix asks (felix/rules/endpoints.go of Calico v3.33, and seen in 119 cases with its packets): a tier in which no
policy governs the endpoint in this direction is left out; after Pass the next tier; what no rule of a tier decides, its
default action does; after the last tier, the profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from packetwalk.policy.attempt import Attempt
from packetwalk.policy.endpoints import HostPoint, Workload
from packetwalk.policy.estate import Estate, Party
from packetwalk.policy.rules import (
    ALLOW,
    DENY,
    INGRESS,
    LOG,
    PASS,
    WITH_PORTS,
    NetworkRules,
    Peer,
    PolicyRule,
    PolicyTier,
    Ports,
    RuleEnd,
    protocol_name,
)

NORMAL, FORWARD, BEFORE_DNAT, UNTRACKED = "normal", "forward", "preDNAT", "doNotTrack"
"""What of a host endpoint is asked; a pod has the first only."""
NAMED = 4
"""Policies that a sentence names."""
DEFAULT_ALLOW = "projectcalico-default-allow"


class Ruling(NamedTuple):
    """What was decided at one endpoint in one direction, by which rule of which policy of which tier.

    Where a tier's default action decided there is no ``rule``, and ``policies`` are all that govern the endpoint in that
    tier; where a profile did there are none.  ``others`` says of every policy and rule that was asked before why it did
    not decide.
    """

    endpoint: str
    direction: str
    allowed: bool
    tier: str = ""
    policies: tuple[NetworkRules, ...] = ()
    rule: PolicyRule | None = None
    said: str = ""
    others: tuple[str, ...] = ()


def governing(
    estate: Estate, endpoint: Workload | HostPoint, direction: str, stage: str = NORMAL
) -> list[tuple[PolicyTier, list[NetworkRules]]]:
    """Return the tiers that have a policy for an endpoint in this direction, with those that have something to say of it."""
    party = _party(endpoint)
    found = []
    for tier, policies in estate.tiers:
        mine = [
            each
            for each in policies
            if each.speaks_of(direction) and _staged(each, stage) and estate.means(each.subject, party)
        ]
        if any(direction in each.directions for each in mine):
            found.append((tier, mine))
    return found


def _some(policies: list[NetworkRules]) -> str:
    """Return the names of some policies, the others counted."""
    names = ", ".join(map(str, policies[:NAMED]))
    return f"{names} and {len(policies) - NAMED} more" if len(policies) > NAMED else names


def _party(endpoint: Workload | HostPoint) -> Party:
    if isinstance(endpoint, Workload):
        return Party(workload=endpoint)
    return Party(hosts=(endpoint,))


def _staged(policy: NetworkRules, stage: str) -> bool:
    """Say whether a policy is asked at this stage of a packet's way."""
    if stage in (UNTRACKED, BEFORE_DNAT):
        return policy.untracked if stage == UNTRACKED else policy.before_dnat
    return not (policy.untracked or policy.before_dnat) and (stage == NORMAL or policy.on_forward)


def judge(
    estate: Estate,
    endpoint: Workload | HostPoint,
    direction: str,
    asked: Attempt,
    stage: str = NORMAL,
    told: bool = False,
) -> Ruling | None:
    """Return what is decided; None at a stage of a host endpoint that has nothing to say.  ``told``: also of others."""
    others: list[str] = []
    tiers = governing(estate, endpoint, direction, stage)
    for tier, policies in tiers:
        found = _tier(estate, tier, policies, direction, asked, others if told else None)
        if found is None and tier.default == DENY and stage in (NORMAL, FORWARD):
            said = f"tier {tier.name}: no {direction} rule of {_some(policies)} matches: Deny"
            return Ruling(
                str(endpoint), direction, False, tier.name, tuple(policies), said=said, others=tuple(others)
            )
        if found is not None and found[1].action != PASS:
            policy, rule = found
            name = f"{rule.number} ({rule.name})" if rule.name else f"{rule.number}"
            said = f"tier {tier.name}: {policy}, {direction} rule {name}: {rule.action}"
            allowed = rule.action == ALLOW
            return Ruling(str(endpoint), direction, allowed, tier.name, (policy,), rule, said, tuple(others))
    if stage in (BEFORE_DNAT, UNTRACKED) or (stage == FORWARD and not tiers):
        return None
    return _last(estate, endpoint, direction, asked, bool(tiers), tuple(others))


def _tier(
    estate: Estate,
    tier: PolicyTier,
    policies: Iterable[NetworkRules],
    direction: str,
    asked: Attempt,
    others: list[str] | None,
) -> tuple[NetworkRules, PolicyRule] | None:
    """Return the rule of a tier that decides, or passes on."""
    for policy in policies:
        for rule in policy.rules(direction):
            why = mismatch(estate, rule, asked)
            if not why and rule.action != LOG:
                if rule.action == PASS and others is not None:
                    others.append(
                        f"tier {tier.name}: {policy}, {direction} rule {rule.number}: Pass, to the next tier"
                    )
                return policy, rule
            if others is not None:
                others.append(
                    f"tier {tier.name}: {policy}, {direction} rule {rule.number}: {why or 'Log, and on'}"
                )
        if others is not None and not policy.rules(direction):
            others.append(f"tier {tier.name}: {policy} has no rule for {direction}")
    return None


def _last(
    estate: Estate,
    endpoint: Workload | HostPoint,
    direction: str,
    asked: Attempt,
    governed: bool,
    others: tuple[str, ...],
) -> Ruling:
    """Return what the profile says, which every endpoint comes to that no tier has decided."""
    name = str(endpoint)
    begin = "every tier passes it on" if governed else f"no policy governs {direction} of {endpoint}"
    if isinstance(endpoint, Workload):
        profiled = f"the profile of namespace {endpoint.namespace} allows"
        said = f"{begin}: {profiled if estate.plugin.knows_hosts else 'nothing forbids it'}"
        return Ruling(name, direction, True, said=said, others=others)
    if DEFAULT_ALLOW in endpoint.profiles:
        return Ruling(name, direction, True, said=f"{begin}: profile {DEFAULT_ALLOW} allows", others=others)
    for profile in estate.profile(endpoint):
        for rule in profile.ingress if direction == INGRESS else profile.egress:
            if not mismatch(estate, rule, asked) and rule.action in (ALLOW, DENY):
                said = f"{begin}: profile {profile.name}, {direction} rule {rule.number}: {rule.action}"
                return Ruling(name, direction, rule.action == ALLOW, rule=rule, said=said, others=others)
    return Ruling(name, direction, False, said=f"{begin}, and no profile of {endpoint} allows", others=others)


def mismatch(estate: Estate, rule: PolicyRule, asked: Attempt) -> str:
    """Say what of a rule is not so with a packet; empty where it matches."""
    if rule.version not in (None, asked.version):
        return f"for IPv{rule.version}, not IPv{asked.version}"
    if rule.protocol is not None and rule.protocol != asked.protocol:
        return f"for {protocol_name(rule.protocol)}, not {protocol_name(asked.protocol)}"
    if rule.not_protocol is not None and rule.not_protocol == asked.protocol:
        return f"not for {protocol_name(asked.protocol)}"
    if rule.icmp and not rule.icmp.is_kind(asked.icmp):
        return f"for ICMP type {rule.icmp.type}"
    if rule.not_icmp and rule.not_icmp.is_kind(asked.icmp):
        return f"not for ICMP type {rule.not_icmp.type}"
    for name, end, party, port in (
        ("source", rule.source, asked.source, asked.source_port),
        ("destination", rule.destination, asked.destination, asked.port),
    ):
        why = _end(estate, end, party, asked.protocol, port, name == "source")
        if why:
            return f"{name} {why}"
    return ""


def _end(estate: Estate, end: RuleEnd, party: Party, protocol: int, port: int, source: bool) -> str:
    if end.peers and not any(_means(estate, each, party, protocol, port, source) for each in end.peers):
        return f"{party} is not {' or '.join(map(str, end.peers))}"
    if end.ports and not any(has(party, each, protocol, port) for each in end.ports):
        return f"port {port} of {party} is not {' or '.join(map(str, end.ports))}"
    if any(has(party, each, protocol, port) for each in end.not_ports):
        return f"port {port} is one of those left out"
    return ""


def _means(estate: Estate, peer: Peer, party: Party, protocol: int, port: int, source: bool) -> bool:
    if peer.service is None:
        return estate.means(peer, party)
    endpoints = estate.service_endpoints(peer.service)
    if source:
        return any(party.address == address for address, _, _ in endpoints)
    return (party.address, protocol, port) in endpoints


def has(party: Party, ports: Ports, protocol: int, port: int) -> bool:
    """Say whether a port is one of these; a name means what the endpoint with this address calls so."""
    if not ports.name:
        return protocol in WITH_PORTS and ports.first <= port <= ports.last
    named = [
        *(party.workload.ports if party.workload else ()),
        *(one for each in party.hosts for one in each.ports),
    ]
    return (ports.name, protocol, port) in named
