#!/bin/bash
# The same few lines of configuration for BIRD 1.6, which Calico builds upon, and for BIRD 2.
. "$(dirname "$0")/lib.sh"
debian bird1
mv root/usr/sbin/bird bird1
debian bird2 iproute2
mv root/usr/sbin/bird bird2

what="BIRD 1.6.8 and BIRD 2.0.12 (Debian 1.6.8-2.1+b1, 2.0.12-7): protocols direct, static and kernel with \
export all"
expected="both write the same routes into the kernel's table"

look() {
    namespace <<'DO'
ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up
ip addr add 172.18.0.2/24 dev v0
head='router id 172.18.0.2; protocol device {}'
printf '%s\n' "$head" 'protocol direct {}' 'protocol static { route 10.244.2.0/24 via 172.18.0.3; }' \
    'protocol kernel { export all; }' >bird1.conf
printf '%s\n' "$head" 'protocol direct { ipv4; }' 'protocol static { ipv4; route 10.244.2.0/24 via 172.18.0.3; }' \
    'protocol kernel { ipv4 { export all; }; }' >bird2.conf
for n in 1 2; do
    $folder/bird$n -f -c bird$n.conf -s /run/bird$n.ctl 2>log$n &
    for i in $(seq 50); do ip route | grep -q 'proto bird' && break; sleep 0.1; done
    sleep 1
    echo "BIRD $n:"
    ip route | sed 's/^/  /; s/ *$//'
    kill $!; wait $! || true
done
DO
}

seen look <<'SEEN'
BIRD 1:
  10.244.2.0/24 via 172.18.0.3 dev v0 proto bird
  172.18.0.0/24 dev v0 proto kernel scope link src 172.18.0.2
BIRD 2:
  10.244.2.0/24 via 172.18.0.3 dev v0 proto bird metric 32
  172.18.0.0/24 dev v0 proto kernel scope link src 172.18.0.2
  172.18.0.0/24 dev v0 proto bird scope link metric 32
SEEN
