#!/bin/bash
# What host-local makes of the verbs that CNI 1.1 brought, and what it keeps on the disk.
. "$(dirname "$0")/lib.sh"
go_install github.com/containernetworking/plugins/plugins/ipam/host-local@v1.9.1

what="CNI plugin host-local v1.9.1 (Go module), CNI version 1.1.0: a range of two addresses, both taken"
expected="STATUS says that it cannot serve another ADD (error 50); GC with no valid attachment frees both addresses"

look() {
    namespace <<'DO'
mkdir /run/netns/pod
cni() { CNI_COMMAND=$1 CNI_CONTAINERID=$2 CNI_NETNS=/run/netns/pod CNI_IFNAME=eth0 CNI_PATH=$GOPATH/bin host-local <<CONF
{"cniVersion": "1.1.0", "name": "pods", "type": "bridge", "cni.dev/valid-attachments": [], "ipam":
 {"type": "host-local", "dataDir": "/run/addresses", "ranges": [[
  {"subnet": "10.244.1.0/24", "rangeStart": "10.244.1.10", "rangeEnd": "10.244.1.11"}]]}}
CONF
}
taken() { cd /run/addresses/pods && echo 10.*; }
cni ADD first >/dev/null
cni ADD second >/dev/null
cni ADD third | grep msg || true
code=0; cni STATUS "" || code=$?; echo "STATUS: exit $code"
code=0; cni GC "" || code=$?; echo "GC: exit $code, still taken: $(taken)"
echo "a file, byte for byte:"; od -An -c /run/addresses/pods/10.244.1.10
DO
}

seen look <<'SEEN'
    "msg": "failed to allocate for range 0: no IP addresses available in range set: 10.244.1.10-10.244.1.11"
STATUS: exit 0
GC: exit 0, still taken: 10.244.1.10 10.244.1.11
a file, byte for byte:
   f   i   r   s   t  \r  \n   e   t   h   0
SEEN
