#!/bin/bash
# A capture of `tcpdump -i any` in a pod, read on another machine.
. "$(dirname "$0")/lib.sh"
debian tcpdump iproute2

what="tcpdump 4.99.3 (Debian 4.99.3-1): a LINUX_SLL2 file whose one frame came in on the pod's second \
interface, eth0"
expected="an interface that the file only numbers is shown by its number"

python3 - <<'PY'
import struct
from captures import *
cooked = struct.pack(">HHIHBB8s", 0x0800, 0, 2, 1, 0, 6, bytes.fromhex("020000000001") + b"\0\0")
pcap("pod.pcap", LINUX_SLL2, [(NS, cooked + ping(*PODS))])
PY

look() {
    namespace <<'DO'
ip link show | grep -q '^2: ' && ip link del "$(ip -o link show | sed -n 's/^2: \([^:@]*\).*/\1/p')"
show() { tcpdump -tnr pod.pcap 2>&1 | grep -v ^reading | cut -d, -f1; }
for name in flannel.1 vethaaaa; do
    ip link add name $name index 2 type bridge
    echo "where interface 2 is $name:"
    show
    ip link del $name
done
echo "where there is no interface 2:"
show
DO
}

seen look <<'SEEN'
where interface 2 is flannel.1:
Warning: interface names might be incorrect
flannel.1 In  IP 10.244.1.2 > 10.244.2.2: ICMP echo request
where interface 2 is vethaaaa:
Warning: interface names might be incorrect
vethaaaa In  IP 10.244.1.2 > 10.244.2.2: ICMP echo request
where there is no interface 2:
Warning: interface names might be incorrect
?     In  IP 10.244.1.2 > 10.244.2.2: ICMP echo request
SEEN
