"""The netfilter rules that weaver and the CNI plugin of Weave Net write, in their order.

Sources: weave net/bridge.go ConfigureIPTables and MonitorForIptablesFlush, net/expose.go exposeNAT,
plugin/net/cni.go.  Weaver puts its six rules at the top of FORWARD and appends those of INPUT; in each pod the
plugin lets in multicast from the pods' range only.  No rules for Docker are here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packetwalk.plan.cluster import Node
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule, UserChain

BRIDGE, EXPOSE, PLUGIN = "net/bridge.go", "net/expose.go", "plugin/net/cni.go"
LOCAL, CANARY = "weaver-no-masq-local", "WEAVE-CANARY"
MULTICAST = "224.0.0.0/4"
NOTE = "-m comment --comment \"NOTE: this must go before \\'-j KUBE-FORWARD\\'\""  # as iptables-save quotes
FORWARD = (
    f"-i weave {NOTE} -j WEAVE-NPC-EGRESS",
    f"-o weave {NOTE} -j WEAVE-NPC",
    "-o weave -m state --state NEW -j NFLOG --nflog-group 86",
    "-o weave -j DROP",
    "-i weave ! -o weave -j ACCEPT",
    "-o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
)
"""The top of FORWARD, with a network policy controller."""
INPUT = (
    (
        "-d 127.0.0.1/32 -p tcp -m tcp --dport 6784 -m addrtype ! --src-type LOCAL "
        "-m conntrack ! --ctstate RELATED,ESTABLISHED "
        '-m comment --comment "Block non-local access to Weave Net control port" -j DROP'
    ),
    "-i weave -j WEAVE-NPC-EGRESS",
)


def plan(node: Node, network: str, own: Iterable[str]) -> Iterator[Operation]:
    """Return what weaver writes; ``own`` are the ranges of addresses that this node gives away."""
    name, by = node.name, ("weaver", BRIDGE)
    for table in ("mangle", "nat", "filter"):
        yield Operation(name, UserChain(table, CANARY), *by)
    yield Operation(name, IpSet(LOCAL, tuple(own), options="comment"), "weaver", "net/ipset")
    for spec in INPUT:
        yield Operation(name, IptablesRule("filter", "INPUT", spec), *by)
    for spec in reversed(FORWARD):
        drops = spec.endswith("-j DROP")
        yield Operation(name, IptablesRule("filter", "FORWARD", spec, inserted=True, policy=drops), *by)
    yield Operation(name, IptablesRule("nat", "POSTROUTING", "-j WEAVE"), *by)
    for spec in _masquerade(network):
        yield Operation(name, IptablesRule("nat", "WEAVE", spec), "weaver", EXPOSE)


def _masquerade(network: str) -> list[str]:
    """Return the chain WEAVE: what leaves the pod network or enters it from outside is masqueraded."""
    note = '-m comment --comment "Prevent SNAT to locally running containers"'
    return [
        f"-m set --match-set {LOCAL} dst {note} -j RETURN",
        f"-s {network} -d {MULTICAST} -j RETURN",
        f"! -s {network} -d {network} -j MASQUERADE",
        f"-s {network} ! -d {network} -j MASQUERADE",
    ]


def in_pod(pod: str, network: str) -> Iterator[Operation]:
    """Return the two rules that each pod has of its own: groups are for members of the pods' network."""
    for spec in (f"-s {network} -d {MULTICAST} -i eth0 -j ACCEPT", f"-d {MULTICAST} -i eth0 -j DROP"):
        yield Operation(pod, IptablesRule("filter", "INPUT", spec), "weave-net plugin", PLUGIN)
