#!/bin/bash
# PERMANENT neighbours, as VXLAN plugins write them, and the device's MAC address.
. "$(dirname "$0")/lib.sh"
debian iproute2

what="iproute2 6.1.0 (Debian 6.1.0-3) on Linux $(uname -r): a PERMANENT neighbour on a device that changes"
expected="what is PERMANENT stays until somebody deletes it; the device's own MAC address has no part in the entry"

look() {
    namespace <<'DO'
ip link add v0 type veth peer name v1
ip link set v0 up && ip link set v1 up
put() { ip neigh replace 10.244.1.0 lladdr 02:00:00:00:00:01 dev v0 nud permanent; }
tell() { printf '%-34s%s\n' "$1:" "$(ip neigh show 10.244.1.0 dev v0 | grep -o PERMANENT || echo gone)"; }
put
tell "as written"
ip link set v1 down
tell "no carrier"
ip link set v1 up
ip link set v0 mtu 1400
tell "another MTU"
ip link set v0 address 02:00:00:00:00:aa
tell "another MAC address"
put
ip link set v0 address 02:00:00:00:00:aa
tell "written anew, the same MAC again"
put
ip link set v0 down && ip link set v0 up
tell "written anew, down and up"
DO
}

seen look <<'SEEN'
as written:                       PERMANENT
no carrier:                       PERMANENT
another MTU:                      PERMANENT
another MAC address:              gone
written anew, the same MAC again: gone
written anew, down and up:        gone
SEEN
