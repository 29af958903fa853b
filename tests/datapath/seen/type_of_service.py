"""Type of service and ECN: who copies it, and who does not; seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL = ("flannel", "vxlan")
CALICO = ("calico", "vxlan")
CONTROL = "kind-control-plane"
WORKER = "kind-worker"

CASES = {
    "an echo is answered with its type of service": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "coredns", Packet("icmp", tos=184, sport=41000)),
            RandomTrial("a", "a2", Packet("icmp", tos=184, sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
            "request 10.244.1.2 > 10.244.1.3 delivered",
            "reply 10.244.1.3 > 10.244.1.2 delivered",
        ),
    ),
    "an error has the type of service of the packet, and a precedence of its own": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "coredns", Packet("icmp", ttl=2, tos=184, sport=41000)),
            RandomTrial("a", "10.99.0.7", Packet("udp", tos=184, sport=41002)),
            RandomTrial("a", "coredns", Packet("udp", ttl=1, tos=3, sport=41004)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 ttl_expired",
            "error 10.244.0.0 > 10.244.1.2 delivered",
            "request 172.18.0.3 > 10.99.0.7 no_route",
            "error 172.18.0.1 > 10.244.1.2 delivered",
            "request 10.244.1.2 > 10.244.0.2 ttl_expired",
            "error 10.244.1.1 > 10.244.1.2 delivered",
        ),
    ),
    "a server's datagram has none": Seen(
        FLANNEL,
        (),
        (RandomTrial("a", "coredns", Packet("udp", tos=184, sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
    "TCP keeps the ECN bits for itself": Seen(
        FLANNEL,
        (),
        (RandomTrial("a", "coredns", Packet("tcp", tos=187, sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
            "ack 10.244.1.2 > 10.244.0.2 delivered",
        ),
    ),
    "a reset has that of the segment": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "172.18.0.3", Packet("tcp", tos=184, sport=41000)),
            RandomTrial("a", CONTROL, Packet("tcp", tos=184, sport=41002)),
        ),
        (
            "request 10.244.1.2 > 172.18.0.3 delivered",
            "reply 172.18.0.3 > 10.244.1.2 delivered",
            "ack 10.244.1.2 > 172.18.0.3 delivered",
            "request 172.18.0.3 > 172.18.0.2 delivered",
            "reply 172.18.0.2 > 10.244.1.2 delivered",
            "ack 172.18.0.3 > 172.18.0.2 delivered",
        ),
    ),
    "ECT(0) shows outside of a tunnel": Seen(
        FLANNEL,
        (),
        (RandomTrial("a", "coredns", Packet("icmp", tos=2, sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
    "ECT(1) shows outside of a tunnel": Seen(
        CALICO,
        (),
        (RandomTrial("a", "coredns", Packet("icmp", tos=1, sport=41000)),),
        (
            "request 10.244.162.129 > 10.244.82.1 delivered",
            "reply 10.244.82.1 > 10.244.162.129 delivered",
        ),
    ),
    "congestion experienced does not": Seen(
        FLANNEL,
        (),
        (RandomTrial("a", "coredns", Packet("icmp", tos=187, sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
    "a rule's reset has no type of service, its errors have": Seen(
        FLANNEL,
        (
            (WORKER, "iptables -I FORWARD -p tcp -j REJECT --reject-with tcp-reset"),
            (WORKER, "iptables -I FORWARD -p udp -j REJECT"),
        ),
        (
            RandomTrial("a", "coredns", Packet("tcp", tos=184, sport=41000)),
            RandomTrial("a", "coredns", Packet("udp", tos=184, sport=41002)),
        ),
        (
            "request 10.244.1.2 > 10.244.0.2 rejected",
            "reset 10.244.0.2 > 10.244.1.2 delivered",
            "request 10.244.1.2 > 10.244.0.2 rejected",
            "error 10.244.1.1 > 10.244.1.2 delivered",
        ),
    ),
    "fragments have it all": Seen(
        FLANNEL,
        (),
        (RandomTrial("a", "coredns", Packet("icmp", 3000, tos=185, sport=41000)),),
        (
            "request 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "fragment 10.244.1.2 > 10.244.0.2 delivered",
            "reply 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
            "fragment 10.244.0.2 > 10.244.1.2 delivered",
        ),
    ),
}
