#!/bin/bash
# Rules of iptables-nft, listed by nft and loaded again.
. "$(dirname "$0")/lib.sh"
debian iptables nft

what="nftables 1.0.6 and iptables-nft 1.8.9 (Debian 12): kube-proxy's kind of rules through 'nft list ruleset' \
and 'nft -f'"
expected="nft lists the rules with their comments; loaded again without an error, they are iptables' rules as \
before"

look() {
    namespace <<'DO'
iptables-nft-restore <<'RULES'
*nat
:KUBE-SVC-X - [0:0]
:KUBE-SEP-A - [0:0]
:KUBE-POSTROUTING - [0:0]
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
-A KUBE-SVC-X -m comment --comment "default/web" -m statistic --mode random --probability 0.5 -j KUBE-SEP-A
COMMIT
RULES
nft list ruleset >listed 2>warned
echo "warnings beside nft's listing: $(grep -c "do not touch" warned || true)"
echo "comments in nft's listing: $(grep -c -e default/web -e "postrouting rules" listed || true)"
sed -n 's/^[\t ]*//; /random/p; /xor/p' listed
{ echo flush ruleset; cat listed; } | nft -f - && echo "nft -f: no error; nft lists:"
nft list ruleset | sed -n 's/^[\t ]*//; /random/p; /\^/p'
for command in "iptables-nft-save -t nat" "iptables-nft -t nat -S KUBE-SVC-X" "iptables-nft -t nat -L KUBE-POSTROUTING"; do
    code=0
    $command >/dev/null 2>said || code=$?
    echo "$command: exit $code, $(grep Error: said)"
done
DO
}

seen look <<'SEEN'
warnings beside nft's listing: 1
comments in nft's listing: 0
meta random & 2147483647 < 1073741824 counter packets 0 bytes 0 jump KUBE-SEP-A
counter packets 0 bytes 0 meta mark set mark xor 0x4000
nft -f: no error; nft lists:
meta random & 2147483647 < 1073741824 counter packets 0 bytes 0 jump KUBE-SEP-A
counter packets 0 bytes 0 meta mark set meta mark ^ 0x00004000
iptables-nft-save -t nat: exit 3, Error: meta sreg key not supported
iptables-nft -t nat -S KUBE-SVC-X: exit 3, Error: unknown ipv4 meta key
iptables-nft -t nat -L KUBE-POSTROUTING: exit 3, Error: meta sreg key not supported
SEEN
