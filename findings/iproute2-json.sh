#!/bin/bash
# What `ip` and `tc` print with -j and without.
. "$(dirname "$0")/lib.sh"
debian iproute2

what="iproute2 6.1.0 (Debian 6.1.0-3): ip -j and tc -j beside the same commands without -j"
expected="JSON says what the text says, in the same units, and every command that takes -j answers in JSON"

look() {
    namespace <<'DO'
ip link add v0 type veth peer name v1
ip link set v0 up && ip link set v1 up
ip route add 10.244.1.0/24 dev v0 mtu lock 1400
ip link add vx type vxlan id 1 dstport 8472 dev v0
tc qdisc add dev v0 root handle 1: tbf rate 8mbit burst 10k latency 25ms
tc qdisc add dev v1 root handle 1: htb
tc class add dev v1 parent 1: classid 1:1 htb rate 8mbit
field() { python3 -c 'import json, sys
try: print("  JSON:", eval(sys.argv[1], {"d": json.load(sys.stdin)[0]}))
except ValueError as error: print("  not JSON:", error)' "$1"; }
echo "route, the MTU is locked"
ip route show 10.244.1.0/24 | sed 's/^/  text: /; s/ *$//'
ip -j route show 10.244.1.0/24 | field 'd["metrics"]'
echo "VXLAN, TTL"
ip -d link show vx | grep -o 'ttl [a-z0-9]*' | sed 's/^/  text: /'
ip -d -j link show vx | field '{"ttl": d["linkinfo"]["info_data"]["ttl"]}'
echo "token bucket, rate and latency"
tc qdisc show dev v0 | grep -o 'rate .*[a-z]' | sed 's/^/  text: /'
tc -j qdisc show dev v0 | field 'd["options"]'
echo "HTB class"
tc class show dev v1 | sed 's/^/  text: /; s/ *$//'
tc -j class show dev v1 | field 'd'
DO
}

seen look <<'SEEN'
route, the MTU is locked
  text: 10.244.1.0/24 dev v0 scope link mtu lock 1400
  JSON: [{'mtu': 1400}]
VXLAN, TTL
  text: ttl auto
  JSON: {'ttl': 0}
token bucket, rate and latency
  text: rate 8Mbit burst 10Kb lat 25ms
  JSON: {'rate': 1000000, 'burst': 10240, 'lat': 25000}
HTB class
  text: class htb 1:1 root prio 0 rate 8Mbit ceil 8Mbit burst 1600b cburst 1600b
  not JSON: Expecting value: line 1 column 1 (char 0)
SEEN
