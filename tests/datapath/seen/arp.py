"""Who answers a question for an address, and who does not: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL = ("flannel", "vxlan")
HOST_GW = ("flannel", "host-gw")
CONTROL = "kind-control-plane"
WORKER = "kind-worker"

CASES = {
    "arp_ignore 1 wants the address on the device that is asked": Seen(
        HOST_GW,
        (
            (WORKER, "ip addr add 10.99.0.7/32 dev cni0"),
            (WORKER, "sysctl -w net.ipv4.conf.eth0.arp_ignore=1"),
            (CONTROL, "ip route add 10.99.0.7 dev eth0"),
        ),
        (RandomTrial(CONTROL, "10.99.0.7", Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 10.99.0.7 neighbor_unreachable",
            "error 172.18.0.2 > 172.18.0.2 delivered",
        ),
    ),
    "arp_ignore 2 wants the asker in its subnet": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.arp_ignore=2"),
            (CONTROL, "ip addr add 10.99.0.7/32 dev eth0"),
            (CONTROL, "ip route add 172.18.0.3 dev eth0 src 10.99.0.7"),
        ),
        (RandomTrial(CONTROL, WORKER, Packet("icmp", sport=41000)),),
        (
            "request 10.99.0.7 > 172.18.0.3 neighbor_unreachable",
            "error 10.99.0.7 > 10.99.0.7 delivered",
        ),
    ),
    "arp_announce 2 asks by an address of that subnet": Seen(
        HOST_GW,
        (
            (CONTROL, "sysctl -w net.ipv4.conf.eth0.arp_announce=2"),
            (WORKER, "sysctl -w net.ipv4.conf.eth0.arp_ignore=2"),
            (CONTROL, "ip addr add 10.99.0.7/32 dev eth0"),
            (CONTROL, "ip route add 172.18.0.3 dev eth0 src 10.99.0.7"),
        ),
        (RandomTrial(CONTROL, WORKER, Packet("icmp", sport=41000)),),
        (
            "request 10.99.0.7 > 172.18.0.3 delivered",
            "reply 172.18.0.3 > 10.99.0.7 no_route",
            "error 172.18.0.1 > 172.18.0.3 delivered",
        ),
    ),
    "arp_ignore 8 answers nobody": Seen(
        HOST_GW,
        ((WORKER, "sysctl -w net.ipv4.conf.all.arp_ignore=8"),),
        (RandomTrial(CONTROL, WORKER, Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 172.18.0.3 neighbor_unreachable",
            "error 172.18.0.2 > 172.18.0.2 delivered",
        ),
    ),
    "arp_filter wants the way back by the device that is asked": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.arp_filter=1"),
            (WORKER, "ip route add 172.18.0.2 dev cni0"),
        ),
        (RandomTrial(CONTROL, WORKER, Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 172.18.0.3 neighbor_unreachable",
            "error 172.18.0.2 > 172.18.0.2 delivered",
        ),
    ),
    "proxy_arp of all counts for each device": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.all.proxy_arp=1"),
            (CONTROL, "ip route replace 10.244.1.0/24 dev eth0"),
        ),
        (RandomTrial(CONTROL, "a", Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 172.18.0.2 delivered",
        ),
    ),
    "who is not believed gets no answer to his question": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.all.proxy_arp=1"),
            (WORKER, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
            (WORKER, "ip route add 172.18.0.2 dev cni0"),
            (CONTROL, "ip route replace 10.244.1.0/24 dev eth0"),
        ),
        (RandomTrial(CONTROL, "a", Packet("icmp", sport=41000)),),
        (
            "request 172.18.0.2 > 10.244.1.2 neighbor_unreachable",
            "error 172.18.0.2 > 172.18.0.2 delivered",
        ),
    ),
    "of two answers the first counts": Seen(
        FLANNEL,
        (
            ("a2", "ip addr add 10.244.1.77/32 dev eth0"),
            ("a", "ip addr add 10.244.1.77/32 dev eth0"),
        ),
        (RandomTrial(WORKER, "10.244.1.77", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.1 > 10.244.1.77 delivered",
            "reply 10.244.1.77 > 10.244.1.1 delivered",
        ),
    ),
}
