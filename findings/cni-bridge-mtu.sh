#!/bin/bash
# The MTU that the `bridge` plugin was told, after the last pod has gone.
. "$(dirname "$0")/lib.sh"
go_install github.com/containernetworking/plugins/plugins/{main/bridge,ipam/host-local}@v1.9.1
debian iproute2

what="CNI plugins bridge and host-local v1.9.1 (Go module) on Linux $(uname -r): \"mtu\": 1450, as Flannel's \
CNI configuration has it"
expected="cni0 keeps its 1450"

look() {
    namespace <<'DO'
cni() { CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/$2 CNI_IFNAME=eth0 CNI_PATH=$GOPATH/bin $GOPATH/bin/bridge >/dev/null <<CONF
{"cniVersion": "1.0.0", "name": "pods", "type": "bridge", "bridge": "cni0", "isGateway": true, "mtu": $3,
 "ipam": {"type": "host-local", "dataDir": "/run/addresses", "subnet": "10.244.1.0/24"}}
CONF
}
tell() { echo "$1: cni0 has $(ip -o link show cni0 | grep -o 'mtu [0-9]*')"; }
ip netns add a && ip netns add b
cni ADD a 1450; tell "first pod"
cni DEL a 1450; tell "it has gone"
cni ADD a 1450; tell "another, 1450"
cni ADD b 1400; tell "one more, told 1400"
cni DEL b 1400; tell "that one has gone"
DO
}

seen look <<'SEEN'
first pod: cni0 has mtu 1450
it has gone: cni0 has mtu 1500
another, 1450: cni0 has mtu 1450
one more, told 1400: cni0 has mtu 1400
that one has gone: cni0 has mtu 1450
SEEN
