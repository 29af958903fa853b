"""Felix's rules as tables of nftables: what it writes where kube-proxy is in nftables mode (NFTablesMode Auto).

Source: github.com/projectcalico/calico at v3.32.1, felix/nftables and felix/generictables: one layer renders the
same chains for both.  So here each rule of the iptables form is said again in words of nft; what is not the same are
the base chains, the sets, which live in the table, and the dispatch by interface, which is a map.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packetwalk.cni.calico.endpoints import chooses
from packetwalk.cni.calico.names import EVERY, limited, whole
from packetwalk.cni.calico.nft_words import JUMPS, legal, spec
from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import entries, instead
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule, NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.nftables import NftEntry

TABLE, SOURCE = "ip calico", "felix/nftables"
BASE = {
    ("raw", "PREROUTING"): "type filter hook prerouting priority raw",
    ("raw", "OUTPUT"): "type filter hook output priority raw",
    ("mangle", "PREROUTING"): "type filter hook prerouting priority mangle",
    ("mangle", "INPUT"): "type filter hook input priority mangle",
    ("mangle", "FORWARD"): "type filter hook forward priority mangle",
    ("mangle", "OUTPUT"): "type route hook output priority mangle",
    ("mangle", "POSTROUTING"): "type filter hook postrouting priority mangle",
    ("nat", "PREROUTING"): "type nat hook prerouting priority dstnat",
    ("nat", "INPUT"): "type nat hook input priority -100",
    ("nat", "OUTPUT"): "type nat hook output priority 110",
    ("nat", "POSTROUTING"): "type nat hook postrouting priority srcnat + 10",
    ("filter", "INPUT"): "type filter hook input priority filter",
    ("filter", "FORWARD"): "type filter hook forward priority filter",
    ("filter", "OUTPUT"): "type filter hook output priority filter",
}
"""The base chains (felix/nftables/table.go): NAT's after kube-proxy's."""
WORKLOADS = ("cali-from-wl-dispatch", "cali-to-wl-dispatch")
"""The chains that choose a pod's own chain."""


def _felix(cluster: Cluster, node: Node, gone: list[Operation]) -> Iterator[Operation]:
    """Return the table for what Felix had written in the other form."""
    sets = [op.entry for op in gone if isinstance(op.entry, IpSet)]
    rules = [op.entry for op in gone if isinstance(op.entry, IptablesRule)]
    for entry in table(sets, rules):
        yield Operation(node.name, entry, "Felix", SOURCE)


def table(sets: Iterable[IpSet], rules: Iterable[IptablesRule]) -> Iterator[NftEntry]:
    """Yield the table, for the sets and rules of the iptables form: what is named before what names it."""
    every = _in_full(list(rules))
    yield NftTable(TABLE)
    for (of, hook), said in BASE.items():
        yield NftChain(TABLE, f"{of}-{hook}", f"{said}; policy accept;")
    for name in _chains([rule for rule in every if chooses(rule.chain) in ("", rule.chain)]):
        yield NftChain(TABLE, name)
    for each in sets:
        yield _set(each)
    for chain in WORKLOADS:
        yield _map(chain, every)
    for rule in every:
        chain = chooses(rule.chain)
        if not chain or (chain == rule.chain and "-g " not in rule.spec):
            yield from _dispatched(rule)
            yield NftRule(TABLE, f"{rule.chain_table}-{rule.chain}", spec(rule), rule.policy)


def _in_full(rules: list[IptablesRule]) -> list[IptablesRule]:
    """Return the rules with names of chains that iptables had no room for (``nftables.MaxChainNameLength``)."""
    full = {limited(prefix, EVERY): f"{prefix}{EVERY}" for prefix in ("cali-fhfw-", "cali-thfw-")}
    for rule in rules:
        full.setdefault(rule.chain, whole(rule.chain, rule.spec))

    def renamed(rule: IptablesRule) -> IptablesRule:
        target = JUMPS.search(rule.spec)
        start = rule.spec[: target.start(1)] if target else rule.spec
        return rule._replace(
            chain=full[rule.chain], spec=f"{start}{full.get(target[1], target[1]) if target else ''}"
        )

    return [renamed(rule) for rule in rules]


def _set(of: IpSet) -> NftSet:
    if of.type == "hash:ip,port":
        members = tuple(" . ".join(re.split("[,:]", each)) for each in of.members)
        return NftSet(TABLE, legal(of.name), "ipv4_addr . inet_proto . inet_service", members)
    flags = "interval" if of.type == "hash:net" else ""
    return NftSet(TABLE, legal(of.name), "ipv4_addr", of.members, flags=flags)


def _chains(rules: list[IptablesRule]) -> list[str]:
    """Return the chains that rules stand in or lead to, but base chains."""
    names: dict[str, None] = {}
    for rule in rules:
        names[f"{rule.chain_table}-{rule.chain}"] = None
        target = JUMPS.search(rule.spec)
        if target and chooses(target[1]) in ("", target[1]):
            names[f"{rule.chain_table}-{target[1]}"] = None
    return [name for name in names if tuple(name.split("-", 1)) not in BASE]


def _map(chain: str, rules: list[IptablesRule]) -> NftSet:
    """Return the map from a pod's interface to its chain."""
    asked = (rule.spec for rule in rules if chooses(rule.chain) == chain)
    found = [re.fullmatch(r"-[io] (\S+) -g (cali-[ft]w-\S+)", spec) for spec in asked]
    members = tuple(f'"{each[1]}" : goto filter-{each[2]}' for each in found if each)
    return NftSet(TABLE, f"filter-{chain}", "ifname : verdict", members)


def _dispatched(rule: IptablesRule) -> Iterator[NftRule]:
    """Yield the rule that asks the map, before the one that ends its chain."""
    if rule.chain in WORKLOADS:
        side = "iifname" if rule.chain == WORKLOADS[0] else "oifname"
        yield NftRule(TABLE, f"filter-{rule.chain}", f"{side} vmap @filter-{rule.chain}")


FORM = instead(entries(IpSet, IptablesRule, by={"Felix"}), _felix)
