#!/bin/bash
# Addresses with prefix lengths, as CNI results have them, in a set.
. "$(dirname "$0")/lib.sh"
pypi netaddr==1.3.0

what="netaddr 1.3.0: the addresses of two pods, 10.244.1.5/24 and 10.244.1.6/24, beside Python's ipaddress"
expected="two different values: each keeps its host part and prints it"

look() {
    python3 - <<'PY'
import ipaddress, netaddr
pods = "10.244.1.5/24", "10.244.1.6/24"
for name, kind in (("netaddr.IPNetwork", netaddr.IPNetwork), ("ipaddress.ip_interface", ipaddress.ip_interface)):
    a, b = map(kind, pods)
    print(f"{name}: {a} and {b}, equal: {a == b}, in a set: {len({a, b})}, as keys: {len({a: 1, b: 2})}")
PY
}

seen look <<'SEEN'
netaddr.IPNetwork: 10.244.1.5/24 and 10.244.1.6/24, equal: True, in a set: 1, as keys: 1
ipaddress.ip_interface: 10.244.1.5/24 and 10.244.1.6/24, equal: False, in a set: 2, as keys: 2
SEEN
