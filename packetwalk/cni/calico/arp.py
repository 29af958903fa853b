"""Felix's table ``arp calico-arp``: a node does not answer ARP for a pod's address on that pod's own cable.

Source: github.com/projectcalico/calico at v3.32.1, felix/rules/endpoints.go.  It is one of nftables with iptables'
rules too.  No walk meets it: proxy ARP is silent anyway where the route leads back to who asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from packetwalk.tables import NftChain, NftRule, NftSet, NftTable
from packetwalk.tables.nftables import NftEntry
from packetwalk.tables.nftables.entries import UNCOUNTED

TABLE, DISPATCH = "arp calico-arp", "filter-cali-arp-dispatch"
FIRST = "filter-OUTPUT"


def entries(cables: Mapping[str, tuple[str, str]]) -> Iterator[tuple[NftEntry, str]]:
    """Yield the table, each line with the pod that it is about; ``cables`` are (pod, its address) by their names."""
    chains = {name: f"filter-cali-arp-{name}" for name in cables}
    yield NftTable(TABLE), ""
    yield NftChain(TABLE, FIRST, "type filter hook output priority filter; policy accept;"), ""
    yield NftChain(TABLE, DISPATCH), ""
    for name, (pod, _) in cables.items():
        yield NftChain(TABLE, chains[name]), pod
    members = tuple(f'"{name}" : goto {chain}' for name, chain in chains.items())
    yield NftSet(TABLE, DISPATCH, "ifname : verdict", members), ""
    yield NftRule(TABLE, FIRST, f"{UNCOUNTED} jump {DISPATCH}"), ""
    yield NftRule(TABLE, DISPATCH, f"oifname vmap @{DISPATCH}"), ""
    for name, (pod, address) in cables.items():
        match = f'oifname "{name}" arp operation reply arp saddr ip {address}'
        yield NftRule(TABLE, chains[name], f"{match} {UNCOUNTED} drop"), pod
