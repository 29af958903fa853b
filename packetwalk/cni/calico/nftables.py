"""Felix's rules as tables of nftables: what it writes where kube-proxy is in nftables mode (NFTablesMode Auto).

Source: github.com/projectcalico/calico at v3.32.1, felix/nftables and felix/generictables: one layer renders the
same chains for both.  So here each rule of the iptables form is said again in words of nft; what is not the same are
the base chains, the sets, which live in the table, and the dispatch by interface, which is a map.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import entries, instead
from packetwalk.plan.operation import Operation
from packetwalk.tables import IpSet, IptablesRule, NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.nftables import NftEntry
from packetwalk.tables.nftables.entries import UNCOUNTED

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
WORDS = re.compile(r'"[^"]*"|\S+')
MARKS = 0xFFFFFFFF
ADDRESSED = {"--src-type": "saddr", "--dst-type": "daddr"}
SIDES = {"src": "saddr", "dst": "daddr"}


def _felix(cluster: Cluster, node: Node, gone: list[Operation]) -> Iterator[Operation]:
    """Return the table for what Felix had written in the other form."""
    sets = [op.entry for op in gone if isinstance(op.entry, IpSet)]
    rules = [op.entry for op in gone if isinstance(op.entry, IptablesRule)]
    for entry in table(sets, rules):
        yield Operation(node.name, entry, "Felix", SOURCE)


def table(sets: Iterable[IpSet], rules: Iterable[IptablesRule]) -> Iterator[NftEntry]:
    """Yield the table, for the sets and rules of the iptables form: what is named before what names it."""
    every = list(rules)
    yield NftTable(TABLE)
    for (of, hook), said in BASE.items():
        yield NftChain(TABLE, f"{of}-{hook}", f"{said}; policy accept;")
    for name in _chains(every):
        yield NftChain(TABLE, name)
    for each in sets:
        yield NftSet(
            TABLE,
            _legal(each.name),
            "ipv4_addr",
            each.members,
            flags="interval" if each.type == "hash:net" else "",
        )
    for chain in WORKLOADS:
        yield _map(chain, every)
    for rule in every:
        if "-g " not in rule.spec or rule.chain not in WORKLOADS:
            yield from _dispatched(rule)
            yield NftRule(TABLE, f"{rule.chain_table}-{rule.chain}", spec(rule), rule.policy)


def _chains(rules: list[IptablesRule]) -> list[str]:
    """Return the chains that rules stand in or lead to, but base chains."""
    names: dict[str, None] = {}
    for rule in rules:
        names[f"{rule.chain_table}-{rule.chain}"] = None
        target = re.search(r"-[jg] (cali-\S+)", rule.spec)
        if target:
            names[f"{rule.chain_table}-{target[1]}"] = None
    return [name for name in names if tuple(name.split("-", 1)) not in BASE]


def _map(chain: str, rules: list[IptablesRule]) -> NftSet:
    """Return the map from a pod's interface to its chain."""
    found = [re.fullmatch(r"-[io] (\S+) -g (\S+)", rule.spec) for rule in rules if rule.chain == chain]
    members = tuple(f'"{each[1]}" : goto filter-{each[2]}' for each in found if each)
    return NftSet(TABLE, f"filter-{chain}", "ifname : verdict", members)


def _dispatched(rule: IptablesRule) -> Iterator[NftRule]:
    """Yield the rule that asks the map, before the one that ends its chain."""
    if rule.chain in WORKLOADS:
        side = "iifname" if rule.chain == WORKLOADS[0] else "oifname"
        yield NftRule(TABLE, f"filter-{rule.chain}", f"{side} vmap @filter-{rule.chain}")


def spec(rule: IptablesRule) -> str:
    """Return a rule of the iptables form in words of nft; ValueError names a word that Felix does not use."""
    words = iter(WORDS.findall(rule.spec))
    asked: list[str] = []
    comment, action, proto, no = "", "", "", ""
    for word in words:
        if word == "!":
            no = "!= "
            continue
        if word in ("-m", "--limit-iface-out", "--validmark", "--invert", "--random-fully"):
            module = next(words) if word == "-m" else ""
            asked += ["fib saddr . mark . iif oif 0"] if module == "rpfilter" else []
            action += " fully-random" if word == "--random-fully" else ""
            continue
        value = next(words)
        if word == "--comment":
            comment = f" comment {value}"
        elif word == "-p":
            proto = value
        elif word in ("--dport", "--dports"):
            asked.append(f"{proto} dport {value}")
            proto = ""
        elif word in ("-i", "-o"):
            asked.append(f'{word[1]}ifname {no}"{value.replace("+", "*")}"')
        elif word == "--match-set":
            asked.append(f"ip {SIDES[next(words)]} {no}@{_legal(value)}")
        elif word in ADDRESSED:
            out = " . oif" if "--limit-iface-out" in rule.spec and no else ""
            asked.append(f"fib {ADDRESSED[word]}{out} type {no}local")
        elif word == "--ctstate":
            asked.append(f"ct status {no}dnat" if value == "DNAT" else f"ct state {_states(value)}")
        elif word == "--mark":
            bits, mask = (int(each, 16) for each in value.split("/"))
            asked.append(f"meta mark & {mask:#010x} == {bits:#010x}")
        elif word == "--set-xmark":
            action = _marking(*(int(each, 16) for each in value.split("/")))
        elif word in ("-j", "-g"):
            action = _action(word, value, rule.chain_table)
        else:
            raise ValueError(f"rule of Felix {rule.spec!r}: word {word!r} is not known")
        no = ""
    if proto:
        asked.insert(0, f"meta l4proto {proto}")
    return f"{' '.join([*asked, UNCOUNTED, action])}{comment}"


def _legal(name: str) -> str:
    """Return a set's name as nft takes it (``LegalizeSetName``)."""
    return name.replace(":", "-")


def _states(value: str) -> str:
    """Return states in the order in which nft prints them."""
    order = ("INVALID", "ESTABLISHED", "RELATED", "NEW", "UNTRACKED")
    return ",".join(sorted(value.split(","), key=order.index)).lower()


def _marking(bits: int, mask: int) -> str:
    """Set bits, or clear those of a mask."""
    if bits:
        return f"meta mark set meta mark | {bits:#010x}"
    return f"meta mark set meta mark & {MARKS & ~mask:#010x}"


def _action(word: str, target: str, table: str) -> str:
    if target.startswith("cali-"):
        return f"{'goto' if word == '-g' else 'jump'} {table}-{target}"
    return target.lower()


FORM = instead(entries(IpSet, IptablesRule, by={"Felix"}), _felix)
