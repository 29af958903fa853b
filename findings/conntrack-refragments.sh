#!/bin/bash
# Fragments that connection tracking gathers, and the size at which they leave.
. "$(dirname "$0")/lib.sh"
debian iproute2 nft

what="nftables 1.0.6, iproute2 6.1.0 on Linux $(uname -r): a ping of 1200 bytes in two fragments through a \
router with conntrack, towards a link of MTU 1500"
expected="the packet, whole in the forward chain and smaller than the next link's MTU, leaves whole"

look() {
    namespace <<'DO'
ip netns add a && ip netns add b
ip link add va type veth peer name e0 netns a
ip link add vb type veth peer name e0 netns b
ip link set va up && ip link set vb up
ip addr add 10.0.1.1/24 dev va && ip addr add 10.0.2.1/24 dev vb
for n in "a 1" "b 2"; do
    set -- $n
    ip -n "$1" addr add "10.0.$2.2/24" dev e0
    ip -n "$1" link set e0 up
    ip -n "$1" route add default via "10.0.$2.1"
done
ip -n a link set e0 mtu 1000
echo 1 >/proc/sys/net/ipv4/ip_forward
nft -f - <<'RULES'
table ip t {
    chain forward {
        type filter hook forward priority 0
        ct state new ip daddr 10.0.2.2 meta length 1228 counter comment "1228 bytes, whole"
        ip daddr 10.0.2.2 ip frag-off & 0x3fff != 0 counter comment "fragments"
    }
}
RULES
ip netns exec b python3 -c '
import socket, struct
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
s.bind(("e0", 0)); s.settimeout(10)
print("ready", flush=True)
while True:
    f = s.recv(2000)
    if f[23] == 1 and f[26:30] == bytes([10, 0, 1, 2]):
        length, at = struct.unpack(">H2xH", f[16:22])
        print("on the next link:", length, "bytes, offset", (at & 0x1fff) * 8, "more" if at & 0x2000 else "last", flush=True)
        if not at & 0x2000: break
' >out &
until grep -q ready out; do sleep 0.1; done
ip netns exec a python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.sendto(bytes.fromhex("0800f7fd00010001") + bytes(1200), ("10.0.2.2", 0))'
wait $!
nft list ruleset | sed -n 's/.*counter packets \([0-9]*\) bytes [0-9]* comment "\(.*\)"/forward chain: \2: \1/p'
grep -v ready out
DO
}

seen look <<'SEEN'
forward chain: 1228 bytes, whole: 1
forward chain: fragments: 0
on the next link: 996 bytes, offset 0 more
on the next link: 252 bytes, offset 976 last
SEEN
