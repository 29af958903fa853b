"""Senders and addresses that a machine does not take, and settings of IPv4: seen in the kernel."""

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
    "rp_filter 1 wants the way back to lead where the packet came from": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.all.rp_filter=1"),
            (WORKER, "ip route replace 10.244.0.0/24 via 10.244.1.3 dev cni0"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.1.2 dropped",),
    ),
    "a device's own rp_filter counts too": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
            (WORKER, "ip route replace 10.244.0.0/24 via 10.244.1.3 dev cni0"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.1.2 dropped",),
    ),
    "rp_filter 2 wants any way back": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.rp_filter=2"),
            (WORKER, "ip route del 10.244.0.0/24 via 172.18.0.2 dev eth0"),
            (WORKER, "ip route del default via 172.18.0.1 dev eth0"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.1.2 dropped",),
    ),
    "rp_filter 1 and the way back": Seen(
        CALICO,
        ((WORKER, "sysctl -w net.ipv4.conf.all.rp_filter=1"),),
        (
            RandomTrial("a", "coredns", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.162.129 > 10.244.82.1 delivered",
            "reply 10.244.82.1 > 10.244.162.129 delivered",
            "request 10.244.82.1 > 10.244.162.129 delivered",
            "reply 10.244.162.129 > 10.244.82.1 delivered",
        ),
    ),
    "rp_filter 2 is strict on a device without an address": Seen(
        CALICO,
        (
            (WORKER, "sysctl -w net.ipv4.conf.all.rp_filter=2"),
            (WORKER, "ip route replace 10.244.162.129 via 172.18.0.2 dev eth0"),
        ),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        (
            "request 10.244.162.129 > 10.244.82.1 neighbor_unreachable",
            "error 10.244.162.129 > 10.244.162.129 delivered",
        ),
    ),
    "an own address as the sender is a martian": Seen(
        HOST_GW,
        (("a", "ip addr add 10.244.0.2/32 dev eth0"),),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.1.2 dropped",),
    ),
    "accept_local takes it": Seen(
        HOST_GW,
        (
            ("a", "ip addr add 10.244.0.2/32 dev eth0"),
            ("a", "sysctl -w net.ipv4.conf.eth0.accept_local=1"),
        ),
        (
            RandomTrial("coredns", "a", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("udp", sport=41002)),
        ),
        (
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 dropped",
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.0.2 > 10.244.0.2 rejected",
            "error 10.244.0.2 > 10.244.0.2 delivered",
        ),
    ),
    "accept_local with rp_filter 1 does not": Seen(
        HOST_GW,
        (
            ("a", "ip addr add 10.244.0.2/32 dev eth0"),
            ("a", "sysctl -w net.ipv4.conf.eth0.accept_local=1"),
            ("a", "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        (
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 dropped",
        ),
    ),
    "no packet comes in for 127.0.0.1": Seen(
        HOST_GW,
        (
            (WORKER, "iptables -t nat -A PREROUTING -d 172.18.0.77 -j DNAT --to-destination 127.0.0.1"),
            (WORKER, "sysctl -w net.ipv4.conf.all.route_localnet=0"),
        ),
        (RandomTrial("a", "172.18.0.77", Packet("icmp", sport=41000)),),
        ("request 10.244.1.2 > 127.0.0.1 dropped",),
    ),
    "route_localnet lets it": Seen(
        HOST_GW,
        (
            (WORKER, "iptables -t nat -A PREROUTING -d 172.18.0.77 -j DNAT --to-destination 127.0.0.1"),
            (WORKER, "sysctl -w net.ipv4.conf.cni0.route_localnet=1"),
        ),
        (RandomTrial("a", "172.18.0.77", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 127.0.0.1 delivered",
            "reply 172.18.0.77 > 10.244.1.2 delivered",
        ),
    ),
    "none leaves from 127.0.0.1": Seen(
        HOST_GW,
        (
            (WORKER, "iptables -t nat -A OUTPUT -d 127.0.0.9 -j DNAT --to-destination 10.244.1.2"),
            (WORKER, "iptables -t nat -I POSTROUTING -s 127.0.0.1 -j MASQUERADE"),
            (WORKER, "sysctl -w net.ipv4.conf.all.route_localnet=0"),
        ),
        (RandomTrial(WORKER, "127.0.0.9", Packet("icmp", sport=41000)),),
        ("request 127.0.0.1 > 10.244.1.2 dropped",),
    ),
    "route_localnet lets it leave": Seen(
        HOST_GW,
        (
            (WORKER, "iptables -t nat -A OUTPUT -d 127.0.0.9 -j DNAT --to-destination 10.244.1.2"),
            (WORKER, "iptables -t nat -I POSTROUTING -s 127.0.0.1 -j MASQUERADE"),
            (WORKER, "sysctl -w net.ipv4.conf.all.route_localnet=0"),
            (WORKER, "sysctl -w net.ipv4.conf.cni0.route_localnet=1"),
        ),
        (RandomTrial(WORKER, "127.0.0.9", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.1 > 10.244.1.2 delivered",
            "reply 127.0.0.9 > 127.0.0.1 delivered",
        ),
    ),
    "nor for 0.0.0.0": Seen(
        HOST_GW,
        ((WORKER, "iptables -t nat -A PREROUTING -d 172.18.0.77 -j DNAT --to-destination 0.0.0.0"),),
        (RandomTrial("a", "172.18.0.77", Packet("icmp", sport=41000)),),
        ("request 10.244.1.2 > 0.0.0.0 dropped",),
    ),
    "none comes from 0.0.0.0": Seen(
        HOST_GW,
        ((WORKER, "iptables -t nat -I POSTROUTING -d 10.244.0.0/24 -j SNAT --to-source 0.0.0.0"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        ("request 0.0.0.0 > 10.244.0.2 dropped",),
    ),
    "none comes from everybody": Seen(
        HOST_GW,
        ((WORKER, "iptables -t nat -I POSTROUTING -d 10.244.0.0/24 -j SNAT --to-source 255.255.255.255"),),
        (RandomTrial("a", "coredns", Packet("icmp", sport=41000)),),
        ("request 255.255.255.255 > 10.244.0.2 dropped",),
    ),
    "255.255.255.255 is for this machine, and nobody answers a broadcast echo": Seen(
        HOST_GW,
        ((WORKER, "iptables -t nat -A PREROUTING -d 172.18.0.77 -j DNAT --to-destination 255.255.255.255"),),
        (RandomTrial("a", "172.18.0.77", Packet("icmp", sport=41000)),),
        ("request 10.244.1.2 > 255.255.255.255 dropped",),
    ),
    "0.0.0.0 is the machine itself": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "0.0.0.0", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, "0.0.0.0", Packet("udp", sport=41002)),
            RandomTrial(WORKER, "0.0.0.0", Packet("tcp", sport=41004)),
        ),
        (
            "request 127.0.0.1 > 127.0.0.1 delivered",
            "reply 127.0.0.1 > 127.0.0.1 delivered",
            "request 127.0.0.1 > 127.0.0.1 rejected",
            "error 127.0.0.1 > 127.0.0.1 delivered",
            "request 127.0.0.1 > 127.0.0.1 delivered",
            "reply 127.0.0.1 > 127.0.0.1 delivered",
        ),
    ),
    "a program that has not asked may not speak to everybody": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "255.255.255.255", Packet("icmp", sport=41000)),
            RandomTrial("a", "10.244.1.255", Packet("udp", sport=41002)),
            RandomTrial("a", "10.244.1.255", Packet("tcp", sport=41004)),
        ),
        (
            "request 10.244.1.2 > 255.255.255.255 no_route",
            "request 10.244.1.2 > 10.244.1.255 no_route",
            "request 10.244.1.2 > 10.244.1.255 no_route",
        ),
    ),
    "a broadcast into another subnet: its socket answers with its own address, TCP and echo do not": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "10.244.0.255", Packet("udp", sport=41000)),
            RandomTrial("a", "10.244.0.255", Packet("tcp", sport=41002)),
            RandomTrial("a", "10.244.0.255", Packet("icmp", sport=41004)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.255 rejected",
            "request 10.244.1.2 > 10.244.0.255 dropped",
            "request 10.244.1.2 > 10.244.0.255 dropped",
        ),
    ),
    "icmp_echo_ignore_broadcasts 0": Seen(
        FLANNEL,
        ((CONTROL, "sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0"),),
        (RandomTrial("a", "10.244.0.255", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.255 delivered",
            "reply 10.244.0.0 > 10.244.1.2 dropped",
        ),
    ),
    "icmp_echo_ignore_all": Seen(
        FLANNEL,
        (("a2", "sysctl -w net.ipv4.icmp_echo_ignore_all=1"),),
        (RandomTrial("a", "a2", Packet("icmp", sport=41000)),),
        ("request 10.244.1.2 > 10.244.1.3 dropped",),
    ),
    "a mark counts for the way back with src_valid_mark": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
            (WORKER, "sysctl -w net.ipv4.conf.eth0.src_valid_mark=1"),
            (WORKER, "ip rule add fwmark 5 lookup 100"),
            (WORKER, "ip route add 10.244.0.0/24 via 10.244.1.3 dev cni0 table 100"),
            (WORKER, "iptables -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 5"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        ("request 10.244.0.2 > 10.244.1.2 dropped",),
    ),
    "and not without": Seen(
        HOST_GW,
        (
            (WORKER, "sysctl -w net.ipv4.conf.eth0.rp_filter=1"),
            (WORKER, "ip rule add fwmark 5 lookup 100"),
            (WORKER, "ip route add 10.244.0.0/24 via 10.244.1.3 dev cni0 table 100"),
            (WORKER, "iptables -t mangle -A PREROUTING -i eth0 -j MARK --set-mark 5"),
        ),
        (RandomTrial("coredns", "a", Packet("icmp", sport=41000)),),
        (
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 delivered",
        ),
    ),
    "what a machine sends by itself has ip_default_ttl": Seen(
        FLANNEL,
        (
            (WORKER, "sysctl -w net.ipv4.ip_default_ttl=33"),
            ("a", "sysctl -w net.ipv4.ip_default_ttl=34"),
            (CONTROL, "sysctl -w net.ipv4.ip_default_ttl=35"),
        ),
        (
            RandomTrial("coredns", "a", Packet("icmp", sport=41000)),
            RandomTrial("coredns", "a", Packet("tcp", sport=41002)),
            RandomTrial("coredns", "a", Packet("udp", ttl=2, sport=41004)),
        ),
        (
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 delivered",
            "request 10.244.0.2 > 10.244.1.2 delivered",
            "reply 10.244.1.2 > 10.244.0.2 delivered",
            "ack 10.244.0.2 > 10.244.1.2 delivered",
            "request 10.244.0.2 > 10.244.1.2 ttl_expired",
            "error 10.244.1.0 > 10.244.0.2 delivered",
        ),
    ),
    "a pod's packets have the source that its route names": Seen(
        FLANNEL,
        (
            ("a", "ip addr add 10.99.0.1/32 dev eth0"),
            ("a", "ip route replace default via 10.244.1.1 dev eth0 src 10.99.0.1"),
            (WORKER, "ip route add 10.99.0.1 dev cni0"),
        ),
        (RandomTrial("a", WORKER, Packet("icmp", sport=41000)),),
        (
            "request 10.99.0.1 > 172.18.0.3 delivered",
            "reply 172.18.0.3 > 10.99.0.1 delivered",
        ),
    ),
    "a secondary address has the first one's local route": Seen(
        FLANNEL,
        (
            ("a2", "ip addr add 10.244.1.77/24 dev eth0"),
            ("a", "ip addr add 10.244.1.78/24 dev eth0"),
        ),
        (
            RandomTrial(WORKER, "10.244.1.77", Packet("icmp", sport=41000)),
            RandomTrial("a", "10.244.1.78", Packet("icmp", sport=41002)),
        ),
        (
            "request 10.244.1.1 > 10.244.1.77 delivered",
            "reply 10.244.1.77 > 10.244.1.1 delivered",
            "request 10.244.1.2 > 10.244.1.78 delivered",
            "reply 10.244.1.78 > 10.244.1.2 delivered",
        ),
    ),
}
