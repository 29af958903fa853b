#!/bin/bash
# Networks of a NetworkPolicy in an ipset: all addresses, a network within another, an exception.
. "$(dirname "$0")/lib.sh"
debian ipset nft

what="ipset 7.17 (Debian 7.17-1), nftables 1.0.6: hash:net, and ipset-translate, which writes sets for nft"
expected="0.0.0.0/0 is a network like others; a refused file changes nothing; nft loads the translation, \
exceptions and all"

look() {
    namespace <<'DO'
echo "a file whose third line is 0.0.0.0/0:"
ipset restore 2>&1 <<'SET' || true
create all hash:net
add all 10.0.0.0/8
add all 0.0.0.0/0
add all 192.168.0.0/16
SET
ipset save all | grep ^add
ipset restore <<'SET'
create pods hash:net
add pods 10.0.0.0/8
add pods 10.244.0.0/16 nomatch
SET
echo "is 10.244.1.2 in 10.0.0.0/8 without 10.244.0.0/16?"
ipset test pods 10.244.1.2 2>&1 || true
echo "the translation:"
ipset save pods | ipset-translate restore >translation
sort translation
echo "nft:"
nft -f translation 2>&1 | sed -n 's/.*Error/Error/p'
DO
}

seen look <<'SEEN'
a file whose third line is 0.0.0.0/0:
ipset v7.17: Error in line 3: The value of the CIDR parameter of the IP address is invalid
add all 10.0.0.0/8
is 10.244.1.2 in 10.0.0.0/8 without 10.244.0.0/16?
10.244.1.2 is NOT in set pods.
the translation:
add element inet global pods { 10.0.0.0/8 }
add element inet global pods { 10.244.0.0/16 }
add set inet global pods { type ipv4_addr; size 65536; flags interval; }
add table inet global
nft:
Error: conflicting intervals specified
SEEN
