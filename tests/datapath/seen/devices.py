"""Devices that are down or lose their addresses, and how ports of bridges behave: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL = ("flannel", "vxlan")
HOST_GW = ("flannel", "host-gw")
CALICO = ("calico", "vxlan")
KINDNET = ("kindnet", "ptp")
CONTROL = "kind-control-plane"
WORKER = "kind-worker"

CASES = {
    "a port that is disabled takes no frame": Seen(
        FLANNEL,
        ((WORKER, "bridge link set dev veth86f7e437 state disabled"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
        ),
    ),
    "a port that only learns passes none on": Seen(
        FLANNEL,
        ((WORKER, "bridge link set dev veth86f7e437 state 2"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
        ),
    ),
    "without a spanning tree no port stays blocked": Seen(
        FLANNEL,
        ((WORKER, "bridge link set dev veth86f7e437 state 4"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "ports that are isolated do not reach each other": Seen(
        FLANNEL,
        (
            (WORKER, "bridge link set dev veth86f7e437 isolated on"),
            (WORKER, "bridge link set dev vethb9f85daa isolated on"),
        ),
        (
            RandomTrial("a", "a2", Packet("icmp", sport=41000)),
            RandomTrial("a", "coredns", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.1.3 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
    "an isolated port reaches one that is not": Seen(
        FLANNEL,
        ((WORKER, "bridge link set dev veth86f7e437 isolated on"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "a port that does not learn is reached by flooding": Seen(
        FLANNEL,
        ((WORKER, "bridge link set dev veth86f7e437 learning off"),),
        (
            RandomTrial("a2", "a", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.3 > 10.244.1.2 delivered",
            "copy 10.244.1.3 > 10.244.1.2 dropped",
            "copy 10.244.1.3 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.1.3 delivered",
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "copy 10.244.0.2 > 10.244.1.2 dropped",
            "copy 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 delivered",
        ),
    ),
    "a port without learning and without flooding is reached by nobody": Seen(
        FLANNEL,
        (
            (WORKER, "bridge link set dev veth86f7e437 learning off"),
            (WORKER, "bridge link set dev veth86f7e437 flood off"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        (
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "copy 10.244.0.2 > 10.244.1.2 dropped",
        ),
    ),
    "without hairpin a frame does not go back": Seen(
        HOST_GW,
        ((CONTROL, "bridge link set dev veth10cb005a hairpin off"),),
        (RandomTrial("coredns", "web", Packet("udp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.0.2 dropped",),
    ),
    "a pod's device is down: nothing is sent": Seen(
        FLANNEL,
        (("a", "ip link set eth0 down"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("a", "a2", Packet("tcp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 no_route",
            "request 10.244.1.2 > 10.244.1.3 no_route",
        ),
    ),
    "nobody answers for a device that is down": Seen(
        FLANNEL,
        (("a", "ip link set eth0 down"),),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        (
            "request 10.244.0.2 > 10.244.1.2 neighbor_unreachable",
            "error 10.244.1.0 > 10.244.0.2 delivered",
        ),
    ),
    "a port is down: its pod has no carrier": Seen(
        FLANNEL,
        ((WORKER, "ip link set veth86f7e437 down"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
        ),
    ),
    "a port is down: nobody reaches its pod": Seen(
        FLANNEL,
        ((WORKER, "ip link set veth86f7e437 down"),),
        (
            RandomTrial("a2", "a", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("udp", sport=41002)),
        ),
        (
            "request 10.244.1.3 > 10.244.1.2 neighbor_unreachable",
            "error 10.244.1.3 > 10.244.1.3 delivered",
            "request 10.244.0.2 > 10.244.1.2 neighbor_unreachable",
            "error 10.244.1.0 > 10.244.0.2 delivered",
        ),
    ),
    "a NIC is down: its routes are gone": Seen(
        HOST_GW,
        ((WORKER, "ip link set eth0 down"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, CONTROL, Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 no_route",
            "error 10.244.1.1 > 10.244.1.2 delivered",
            "request 172.18.0.3 > 172.18.0.2 no_route",
        ),
    ),
    "a NIC is down: nobody answers": Seen(
        HOST_GW,
        ((CONTROL, "ip link set eth0 down"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, CONTROL, Packet("udp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.1.1 > 10.244.1.2 delivered",
            "request 172.18.0.3 > 172.18.0.2 neighbor_unreachable",
            "error 172.18.0.3 > 172.18.0.3 delivered",
        ),
    ),
    "a NIC that was down has its own routes only": Seen(
        HOST_GW,
        (
            (WORKER, "ip link set eth0 down"),
            (WORKER, "ip link set eth0 up"),
        ),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, CONTROL, Packet("icmp", sport=41002)),
            RandomTrial(WORKER, "internet", Packet("icmp", sport=41004)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 no_route",
            "error 10.244.1.1 > 10.244.1.2 delivered",
            "request 172.18.0.3 > 172.18.0.2 delivered",
            "reply 172.18.0.2 > 172.18.0.3 delivered",
            "request 172.18.0.3 > 203.0.113.9 no_route",
        ),
    ),
    "the bridge is down": Seen(
        FLANNEL,
        ((WORKER, "ip link set cni0 down"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
            "request 10.244.0.2 > 10.244.1.2 no_route",
        ),
    ),
    "the bridge was down": Seen(
        FLANNEL,
        (
            (WORKER, "ip link set cni0 down"),
            (WORKER, "ip link set cni0 up"),
        ),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 delivered",
        ),
    ),
    "a VXLAN device is down: its port is closed": Seen(
        FLANNEL,
        ((WORKER, "ip link set flannel.1 down"),),
        (
            RandomTrial("coredns", "a", Packet("icmp", sport=41000)),
            RandomTrial("a", "coredns", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.0.2 > 10.244.1.2 rejected",
            "error 172.18.0.3 > 172.18.0.2 delivered",
            "request 10.244.1.2 > 10.244.0.2 no_route",
        ),
    ),
    "the host end of a pod is down": Seen(
        CALICO,
        ((WORKER, "ip link set caliacd53aa4120 down"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.162.129 > 10.244.82.1 neighbor_unreachable",
            "error 10.244.162.129 > 10.244.162.129 delivered",
            "request 10.244.82.1 > 10.244.162.129 no_route",
        ),
    ),
    "an address of a device that is down is still the machine's": Seen(
        HOST_GW,
        ((WORKER, "ip link set cni0 down"),),
        (
            RandomTrial(WORKER, "10.244.1.1", Packet("icmp", sport=41000)),
            RandomTrial(CONTROL, "10.244.1.1", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.1 > 10.244.1.1 delivered",
            "reply 10.244.1.1 > 10.244.1.1 delivered",
            "request 172.18.0.2 > 10.244.1.1 delivered",
            "reply 10.244.1.1 > 172.18.0.2 delivered",
        ),
    ),
    "no route by a device that is down": Seen(
        HOST_GW,
        (
            (WORKER, "ip link set cni0 down"),
            (WORKER, "ip addr add 10.99.0.1/24 dev cni0"),
        ),
        (
            RandomTrial(WORKER, "10.99.0.1", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, "10.99.0.7", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.99.0.1 > 10.99.0.1 delivered",
            "reply 10.99.0.1 > 10.99.0.1 delivered",
            "request 172.18.0.3 > 10.99.0.7 no_route",
            "error 172.18.0.1 > 172.18.0.3 delivered",
        ),
    ),
    "with the last address of a device go its routes": Seen(
        CALICO,
        (("coredns2", "ip addr del 10.244.82.2/32 dev eth0"),),
        (
            RandomTrial("coredns2", "a", Packet("icmp", sport=41000)),
            RandomTrial("a", "coredns2", Packet("icmp", sport=41002)),
        ),
        (
            "request 0.0.0.0 > 10.244.162.129 no_route",
            "request 10.244.162.129 > 10.244.82.2 neighbor_unreachable",
            "error 10.244.82.0 > 10.244.162.129 delivered",
        ),
    ),
    "with an address go the routes that name it": Seen(
        HOST_GW,
        (
            (WORKER, "ip addr add 10.99.0.7/32 dev eth0"),
            (WORKER, "ip route add 10.244.0.2 via 172.18.0.2 dev eth0 src 10.99.0.7"),
            (WORKER, "ip addr del 10.99.0.7/32 dev eth0"),
        ),
        (RandomTrial(WORKER, "coredns", Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.3 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 172.18.0.3 delivered",
        ),
    ),
    "an address that went leaves the others their routes": Seen(
        HOST_GW,
        (
            (WORKER, "ip addr add 10.99.0.7/24 dev eth0"),
            (WORKER, "ip addr del 172.18.0.3/16 dev eth0"),
        ),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, "10.99.0.9", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 neighbor_unreachable",
            "error 10.244.0.1 > 10.244.0.2 delivered",
            "request 10.99.0.7 > 10.99.0.9 neighbor_unreachable",
            "error 10.99.0.7 > 10.99.0.7 delivered",
        ),
    ),
    "flushed addresses take the routes with them": Seen(
        FLANNEL,
        ((WORKER, "ip addr flush dev cni0"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
            "request 10.244.0.2 > 10.244.1.2 no_route",
        ),
    ),
    "a host end without addresses keeps its routes": Seen(
        CALICO,
        (
            (WORKER, "ip addr add 10.99.0.7/32 dev caliacd53aa4120"),
            (WORKER, "ip addr del 10.99.0.7/32 dev caliacd53aa4120"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.82.1 > 10.244.162.129 no_route",),
    ),
    "an address with two subnets has one local route": Seen(
        CALICO,
        (("a", "ip addr add 10.244.162.129/16 dev eth0"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.162.129 > 10.244.82.1 delivered",
            "reply 10.244.82.1 > 10.244.162.129 delivered",
        ),
    ),
    "a route that does not lead out stays when its device goes down": Seen(
        KINDNET,
        ((CONTROL, "ip link set vethe04aab7d down"),),
        (
            RandomTrial("coredns", "coredns2", Packet("icmp", sport=41000)),
            RandomTrial("coredns2", "coredns", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.0.2 > 10.244.0.3 neighbor_unreachable",
            "error 10.244.0.1 > 10.244.0.2 delivered",
            "request 10.244.0.3 > 10.244.0.2 neighbor_unreachable",
            "error 10.244.0.3 > 10.244.0.3 delivered",
        ),
    ),
}
