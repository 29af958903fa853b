"""Packets for groups of machines: seen in the kernel."""

from __future__ import annotations

from packetwalk.proof.draws import RandomTrial
from packetwalk.trace.packet import Packet
from tests.datapath.as_the_kernel import Seen

FLANNEL = ("flannel", "vxlan")
WORKER = "kind-worker"

CASES = {
    "a group that everybody is in: nobody answers an echo, a server does": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "224.0.0.1", Packet("icmp", sport=41000)),
            RandomTrial("a", "224.0.0.1", Packet("udp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "request 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 rejected",
            "reply 10.244.1.2 > 10.244.1.2 rejected",
            "reply 10.244.1.3 > 10.244.1.2 rejected",
            "reply 10.244.1.2 > 10.244.1.2 rejected",
            "error 10.244.1.2 > 10.244.1.2 delivered",
            "error 10.244.1.2 > 10.244.1.3 delivered",
            "error 10.244.1.2 > 10.244.1.2 delivered",
        ),
    ),
    "a group that nobody is in": Seen(
        FLANNEL,
        (),
        (
            RandomTrial("a", "239.1.1.1", Packet("icmp", sport=41000)),
            RandomTrial("a", "239.1.1.1", Packet("tcp", sport=41002)),
        ),
        (
            "request 10.244.1.2 > 239.1.1.1 delivered",
            "copy 10.244.1.2 > 239.1.1.1 dropped",
            "copy 10.244.1.2 > 239.1.1.1 dropped",
            "copy 10.244.1.2 > 239.1.1.1 dropped",
            "request 10.244.1.2 > 239.1.1.1 no_route",
        ),
    ),
    "an echo to a group is answered with icmp_echo_ignore_broadcasts 0": Seen(
        FLANNEL,
        (("a2", "sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0"),),
        (RandomTrial("a", "224.0.0.1", Packet("icmp", sport=41000)),),
        (
            "request 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "copy 10.244.1.2 > 224.0.0.1 delivered",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "copy 10.244.1.2 > 224.0.0.1 dropped",
            "reply 10.244.1.3 > 10.244.1.2 dropped",
        ),
    ),
    "mc node": Seen(
        FLANNEL,
        (),
        (
            RandomTrial(WORKER, "224.0.0.1", Packet("icmp", sport=41000)),
            RandomTrial(WORKER, "239.1.1.1", Packet("udp", sport=41002)),
        ),
        (
            "request 172.18.0.3 > 224.0.0.1 delivered",
            "copy 172.18.0.3 > 224.0.0.1 dropped",
            "copy 172.18.0.3 > 224.0.0.1 dropped",
            "copy 172.18.0.3 > 224.0.0.1 dropped",
            "request 172.18.0.3 > 239.1.1.1 delivered",
            "copy 172.18.0.3 > 239.1.1.1 dropped",
            "copy 172.18.0.3 > 239.1.1.1 dropped",
        ),
    ),
}
