#!/bin/bash
# One address, one VXLAN device, one neighbour: written by `ip`, by the Go library that plugins use, by pyroute2.
. "$(dirname "$0")/lib.sh"
debian iproute2
pypi pyroute2==0.9.7
go_build write github.com/vishvananda/netlink@v1.3.1 <<'GO'
package main

import (
	"net"

	"github.com/vishvananda/netlink"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	link, err := netlink.LinkByName("v0")
	must(err)
	addr, _ := netlink.ParseAddr("10.0.0.1/24")
	must(netlink.AddrAdd(link, addr))
	must(netlink.LinkAdd(&netlink.Vxlan{LinkAttrs: netlink.LinkAttrs{Name: "vx"}, VxlanId: 1, Port: 8472}))
	must(netlink.NeighAdd(&netlink.Neigh{LinkIndex: link.Attrs().Index, IP: net.ParseIP("10.0.0.9"),
		HardwareAddr: net.HardwareAddr{2, 0, 0, 0, 0, 9}}))
	_, dst, _ := net.ParseCIDR("10.9.0.0/24")
	must(netlink.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Dst: dst}))
}
GO

what="iproute2 6.1.0, github.com/vishvananda/netlink v1.3.1, pyroute2 0.9.7: the same four requests, no option \
given"
expected="the same four entries"

look() {
    for by in ip go python; do
        echo "by $by"
        namespace <<DO
ip link add v0 type veth peer name v1 && ip link set v0 up && ip link set v1 up
case $by in
ip)
    ip addr add 10.0.0.1/24 dev v0
    ip link add vx type vxlan id 1 dstport 8472
    ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev v0
    ip route add 10.9.0.0/24 dev v0
    ;;
go) write ;;
python) python3 -c '
from pyroute2 import IPRoute
with IPRoute() as ip:
    v0 = ip.link_lookup(ifname="v0")[0]
    ip.addr("add", index=v0, address="10.0.0.1", prefixlen=24)
    ip.link("add", ifname="vx", kind="vxlan", vxlan_id=1, vxlan_port=8472)
    ip.neigh("add", ifindex=v0, dst="10.0.0.9", lladdr="02:00:00:00:00:09")
    ip.route("add", dst="10.9.0.0/24", oif=v0)' ;;
esac
of() { grep "\$1" | sed 's/ *\$//' || true; }
echo "  address: \$(ip addr show v0 | grep -o '10.0.0.1/24.*')"
echo "  VXLAN: \$(ip -d link show vx | grep -o nolearning || echo learning)"
echo "  neighbours: \$(ip neigh show dev v0 | of 10.0.0.9 | grep . || echo none)"
echo "  with nud all: \$(ip neigh show nud all dev v0 | of 10.0.0.9)"
echo "  route: \$(ip route show 10.9.0.0/24 | of 10.9)"
DO
    done
}

seen look <<'SEEN'
by ip
  address: 10.0.0.1/24 scope global v0
  VXLAN: learning
  neighbours: 10.0.0.9 lladdr 02:00:00:00:00:09 PERMANENT
  with nud all: 10.0.0.9 lladdr 02:00:00:00:00:09 PERMANENT
  route: 10.9.0.0/24 dev v0 scope link
by go
  address: 10.0.0.1/24 brd 10.0.0.255 scope global v0
  VXLAN: nolearning
  neighbours: none
  with nud all: 10.0.0.9
  route: 10.9.0.0/24 dev v0
by python
  address: 10.0.0.1/24 scope global v0
  VXLAN: learning
  neighbours: 10.0.0.9 lladdr 02:00:00:00:00:09 PERMANENT
  with nud all: 10.0.0.9 lladdr 02:00:00:00:00:09 PERMANENT
  route: 10.9.0.0/24 dev v0 proto static
SEEN
