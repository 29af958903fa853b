"""What a program is told whose packet its own kernel refuses, and when: in model and kernel.

What it was told was seen in Linux 6.18.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from packetwalk.lab.proving.search import perform
from packetwalk.proof.draws import Command, RandomCase, RandomTrial
from packetwalk.shell import Shell, State
from packetwalk.trace.packet import Packet
from packetwalk.walks.refusal import refusal

FLANNEL, HOST_GW, CALICO = ("flannel", "vxlan"), ("flannel", "host-gw"), ("calico", "vxlan")
CONTROL, WORKER, VETH = "kind-control-plane", "kind-worker", "veth86f7e437"
ICMP, UDP, TCP = (Packet(proto, sport=41000) for proto in ("icmp", "udp", "tcp"))
DF, LONG = Packet("udp", 1473, df=True, sport=41000), Packet("icmp", 3000, sport=41000)


class Told(NamedTuple):
    """A command, a packet, and the error that its program got; none where the call succeeded."""

    mode: tuple[str, str]
    command: tuple[str, str]
    trial: RandomTrial
    error: str

    @property
    def case(self) -> RandomCase:
        """The case as the random search makes it."""
        netns, line = self.command
        return RandomCase(*self.mode, "flat", (Command(netns, tuple(line.split())),), (self.trial,))


CASES = {
    "EMSGSIZE": Told(
        HOST_GW, (WORKER, "ip link set eth0 mtu 1500"), RandomTrial("a", "coredns", DF), "Message too long"
    ),
    "EMSGSIZE by the device": Told(
        FLANNEL,
        (WORKER, "ip link set flannel.1 mtu 1300"),
        RandomTrial(WORKER, "coredns", DF),
        "Message too long",
    ),
    "ENETUNREACH": Told(
        HOST_GW,
        (WORKER, "ip route del default"),
        RandomTrial(WORKER, "internet", UDP),
        "Network is unreachable",
    ),
    "ENETUNREACH of TCP": Told(
        HOST_GW,
        (WORKER, "ip route del default"),
        RandomTrial(WORKER, "internet", TCP),
        "Network is unreachable",
    ),
    "EHOSTUNREACH": Told(
        HOST_GW,
        (WORKER, "ip route add unreachable 10.244.0.2"),
        RandomTrial(WORKER, "coredns", ICMP),
        "No route to host",
    ),
    "EACCES": Told(
        HOST_GW,
        (WORKER, "ip route add prohibit 10.244.0.2"),
        RandomTrial(WORKER, "coredns", UDP),
        "Permission denied",
    ),
    "EINVAL": Told(
        HOST_GW,
        (WORKER, "ip route add blackhole 10.244.0.2"),
        RandomTrial(WORKER, "coredns", UDP),
        "Invalid argument",
    ),
    "EPERM at OUTPUT": Told(
        HOST_GW,
        ("a", "iptables -A OUTPUT -p udp -j DROP"),
        RandomTrial("a", "coredns", UDP),
        "Operation not permitted",
    ),
    "EPERM by REJECT": Told(
        HOST_GW,
        ("a", "iptables -A OUTPUT -p udp -j REJECT"),
        RandomTrial("a", "coredns", UDP),
        "Operation not permitted",
    ),
    "EPERM at POSTROUTING": Told(
        HOST_GW,
        ("a", "iptables -t mangle -A POSTROUTING -p icmp -j DROP"),
        RandomTrial("a", "coredns", ICMP),
        "Operation not permitted",
    ),
    "connect() waits though a rule drops": Told(
        HOST_GW, ("a", "iptables -A OUTPUT -p tcp -j DROP"), RandomTrial("a", "coredns", TCP), ""
    ),
    "what is dropped after it has left is no error": Told(
        FLANNEL,
        (WORKER, "iptables -A OUTPUT -p udp --dport 8472 -j DROP"),
        RandomTrial(WORKER, "coredns", ICMP),
        "",
    ),
    "a neighbour that does not answer is no error of the call": Told(
        HOST_GW, (WORKER, "ip neigh flush dev eth0"), RandomTrial(WORKER, "172.18.0.77", UDP), ""
    ),
    "ENOBUFS": Told(
        HOST_GW,
        (WORKER, f"ip link set {VETH} mtu 1300"),
        RandomTrial("a", "coredns", Packet("icmp", 1400, sport=41000)),
        "No buffer space available",
    ),
    "after ENOBUFS no other fragment is sent": Told(
        HOST_GW,
        (WORKER, f"ip link set {VETH} mtu 1300"),
        RandomTrial("a", "coredns", LONG),
        "No buffer space available",
    ),
    "what a router cannot hand over ends its fragments too": Told(
        CALICO, ("coredns", "ip link set eth0 mtu 1300"), RandomTrial("a", "coredns", LONG), ""
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_model_says_what_the_kernel_said(name: str) -> None:
    told = CASES[name]
    state = State(told.case.network())
    Shell(state, told.command[0]).run(told.case.commands[0].argv)
    assert refusal(state.send(*told.trial[:3])) == told.error


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    outcome = perform(CASES[name].case)
    assert not outcome.difference, f"{outcome.case}\n{outcome.difference}"
