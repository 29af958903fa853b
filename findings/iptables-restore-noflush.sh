#!/bin/bash
# What "do not flush" leaves.
. "$(dirname "$0")/lib.sh"
debian iptables

what="iptables-nft 1.8.9 (Debian 1.8.9-2): iptables-restore --noflush, as kube-proxy and Felix use it, with \
chains declared and no rule"
expected="--noflush flushes nothing: the rules that were there stay"

look() {
    namespace <<'DO'
rules() { iptables-nft -t nat -S | grep -- '^-A'; }
iptables-nft -t nat -N MINE
iptables-nft -t nat -N OTHER
iptables-nft -t nat -A MINE -j RETURN
iptables-nft -t nat -A OTHER -j RETURN
iptables-nft -t nat -A OUTPUT -j MINE
echo "before:"; rules
iptables-nft-restore --noflush <<'RULES'
*nat
:OUTPUT ACCEPT [0:0]
:MINE - [0:0]
COMMIT
RULES
echo "after declaring OUTPUT and MINE:"; rules
DO
}

seen look <<'SEEN'
before:
-A OUTPUT -j MINE
-A MINE -j RETURN
-A OTHER -j RETURN
after declaring OUTPUT and MINE:
-A OUTPUT -j MINE
-A OTHER -j RETURN
SEEN
