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
    "a NIC takes no frame that is too long for it": case(
        FLANNEL,
        RandomTrial("coredns", "a", Packet("icmp", 1422)),
        ("kind-control-plane", "ip link set eth0 mtu 1400"),
    ),
    "what a socket may not cut is refused before connections are tracked": case(
        CALICO, RandomTrial("kind-control-plane", "coredns", Packet("udp", 1473, df=True, sport=41000))
    ),
}


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    outcome = perform(CASES[name])
    assert not outcome.difference, f"{outcome.case}\n{outcome.difference}"
    assert not outcome.refused
