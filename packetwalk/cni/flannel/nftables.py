"""Flannel's rules as tables of nftables: what flanneld v0.28.9 writes where EnableNFTables is true.

Source: github.com/flannel-io/flannel at v0.28.9, pkg/trafficmngr/nftables/nftables.go.  They are written once, when
flanneld starts, and not looked after; two of them are not what iptables gets: rule 1 wants the mark as a whole, and
rule 4 is about what does NOT come from the node's own range, so that rule 6 never sees a packet.
"""

from __future__ import annotations

from collections.abc import Iterator

from packetwalk.plan.cluster import Cluster, Node
from packetwalk.plan.edit import entries, instead
from packetwalk.plan.operation import Operation
from packetwalk.tables import IptablesRule, NftChain, NftRule, NftTable
from packetwalk.tables.nftables import NftEntry

SOURCE = "pkg/trafficmngr/nftables/nftables.go"
TABLE, OTHER = "ip flannel-ipv4", "ip6 flannel-ipv6"
MASQUERADING = NftChain(
    TABLE,
    "postrtg",
    "type nat hook postrouting priority srcnat; policy accept;",
    "chain to manage traffic masquerading by flannel",
)
FORWARDING = NftChain(
    TABLE,
    "forward",
    "type filter hook forward priority filter; policy accept;",
    "chain to accept flannel traffic",
)


def _tables(cluster: Cluster, node: Node, rules: list[Operation]) -> Iterator[Operation]:
    """Return flanneld's tables, that of IPv6 empty."""
    for entry in _entries(str(cluster.pod_network), str(cluster.pod_cidr(node))):
        yield Operation(node.name, entry, "flanneld", SOURCE)


def _entries(network: str, own: str) -> Iterator[NftEntry]:
    yield NftTable(TABLE, "rules for flannel-ipv4")
    yield NftTable(OTHER, "rules for flannel-ipv6")
    yield MASQUERADING
    for spec in (
        "meta mark 0x00004000 return",
        f"ip saddr {own} ip daddr {network} return",
        f"ip saddr {network} ip daddr {own} return",
        f"ip saddr != {own} ip daddr {network} return",
        f"ip saddr {network} ip daddr != 224.0.0.0/4 masquerade fully-random",
        f"ip saddr != {network} ip daddr {network} masquerade fully-random",
    ):
        yield NftRule(TABLE, MASQUERADING.chain, spec)
    yield FORWARDING
    for end in ("saddr", "daddr"):
        yield NftRule(TABLE, FORWARDING.chain, f"ip {end} {network} accept")


FORM = instead(entries(IptablesRule, by={"flanneld"}), _tables)
