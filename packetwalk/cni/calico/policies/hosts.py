"""Host endpoints: the chains of a node's own interfaces, in four tables, each for some of the policies.

Sources: felix/rules/endpoints.go (``HostEndpointToFilterChains`` and its neighbours), felix/rules/dispatch.go,
felix/rules/static.go (``failsafeInChain``) and felix/dataplane/linux/endpoint_mgr.go (``resolveHostEndpoints``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from packetwalk.cni.calico import endpoints
from packetwalk.cni.calico.felix import ACCEPT, PASS, mark, marked, note
from packetwalk.cni.calico.names import EVERY, limited
from packetwalk.cni.calico.policies.sets import said
from packetwalk.cni.calico.policies.tiers import TierGroups, Tiers, tracked
from packetwalk.policy.endpoints import HostPoint
from packetwalk.policy.rules import EGRESS, INGRESS, NetworkRules
from packetwalk.tables import IptablesRule

IN, OUT = "cali-failsafe-in", "cali-failsafe-out"
SAFE_IN = (("tcp", 22), ("udp", 68), *(("tcp", port) for port in (179, 2379, 2380, 5473, 6443, 6666, 6667)))
SAFE_OUT = (("udp", 53), ("udp", 67), *SAFE_IN[2:])
"""What no host policy closes: ``FailsafeInboundHostPorts`` and ``FailsafeOutboundHostPorts`` as they are unless set."""
FROM, TO = "cali-from-host-endpoint", "cali-to-host-endpoint"
FROM_FORWARD, TO_FORWARD = "cali-from-hep-forward", "cali-to-hep-forward"
TO_PODS = note("Skip egress WHEP policy for traffic to local workload")


class HostChain(NamedTuple):
    """One chain of a host endpoint: where it stands, who leads to it, whom it asks; ``safe`` is its failsafe chain."""

    table: str
    prefix: str
    dispatch: str
    direction: str
    tiers: tuple[TierGroups, ...]
    safe: str = ""
    final: bool = False
    state: tuple[str, ...] = tuple(endpoints.tracked())

    def name(self, interface: str) -> str:
        """Return its name for an interface."""
        return limited(self.prefix, interface)


def forwarded(policy: NetworkRules) -> bool:
    """Say whether a policy is asked of packets that go through the node."""
    return tracked(policy) and policy.on_forward


def on_interfaces(
    hosts: tuple[HostPoint, ...], node: str, devices: Mapping[str, str]
) -> dict[str, HostPoint]:
    """Return the host endpoint of each interface; ``devices`` are those of the node by their addresses."""
    found: dict[str, HostPoint] = {}
    for host in sorted(each for each in hosts if each.node == node):
        wanted = {"*": EVERY}.get(host.interface, host.interface)
        own = [devices[said(each)] for each in host.addresses if each.version == 4 and said(each) in devices]
        for name in [wanted] if wanted else own:
            found.setdefault(name, host)
    return dict(sorted(found.items(), key=lambda each: (each[0] == EVERY, each[0])))


def chains(host: HostPoint, tiers: Tiers) -> Iterator[HostChain]:
    """Yield the chains of a host endpoint: ordinary ones, and those that some policies alone ask for."""
    ways = (("cali-th", TO, TO_FORWARD, EGRESS, OUT), ("cali-fh", FROM, FROM_FORWARD, INGRESS, IN))
    for prefix, dispatch, forward, way, safe in ways:
        normal = tiers.of(host, way)
        yield HostChain("filter", f"{prefix}-", dispatch, way, normal, safe, final=True)
        yield HostChain("filter", f"{prefix}fw-", forward, way, tiers.of(host, way, forwarded))
        if way == EGRESS:  # for what DNAT has changed: OUTPUT came too early
            later = (f"{endpoints.KNOWN} {mark(ACCEPT, ACCEPT)}", f"{endpoints.KNOWN} -j RETURN")
            state = (*later, *list(endpoints.tracked())[1:])
            yield HostChain("mangle", f"{prefix}-", dispatch, way, normal, safe, final=True, state=state)
    before = tiers.of(host, INGRESS, lambda policy: policy.before_dnat)
    if before:
        yield HostChain("mangle", "cali-fh-", FROM, INGRESS, before, IN)
    untracked = {way: tiers.of(host, way, lambda policy: policy.untracked) for _, _, _, way, _ in ways}
    if any(untracked.values()) and host.interface != "*":
        for prefix, dispatch, _, way, safe in ways:
            yield HostChain("raw", f"{prefix}-", dispatch, way, untracked[way], safe, state=())


def specs(chain: HostChain, host: HostPoint, governs_forward: bool) -> Iterator[str]:
    """Yield the rules of a chain; ``governs_forward`` says that some policy is asked of what goes through, either way."""
    yield from chain.state
    if chain.safe:
        yield f"-j {chain.safe}"
    yield mark(ACCEPT | PASS)
    forward = chain.dispatch in (FROM_FORWARD, TO_FORWARD)
    drops = chain.final or forward
    named = (tier.chains(chain.direction) for tier in chain.tiers)
    for spec in endpoints.through(tuple(each._replace(drops=each.drops and drops) for each in named)):
        if chain.table == "raw" and spec.endswith("-j RETURN"):
            yield f"{marked(ACCEPT)} -j NOTRACK"
        yield spec
    if forward and not governs_forward:
        yield f"{note('Allow forwarded traffic by default')} {mark(ACCEPT, ACCEPT)}"
        yield f"{note('Return for accepted forward traffic')} -j RETURN"
    if chain.final:
        yield from endpoints.last(host.profiles, chain.direction)


def dispatched(interface: str, chain: HostChain) -> Iterator[IptablesRule]:
    """Yield the rules that lead to a chain by the interface; all that no other interface had is the last one's."""
    flag = "-i" if chain.direction == INGRESS else "-o"
    if interface == EVERY and chain.dispatch == TO and chain.table == "mangle":
        yield IptablesRule(chain.table, chain.dispatch, f"-o cali+ {TO_PODS} -j RETURN")
    match = "" if interface == EVERY else f"{flag} {interface} "
    yield IptablesRule(chain.table, chain.dispatch, f"{match}-g {chain.name(interface)}")


def failsafe(table: str, chain: str) -> Iterator[IptablesRule]:
    """Yield what no host policy closes; in the raw table answers as well, for nothing is known of connections there."""
    first, second = (SAFE_IN, SAFE_OUT) if chain == IN else (SAFE_OUT, SAFE_IN)
    for word, known in (("--dports", first), *([("--sports", second)] if table == "raw" else [])):
        for protocol, port in known:
            yield IptablesRule(table, chain, f"-p {protocol} -m multiport {word} {port} -j ACCEPT")
