"""Calico's objects (projectcalico.org/v3): policies, tiers, network sets, host endpoints, profiles."""

from __future__ import annotations

from packetwalk.policy.endpoints import AddressSet, HostPoint, NamedPort, Profile, combined
from packetwalk.policy.manifests.calico_rules import of_namespaces, protocol, rules, selector
from packetwalk.policy.manifests.collected import (
    ALWAYS,
    CROSS_SUBNET,
    META,
    NEVER,
    Collected,
    PoolRecord,
    meta,
)
from packetwalk.policy.manifests.fields import Given
from packetwalk.policy.manifests.kinds.core import address
from packetwalk.policy.manifests.kinds.network_policy import TYPES, network_policy
from packetwalk.policy.manifests.peers import cidr
from packetwalk.policy.rules import (
    BUILT_IN,
    DENY,
    EGRESS,
    INGRESS,
    NAMESPACE,
    OF_ACCOUNT,
    PASS,
    UNSET,
    NetworkRules,
    Peer,
    PolicyTier,
)
from packetwalk.policy.selector import ALL, Selector, both

POLICY = (
    *("tier", "order", "selector", "types", "ingress", "egress", "serviceAccountSelector"),
    *("performanceHints", "stagedAction"),
)
GLOBAL = ("namespaceSelector", "applyOnForward", "preDNAT", "doNotTrack")


def _spec(at: Given, *names: str) -> Given:
    at.only("apiVersion", "kind", "metadata", "spec", "status")
    (at / "metadata").only(*META)
    return (at / "spec").only(*names)


def _order(at: Given) -> float:
    if at.there and type(at.value) not in (int, float):
        at.wrong(at.value, "a number")
    return at.value if at.there else UNSET


def _directions(spec: Given) -> tuple[str, ...]:
    """Read types; where none are written: egress alone with rules for it alone, else ingress (and egress)."""
    written = [each.one_of(TYPES).lower() for each in (spec / "types").each()]
    if written:
        return tuple(written)
    ingress, egress = (bool((spec / each).value) for each in (INGRESS, EGRESS))
    return (*([INGRESS] if ingress or not egress else []), *([EGRESS] if egress else []))


def _policy(at: Given, found: Collected) -> None:
    kind = (at / "kind").text()
    everywhere = "Global" in kind
    spec = _spec(at, *POLICY, *(GLOBAL if everywhere else ()))
    said = meta(at, namespaced=not everywhere)
    accounts = selector(spec / "serviceAccountSelector")
    home = Selector("==", NAMESPACE, (said.namespace,)) if said.namespace else None
    spaces = of_namespaces(spec / "namespaceSelector") if everywhere else home
    subject = both(spaces, accounts.prefixed(OF_ACCOUNT) if accounts else None, selector(spec / "selector"))
    directions = _directions(spec)
    both_ways = {each: rules(spec / each, each, said.namespace) for each in (INGRESS, EGRESS)}
    before, untracked, forward = (
        (spec / each).flag() for each in ("preDNAT", "doNotTrack", "applyOnForward")
    )
    if before and untracked:
        (spec / "preDNAT").wrong("preDNAT and doNotTrack", "either alone")
    if (before or untracked) and not forward:
        (spec / "applyOnForward").wrong(False, "true, with preDNAT and with doNotTrack")
    if before and (EGRESS in directions or both_ways[EGRESS]):
        (spec / EGRESS).wrong("egress", "ingress alone with preDNAT")
    found.policy(
        NetworkRules(
            kind,
            said.name,
            said.namespace,
            (spec / "tier").text("default"),
            _order(spec / "order"),
            Peer(selector=subject or ALL),
            directions,
            both_ways[INGRESS] if INGRESS in directions else (),
            both_ways[EGRESS] if EGRESS in directions else (),
            on_forward=forward,
            before_dnat=before,
            untracked=untracked,
            staged=kind.startswith("Staged"),
        ),
        at,
    )


def _staged_kubernetes(at: Given, found: Collected) -> None:
    found.policy(network_policy(at, found, "StagedKubernetesNetworkPolicy", "stagedAction"), at)


def _tier(at: Given, found: Collected) -> None:
    spec, said = _spec(at, "order", "defaultAction"), meta(at, namespaced=False)
    tier = PolicyTier(said.name, _order(spec / "order"), (spec / "defaultAction").one_of((DENY, PASS), DENY))
    for known in BUILT_IN:
        if known.name == tier.name and tier != known:
            spec.wrong(f"order {tier.order:g}, {tier.default}", f"order {known.order:g}, {known.default}")
    if tier.name in found.tiers:
        (at / "metadata" / "name").wrong(tier.name, "a name that no other tier has")
    found.tiers[tier.name] = tier


def _set(at: Given, found: Collected) -> None:
    everywhere = (at / "kind").text() == "GlobalNetworkSet"
    spec, said = _spec(at, "nets", "allowedEgressDomains"), meta(at, namespaced=not everywhere)
    nets = tuple(cidr(each, strict=False) for each in (spec / "nets").each())
    found.sets.append(AddressSet(said.name, said.namespace, nets, said.labels))


def _host(at: Given, found: Collected) -> None:
    spec = _spec(at, "node", "interfaceName", "expectedIPs", "profiles", "ports")
    said = meta(at, namespaced=False)
    ports = []
    for each in (spec / "ports").each():
        each.only("name", "port", "protocol")
        number = protocol(each / "protocol") or 0
        ports.append(NamedPort((each / "name").text(), number, (each / "port").whole(1, 65535)))
    found.hosts.append(
        HostPoint(
            said.name,
            (spec / "node").text(),
            (spec / "interfaceName").text(""),
            tuple(address(each) for each in (spec / "expectedIPs").each()),
            combined(said.labels),
            tuple(each.text() for each in (spec / "profiles").each()),
            tuple(ports),
        )
    )


def _profile(at: Given, found: Collected) -> None:
    spec, said = _spec(at, "ingress", "egress", "labelsToApply"), meta(at, namespaced=False)
    found.profiles.append(
        Profile(said.name, rules(spec / INGRESS, INGRESS, ""), rules(spec / EGRESS, EGRESS, ""))
    )


def _pool(at: Given, found: Collected) -> None:
    spec, said = at / "spec", meta(at, namespaced=False)
    modes = [(spec / each).one_of((ALWAYS, CROSS_SUBNET, NEVER), NEVER) for each in ("ipipMode", "vxlanMode")]
    wrapped = [each for each in modes if each != NEVER]
    if len(wrapped) > 1:
        (spec / "vxlanMode").wrong(modes[1], f"{NEVER} beside an ipipMode")
    found.pools.append(PoolRecord(said.name, cidr(spec / "cidr", strict=False), (wrapped or [NEVER])[0]))


def _settings(at: Given, found: Collected) -> None:
    action = at / "spec" / "defaultEndpointToHostAction"
    found.to_host.append(action.one_of(("Accept", "Drop", "Return"), "Accept"))


_READERS = {
    "NetworkPolicy": _policy,
    "GlobalNetworkPolicy": _policy,
    "StagedNetworkPolicy": _policy,
    "StagedGlobalNetworkPolicy": _policy,
    "StagedKubernetesNetworkPolicy": _staged_kubernetes,
    "Tier": _tier,
    "NetworkSet": _set,
    "GlobalNetworkSet": _set,
    "HostEndpoint": _host,
    "Profile": _profile,
    "IPPool": _pool,
    "FelixConfiguration": _settings,
}
KINDS = {
    (version, kind): reader
    for version in ("projectcalico.org/v3", "crd.projectcalico.org/v1")
    for kind, reader in _READERS.items()
}
