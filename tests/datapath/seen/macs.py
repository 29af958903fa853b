"""MACs and addresses that are wrong, doubled or somebody else's: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL = ("flannel", "vxlan")
HOST_GW = ("flannel", "host-gw")
CALICO = ("calico", "vxlan")
CONTROL = "kind-control-plane"
WORKER = "kind-worker"

CASES = {
    "who asks with an address of one's own gets no answer": Seen(
        CALICO,
        (("router", "ip addr add 172.18.0.2/32 dev eth1"),),
        (RandomTrial("coredns", "web", Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 10.96.0.80 neighbor_unreachable",
            "error 172.18.0.2 > 10.244.82.1 delivered",
        ),
    ),
    "a static entry moves to the port by which its MAC is seen": Seen(
        HOST_GW,
        ((WORKER, "bridge fdb add be:d9:27:b1:2c:77 dev vethb9f85daa master static"),),
        (
            RandomTrial("a", "internet", Packet("icmp", 1430, df=True, ttl=2, sport=41000)),
            RandomTrial("a", "a2", Packet("icmp", sport=41002)),
        ),
        (
            "request 172.18.0.3 > 203.0.113.9 ttl_expired",
            "error 172.18.0.1 > 10.244.1.2 delivered",
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "of two answers for an address the first counts": Seen(
        HOST_GW,
        (("a2", "ip addr add 10.244.1.2/32 dev eth0"),),
        (RandomTrial(CONTROL, "a", Packet("icmp", 1372, sport=41000)),),
        (
            "request 172.18.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 172.18.0.2 delivered",
        ),
    ),
    "a frame to a port's own MAC goes up": Seen(
        FLANNEL,
        (("a", "ip neigh replace 10.244.1.1 lladdr 06:0d:40:82:78:80 dev eth0 nud permanent"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
    "a frame to another port's own MAC goes up to be discarded": Seen(
        FLANNEL,
        (("a", "ip neigh replace 10.244.1.1 lladdr e6:28:52:44:32:75 dev eth0 nud permanent"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        ("request 10.244.1.2 > 10.244.0.2 dropped",),
    ),
    "a MAC that nobody has goes to every port": Seen(
        FLANNEL,
        (("a", "ip neigh replace 10.244.1.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "copy 10.244.1.2 > 10.244.0.2 dropped",
            "copy 10.244.1.2 > 10.244.0.2 dropped",
        ),
    ),
    "a MAC that nobody has goes to every NIC of a segment": Seen(
        HOST_GW,
        ((WORKER, "ip neigh replace 172.18.0.2 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"),),
        (RandomTrial(WORKER, CONTROL, Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.3 > 172.18.0.2 delivered",
            "copy 172.18.0.3 > 172.18.0.2 dropped",
            "copy 172.18.0.3 > 172.18.0.2 dropped",
        ),
    ),
    "a permanent entry for a foreign MAC sends its frames up": Seen(
        FLANNEL,
        ((WORKER, "bridge fdb replace be:d9:27:b1:2c:77 dev vethb9f85daa master permanent"),),
        (RandomTrial("a2", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.1.3 > 10.244.1.2 dropped",),
    ),
    "two pods with one MAC": Seen(
        FLANNEL,
        (
            ("a2", "ip link set eth0 address 02:00:00:00:00:99"),
            ("a", "ip link set eth0 address 02:00:00:00:00:99"),
        ),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 neighbor_unreachable",
            "error 10.244.1.2 > 10.244.1.2 delivered",
        ),
    ),
    "a neighbour that somebody wrote down as stale is overwritten by its own question": Seen(
        CALICO,
        (
            (WORKER, "ip neigh replace 10.244.162.129 lladdr 02:42:ac:12:00:01 dev caliacd53aa4120 nud stale"),
            ("a", "ip route del 169.254.1.1 dev eth0 scope link"),
        ),
        (RandomTrial("a", "a2", Packet("tcp", ttl=3, sport=41000)),),
        (
            "request 10.244.162.129 > 10.244.162.130 delivered",
            "reply 10.244.162.130 > 10.244.162.129 delivered",
            "ack 10.244.162.129 > 10.244.162.130 delivered",
        ),
    ),
    "an entry by hand stands for the one of a port's own MAC": Seen(
        HOST_GW,
        ((WORKER, "bridge fdb replace 06:0d:40:82:78:80 dev vethb9f85daa master static"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "a port with the bridge's MAC has no entry of its own": Seen(
        FLANNEL,
        ((WORKER, "ip link set vethb9f85daa address 02:52:cd:40:eb:8a"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "a MAC that two machines of a segment have is behind the port of the last that spoke": Seen(
        HOST_GW,
        ((WORKER, "ip link set eth0 address 02:42:ac:12:00:01"),),
        (RandomTrial(WORKER, CONTROL, Packet("tcp", ttl=2, sport=41000)),),
        (
            "request 172.18.0.3 > 172.18.0.2 delivered",
            "reply 172.18.0.2 > 172.18.0.3 delivered",
            "ack 172.18.0.3 > 172.18.0.2 delivered",
        ),
    ),
    "an address that two machines of a segment have": Seen(
        HOST_GW,
        (("router", "ip addr add 172.18.0.2/16 dev eth0"),),
        (RandomTrial("a", "coredns", Packet("tcp", sport=41000)),),
        ("request 10.244.1.2 > 10.244.0.2 no_route",),
    ),
}
