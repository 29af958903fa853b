"""The netfilter rules of Weave Net on a node, in their order.

Sources: weave net/bridge.go ConfigureIPTables, net/expose.go exposeNAT, prog/weave-npc/main.go
createBaseRules, npc/namespace.go.  Only what can decide in this cluster is here: no rules for Docker, no
canary chains.
"""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.plan.cluster import Node
from packetwalk.plan.edit import drop, entries
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule

BRIDGE, NPC = "net/bridge.go", "prog/weave-npc/main.go"
NAMESPACE = "npc/namespace.go"
LOCAL, PODS = "weaver-no-masq-local", "weave-;rGqyMIl1HN^cfDki~Z$3]6!N"
EGRESS_MARK = "0x40000/0x40000"


def plan(node: Node, network: str, own: str, pods: tuple[str, ...]) -> Iterator[Operation]:
    """Return rules and sets; ``own`` is the range of addresses this node gives away, ``pods`` its pods'."""
    name = node.name
    yield Operation(name, IpSet(LOCAL, (own,)), "weaver", "net/ipset")
    yield Operation(name, IpSet(PODS, pods, "hash:ip"), "weave-npc", NAMESPACE)
    for spec in reversed(_forward()):
        yield Operation(name, IptablesRule("filter", "FORWARD", spec, True, _decides(spec)), "weaver", BRIDGE)
    yield Operation(name, IptablesRule("filter", "INPUT", "-i weave -j WEAVE-NPC-EGRESS"), "weaver", BRIDGE)
    for chain, spec in _policy():
        yield Operation(
            name,
            IptablesRule("filter", chain, spec, policy=_decides(spec)),
            "weave-npc",
            NAMESPACE if "--match-set" in spec else NPC,
        )
    yield Operation(name, IptablesRule("nat", "POSTROUTING", "-j WEAVE"), "weaver", BRIDGE)
    for spec in _masquerade(network):
        yield Operation(name, IptablesRule("nat", "WEAVE", spec), "weaver", "net/expose.go")


def _forward() -> list[str]:
    """Return the rules at the top of FORWARD, with a network policy controller."""
    before = (
        "-m comment --comment \"NOTE: this must go before \\'-j KUBE-FORWARD\\'\""  # as iptables-save quotes
    )
    return [
        f"-i weave {before} -j WEAVE-NPC-EGRESS",
        f"-o weave {before} -j WEAVE-NPC",
        "-o weave -m state --state NEW -j NFLOG --nflog-group 86",
        "-o weave -j DROP",
        "-i weave ! -o weave -j ACCEPT",
        "-o weave -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    ]


def _policy() -> list[tuple[str, str]]:
    """Return the chains of weave-npc in a namespace without a policy: all is allowed, both ways."""
    note = '-m comment --comment "DefaultAllow {} isolation for namespace: default"'
    source = f"-m set --match-set {PODS} src {note.format('egress')}"
    unmarked = f"-m mark ! --mark {EGRESS_MARK}"
    return [
        ("WEAVE-NPC", "-m state --state RELATED,ESTABLISHED -j ACCEPT"),
        ("WEAVE-NPC", "-d 224.0.0.0/4 -j ACCEPT"),
        ("WEAVE-NPC", "-m physdev --physdev-out vethwe-bridge --physdev-is-bridged -j ACCEPT"),
        ("WEAVE-NPC", "-m state --state NEW -j WEAVE-NPC-DEFAULT"),
        ("WEAVE-NPC", "-m state --state NEW -j WEAVE-NPC-INGRESS"),
        ("WEAVE-NPC-DEFAULT", f"-m set --match-set {PODS} dst {note.format('ingress')} -j ACCEPT"),
        ("WEAVE-NPC-EGRESS", "-m state --state RELATED,ESTABLISHED -j ACCEPT"),
        ("WEAVE-NPC-EGRESS", "-m physdev --physdev-in vethwe-bridge --physdev-is-bridged -j RETURN"),
        ("WEAVE-NPC-EGRESS", "-d 224.0.0.0/4 -j RETURN"),
        ("WEAVE-NPC-EGRESS", "-m state --state NEW -j WEAVE-NPC-EGRESS-DEFAULT"),
        ("WEAVE-NPC-EGRESS", f"-m state --state NEW {unmarked} -j WEAVE-NPC-EGRESS-CUSTOM"),
        ("WEAVE-NPC-EGRESS", f"{unmarked} -j DROP"),
        ("WEAVE-NPC-EGRESS-DEFAULT", f"{source} -j WEAVE-NPC-EGRESS-ACCEPT"),
        ("WEAVE-NPC-EGRESS-DEFAULT", f"{source} -j RETURN"),
        ("WEAVE-NPC-EGRESS-ACCEPT", f"-j MARK --set-xmark {EGRESS_MARK}"),
    ]


def _decides(spec: str) -> bool:
    """Say whether a rule of weave-npc is a policy's verdict, and not a step on the way to it."""
    return spec.endswith("-j DROP") or "DefaultAllow ingress" in spec


def _masquerade(network: str) -> list[str]:
    """Return the chain WEAVE: what leaves the pod network or enters it from outside is masqueraded."""
    note = '-m comment --comment "Prevent SNAT to locally running containers"'
    return [
        f"-m set --match-set {LOCAL} dst {note} -j RETURN",
        f"-s {network} -d 224.0.0.0/4 -j RETURN",
        f"! -s {network} -d {network} -j MASQUERADE",
        f"-s {network} ! -d {network} -j MASQUERADE",
    ]


DENYING = drop(entries(IptablesRule, chain="WEAVE-NPC-DEFAULT"))
"""The edit of a node whose namespace has a policy that selects all pods and allows nothing in."""
