"""Small cases in which the model once said something else than the kernel: done in both, and equal."""

from __future__ import annotations

import pytest

from packetwalk.lab.proving.search import perform
from packetwalk.proof.draws import Command, RandomCase, RandomTrial
from packetwalk.trace.packet import Packet

FLANNEL, HOST_GW, CALICO = ("flannel", "vxlan"), ("flannel", "host-gw"), ("calico", "vxlan")


def case(mode: tuple[str, str], trial: RandomTrial, *commands: tuple[str, str]) -> RandomCase:
    changed = tuple(Command(netns, tuple(line.split())) for netns, line in commands)
    return RandomCase(*mode, "flat", changed, (trial,))


CASES = {
    "the end of a handshake has the time to live of its socket": case(
        CALICO, RandomTrial("a", "coredns", Packet("tcp", ttl=3, sport=41000))
    ),
    "a machine refuses by the address that was asked": case(
        HOST_GW, RandomTrial("a2", "kind-worker", Packet("udp", 1, df=True, sport=41000))
    ),
    "what a bridge gathered is routed as one packet": case(
        FLANNEL, RandomTrial("coredns", "kind-worker", Packet("icmp", 1430))
    ),
    "what a bridge gathered is cut as it came where it has to be cut": case(
        FLANNEL, RandomTrial("a", "internet", Packet("icmp", 3000))
    ),
    "a NIC takes no frame that is too long for it": case(
        FLANNEL,
        RandomTrial("coredns", "a", Packet("icmp", 1422)),
        ("kind-control-plane", "ip link set eth0 mtu 1400"),
    ),
    "what a socket may not cut is refused before connections are tracked": case(
        CALICO, RandomTrial("kind-control-plane", "coredns", Packet("udp", 1473, df=True, sport=41000))
    ),
    **{
        f"a route that is {kind} tells who sends through": case(
            HOST_GW,
            RandomTrial("a", "coredns", Packet("icmp", 56)),
            ("kind-worker", f"ip route add {kind} 10.244.0.2"),
        )
        for kind in ("unreachable", "prohibit", "throw")
    },
    **{
        f"a route that is {kind} refuses its own machine": case(
            HOST_GW,
            RandomTrial("kind-worker", "coredns", Packet("udp", 8, sport=41000)),
            ("kind-worker", f"ip route add {kind} 10.244.0.2"),
        )
        for kind in ("unreachable", "prohibit", "throw")
    },
    "the first of two routes alike counts": case(
        HOST_GW,
        RandomTrial("a", "coredns", Packet("icmp", 56)),
        ("kind-worker", "ip route append prohibit 10.244.0.0/24"),
    ),
    "a gateway may be an own address": case(
        CALICO,
        RandomTrial("a", "kind-control-plane", Packet("tcp", sport=41000)),
        ("kind-worker", "ip route add 10.244.0.2 via 172.18.0.3 dev eth0 metric 1024"),
    ),
    **{
        f"{lock or 'not locked'}: the MTU of a route, for {packet.label}": case(
            HOST_GW,
            RandomTrial(src, "coredns", packet),
            (
                "kind-worker",
                f"ip route replace 10.244.0.0/24 via 172.18.0.2 dev eth0 mtu {lock + ' ' if lock else ''}1300",
            ),
        )
        for lock, src, packet in (
            ("", "kind-worker", Packet("tcp", sport=41000)),
            ("lock", "kind-worker", Packet("tcp", sport=41000)),
            ("lock", "a", Packet("icmp", 1400, df=True)),
            ("lock", "a", Packet("icmp", 1400)),
        )
    },
    **{
        f"a NIC is reached by the MAC it has now ({goal})": case(
            mode,
            RandomTrial("a", goal, Packet("icmp", 56)),
            ("kind-control-plane", "ip link set eth0 address 02:00:00:00:00:99"),
        )
        for mode, goal in ((HOST_GW, "coredns"), (CALICO, "coredns2"))
    },
    **{
        f"a neighbour that does not stay is not compared ({state})": case(
            HOST_GW,
            RandomTrial("a", "coredns", Packet("icmp", 56)),
            ("kind-worker", f"ip neigh replace 10.99.0.7 lladdr 02:00:00:00:00:99 dev eth0 nud {state}"),
        )
        for state in ("stale", "noarp")
    },
    "what does not forward says nothing of a missing route": case(
        HOST_GW,
        RandomTrial("a", "internet", Packet("icmp", 56)),
        ("kind-worker", "ip route del default"),
        ("kind-worker", "sysctl -w net.ipv4.ip_forward=0"),
    ),
    **{
        f"forwarding is a setting of the device by which a packet comes ({dev})": case(
            HOST_GW,
            RandomTrial("a", "coredns", Packet("icmp", 56)),
            ("kind-worker", f"sysctl -w net.ipv4.conf.{dev}.forwarding=0"),
        )
        for dev in ("cni0", "eth0")
    },
    **{
        f"what a bridge gathered leaves by its MTU ({mtu}, {size} bytes)": case(
            FLANNEL,
            RandomTrial("coredns", "coredns2", Packet("icmp", size)),
            ("kind-control-plane", f"ip link set cni0 mtu {mtu}"),
        )
        for mtu, size in ((1400, 1430), (1444, 1430), (1500, 1430), (1400, 1300), (600, 3000))
    },
}


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    outcome = perform(CASES[name])
    assert not outcome.difference, f"{outcome.case}\n{outcome.difference}"
    assert not outcome.refused
