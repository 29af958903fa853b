"""Fragments that are unequal, or that do not all arrive: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

HOST_GW = ("flannel", "host-gw")
BGP = ("calico", "bgp")
WORKER = "kind-worker"

CASES = {
    "fragments of unequal length leave as they came": Seen(
        BGP,
        (
            ("router", "ip link set eth0 mtu 1400"),
            ("router", "ip route add 10.244.162.128/26 via 172.18.0.3"),
        ),
        (
            RandomTrial(WORKER, "internet", Packet("icmp", sport=41000)),
            RandomTrial("internet", "a", Packet("icmp", 3000, sport=41002)),
        ),
        (
            "request 172.18.0.3 > 203.0.113.9 delivered",
            "reply 203.0.113.9 > 172.18.0.3 delivered",
            "request 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "reply 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 10.244.162.128 > 203.0.113.9 dropped",
            "fragment 10.244.162.128 > 203.0.113.9 dropped",
            "fragment 10.244.162.128 > 203.0.113.9 dropped",
        ),
    ),
    "fragments of unequal length leave a bridge as they came": Seen(
        HOST_GW,
        (
            ("router", "ip link set eth0 mtu 1400"),
            ("router", "ip route add 10.244.1.0/24 via 172.18.0.3"),
        ),
        (RandomTrial("internet", "a", Packet("icmp", 3000, sport=41000)),),
        (
            "request 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "fragment 203.0.113.9 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 203.0.113.9 delivered",
            "fragment 10.244.1.2 > 203.0.113.9 delivered",
            "fragment 10.244.1.2 > 203.0.113.9 dropped",
            "fragment 10.244.1.2 > 203.0.113.9 dropped",
            "fragment 10.244.1.2 > 203.0.113.9 dropped",
        ),
    ),
    "where one is too long all are cut anew": Seen(
        BGP,
        (
            ("router", "ip link set eth0 mtu 1400"),
            ("router", "ip route add 10.244.162.128/26 via 172.18.0.3"),
            (WORKER, "ip link set caliacd53aa4120 mtu 1300"),
        ),
        (RandomTrial("internet", "a", Packet("icmp", 3000, sport=41000)),),
        (
            "request 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "fragment 203.0.113.9 > 10.244.162.128 delivered",
            "reply 10.244.162.128 > 203.0.113.9 dropped",
            "fragment 10.244.162.128 > 203.0.113.9 dropped",
            "fragment 10.244.162.128 > 203.0.113.9 dropped",
        ),
    ),
    "who has the first fragment alone tells so after half a minute": Seen(
        BGP,
        (
            ("router", "iptables -A FORWARD -p udp --dport 80 -j ACCEPT"),
            ("router", "iptables -A FORWARD -p udp -o eth1 -j DROP"),
        ),
        (RandomTrial("a", "internet", Packet("udp", 3000, sport=41000)),),
        (
            "request 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
            "error 203.0.113.9 > 10.244.162.128 delivered",
        ),
    ),
    "who has no first fragment says nothing": Seen(
        BGP,
        (("router", "iptables -A FORWARD -p udp --dport 80 -o eth1 -j DROP"),),
        (RandomTrial("a", "internet", Packet("udp", 3000, sport=41000)),),
        (
            "request 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 10.244.162.128 > 203.0.113.9 delivered",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
            "fragment 172.18.0.3 > 203.0.113.9 dropped",
        ),
    ),
}
