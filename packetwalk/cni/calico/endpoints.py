"""The chains of endpoints: which is whose by its interface, and through which tiers and profiles its packets go.

Sources: felix/rules/dispatch.go, felix/rules/endpoints.go (``endpointIptablesChain``) and felix/rules/policy.go
(``ProfileToIptablesChains``) of github.com/projectcalico/calico; release-v3.33 was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from packetwalk.cni.calico.felix import ACCEPT, PASS, PORTS, VXLAN, mark, marked, note
from packetwalk.cni.calico.names import profile_chain
from packetwalk.tables import IptablesRule

FROM_POD, TO_POD = "cali-fw-", "cali-tw-"
DISPATCH = (("cali-from-wl-dispatch", "-i", FROM_POD), ("cali-to-wl-dispatch", "-o", TO_POD))
KNOWN = "-m conntrack --ctstate RELATED,ESTABLISHED"


class TierChains(NamedTuple):
    """A tier as the chain of an endpoint has it: the chains it asks, and whether it drops what none of them passed."""

    name: str
    chains: tuple[str, ...] = ()
    drops: bool = False


def dispatch(pods: Mapping[str, str]) -> Iterator[tuple[IptablesRule, str]]:
    """Return the chains that choose a pod's own chain by its interface, each rule with its pod (dispatch.go).

    Interfaces that begin alike, one letter after what all have in common, share a chain.
    """
    begin = _shared(pods) + 1
    groups = {name[:begin]: [each for each in pods if each[:begin] == name[:begin]] for name in pods}
    for chain, flag, prefix in DISPATCH:
        unknown = f"{note('Unknown interface')} -j DROP"
        for start, names in groups.items():
            where = chain if len(names) == 1 else f"{chain}-{start[-1]}"
            if where != chain:
                yield IptablesRule("filter", chain, f"{flag} {start}+ -g {where}"), ""
            for name in names:
                yield IptablesRule("filter", where, f"{flag} {name} -g {prefix}{name}"), pods[name]
            if where != chain:
                yield IptablesRule("filter", where, unknown), ""
        yield IptablesRule("filter", chain, unknown), ""


def chooses(chain: str) -> str:
    """Return which of the dispatch chains this one is, or is a part of; empty where it is none."""
    return next((name for name, _, _ in DISPATCH if chain == name or chain.startswith(f"{name}-")), "")


def _shared(names: Iterable[str]) -> int:
    """Return how many letters all names have in common at the start."""
    first, last = min(names, default=""), max(names, default="")
    return next((at for at, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), len(first))


def profiles_of(namespace: str, account: str = "") -> tuple[str, ...]:
    """Return the names of a pod's profiles: its namespace's, its service account's."""
    return (f"kns.{namespace}", *([f"ksa.{namespace}.{account}"] if account else []))


def endpoint(
    interface: str,
    profiles: tuple[str, ...],
    ingress: tuple[TierChains, ...] = (),
    egress: tuple[TierChains, ...] = (),
) -> Iterator[IptablesRule]:
    """Return a pod's two chains."""
    vxlan = note("Drop VXLAN encapped packets originating in workloads")
    ipip = note("Drop IPinIP encapped packets originating in workloads")
    wrapped = (f"-p udp {vxlan} {PORTS[VXLAN]} -j DROP", f"-p ipencap {ipip} -j DROP")
    for prefix, way, tiers, more in ((FROM_POD, "egress", egress, wrapped), (TO_POD, "ingress", ingress, ())):
        specs = [*tracked(), mark(ACCEPT | PASS), *more, *through(tiers), *last(profiles, way)]
        yield from in_chain(f"{prefix}{interface}", specs)


def tracked() -> Iterator[str]:
    """Let through what belongs to a connection that was let through before."""
    yield f"{KNOWN} -j ACCEPT"
    yield "-m conntrack --ctstate INVALID -j DROP"


def through(tiers: tuple[TierChains, ...]) -> Iterator[str]:
    """Ask the policies of each tier."""
    for tier in tiers:
        yield f"{note(f'Start of tier {tier.name}')} {mark(PASS)}"
        for chain in tier.chains:
            yield f"{marked(PASS, 0)} -j {chain}"
            yield f"{note('Return if policy accepted')} {marked(ACCEPT)} -j RETURN"
        if tier.drops:
            end = f"End of tier {tier.name}. Drop if no policies passed packet"
            yield f"{note(end)} {marked(PASS, 0)} -j DROP"


def last(profiles: tuple[str, ...], direction: str) -> Iterator[str]:
    """Ask the profiles, after all tiers."""
    for name in profiles:
        yield f"-j {profile_chain(name, direction)}"
        yield f"{note('Return if profile accepted')} {marked(ACCEPT)} -j RETURN"
    yield f"{note('Drop if no profiles matched')} -j DROP"


def in_chain(chain: str, specs: list[str], table: str = "filter") -> Iterator[IptablesRule]:
    """Return the rules of an endpoint's chain; what they drop, policy denies."""
    for spec in specs:
        yield IptablesRule(table, chain, spec, policy=spec.endswith("-j DROP"))


def profile(name: str) -> Iterator[IptablesRule]:
    """Return the two chains of a pod's profile: a namespace's allows all, a service account's says nothing."""
    for way in ("egress", "ingress"):
        text = note(f"Profile {name} {way}")
        spec = f"{text} {mark(ACCEPT, ACCEPT)}" if name.startswith("kns.") else text
        yield IptablesRule("filter", profile_chain(name, way), spec, policy=name.startswith("kns."))
