#!/bin/bash
# A base chain of nftables, read by pyroute2.
. "$(dirname "$0")/lib.sh"
debian nft
pypi pyroute2==0.9.7

what="pyroute2 0.9.7, nftables 1.0.6 on Linux $(uname -r): the chains of a table with one base chain and one \
that is jumped to"
expected="the base chain is told by a flag of its own; nothing is offloaded to hardware, and none is said to be"

look() {
    namespace <<'DO'
nft -f - <<'RULES'
table ip t {
    chain services { }
    chain prerouting { type nat hook prerouting priority dstnat; jump services; }
}
RULES
python3 - <<'PY'
from pyroute2.nftables.main import NFTables
with NFTables(nfgen_family=2) as tables:
    for chain in sorted(tables.get_chains(), key=lambda chain: chain.get_attr("NFTA_CHAIN_NAME")):
        print(chain.get_attr("NFTA_CHAIN_NAME"), sorted(chain.get_attr("NFTA_CHAIN_FLAGS") or []))
PY
echo "nft: $(nft list ruleset | grep -c offload || true) chains with the flag offload"
DO
}

seen look <<'SEEN'
prerouting ['NFT_CHAIN_HW_OFFLOAD']
services []
nft: 0 chains with the flag offload
SEEN
