#!/bin/bash
# Two base chains of one hook and one priority: which is asked first?
. "$(dirname "$0")/lib.sh"
debian nft

what="nftables 1.0.6 (Debian 1.0.6-2+deb12u2), two chains at hook output, priority 0, on Linux $(uname -r)"
expected="the chain that was made first is asked first: it sets a mark, the second finds it"

look() {
    namespace <<'DO'
nft -f - <<'RULES'
table ip first  { chain c { type filter hook output priority 0; meta l4proto udp meta mark set 1 counter comment "sets it"; }; }
table ip second { chain c { type filter hook output priority 0; meta l4proto udp meta mark 1 counter comment "finds it"; }; }
RULES
send() { python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"", ("127.0.0.1", 9))'; }
show() { nft list ruleset | sed -n 's/.*counter packets \([0-9]*\) bytes [0-9]* comment \(.*\)/    \2: \1/p'; }
send
echo "after one packet:"
show
nft -f - <<'RULES'
delete table ip first
table ip first  { chain c { type filter hook output priority 0; meta l4proto udp meta mark set 1 counter comment "sets it"; }; }
RULES
send
echo "the first table made anew, so now the last, one packet more:"
show
DO
}

seen look <<'SEEN'
after one packet:
    "sets it": 1
    "finds it": 0
the first table made anew, so now the last, one packet more:
    "finds it": 1
    "sets it": 1
SEEN
