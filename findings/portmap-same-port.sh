#!/bin/bash
# One host port for two pods.
. "$(dirname "$0")/lib.sh"
go_install github.com/containernetworking/plugins/plugins/{main/ptp,ipam/host-local,meta/portmap}@v1.9.1
debian iproute2 iptables

what="CNI plugins ptp, host-local and portmap v1.9.1 (Go module): host port 8080 for two pods of one node"
expected="the second ADD, or a CHECK of the second pod, fails: the port is taken"

look() {
    namespace <<'DO'
conf() { cat <<CONF
{"cniVersion": "1.0.0", "name": "pods", "type": "$1", "runtimeConfig":
 {"portMappings": [{"hostPort": 8080, "containerPort": $2, "protocol": "tcp"}]},
 "ipam": {"type": "host-local", "dataDir": "/run/addresses", "subnet": "10.244.1.0/24", "routes": [{"dst": "0.0.0.0/0"}]}, "prevResult": $3}
CONF
}
cni() { CNI_COMMAND=$2 CNI_CONTAINERID=$3 CNI_NETNS=/run/netns/$3 CNI_IFNAME=eth0 CNI_PATH=$GOPATH/bin $1; }
for pod in a b; do
    ip netns add $pod
    conf ptp 80 null | cni ptp ADD $pod >$pod.json
    code=0; conf portmap 80 "$(cat $pod.json)" | cni portmap ADD $pod >/dev/null || code=$?
    echo "pod $pod, $(grep -o '10.244.1.[0-9]*/' $pod.json | tr -d /): portmap ADD: exit $code"
done
for pod in a b; do
    code=0; conf portmap 80 "$(cat $pod.json)" | cni portmap CHECK $pod || code=$?
    echo "pod $pod: CHECK: exit $code"
done
iptables-nft -t nat -S CNI-HOSTPORT-DNAT | sed -n 's/.*id: [\\]*"\(.\).*dports/pod \1: dports/p' | sed 's/CNI-DN-.*/its chain/'
for pod in a b; do
    ip netns exec $pod python3 -c '
import socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("0.0.0.0", 80)); s.listen()
print("ready", flush=True)
while True: s.accept()[0].send(b"pod '$pod'")' >$pod.log &
    until grep -q ready $pod.log; do sleep 0.1; done
done
ip link add ext type veth peer name ext1 && ip netns add c && ip link set ext1 netns c && ip link set ext up
ip addr add 172.18.0.2/24 dev ext && ip -n c link set ext1 up && ip -n c addr add 172.18.0.9/24 dev ext1
for n in 1 2 3; do
    ip netns exec c python3 -c 'import socket; print(socket.create_connection(("172.18.0.2", 8080), 5).recv(9).decode())'
done | uniq -c
kill %1 %2
DO
}

seen look <<'SEEN'
pod a, 10.244.1.2: portmap ADD: exit 0
pod b, 10.244.1.3: portmap ADD: exit 0
pod a: CHECK: exit 0
pod b: CHECK: exit 0
pod a: dports 8080 -j its chain
pod b: dports 8080 -j its chain
      3 pod a
SEEN
