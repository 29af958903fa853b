"""Packets that meet what packets before taught of their path: done in model and kernel, and equal.

What became of the packets was seen in Linux 6.18.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

from packetwalk.proof.draws import Command, RandomCase, RandomTrial
from packetwalk.shell import State
from packetwalk.trace.packet import Packet
from packetwalk.wire import Tcp
from tests.datapath.as_the_kernel import after, agree

FLANNEL, HOST_GW, CALICO = ("flannel", "vxlan"), ("flannel", "host-gw"), ("calico", "vxlan")
CONTROL, WORKER = "kind-control-plane", "kind-worker"
NARROW = tuple((node, "ip link set eth0 mtu 1400") for node in (CONTROL, WORKER))
ROUTER_SAYS = (WORKER, "ip route replace 10.244.0.0/24 via 172.18.0.2 dev eth0 mtu 1300")


class Seen(NamedTuple):
    """Commands, packets one after the other, and of each what came of it (of TCP with the MSS it asks for)."""

    mode: tuple[str, str]
    commands: tuple[tuple[str, str], ...]
    packets: tuple[tuple[str, str, Packet], ...]
    came: tuple[str, ...]

    @property
    def case(self) -> RandomCase:
        """The case as the random search makes it."""
        commands = tuple(Command(netns, tuple(line.split())) for netns, line in self.commands)
        return RandomCase(*self.mode, "flat", commands, tuple(RandomTrial(*each) for each in self.packets))


def big(port: int, proto: str = "icmp", size: int = 1400, *, df: bool = True) -> Packet:
    return Packet(proto, size, df, sport=port)


CASES = {
    "a pod is told, and told no more": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "coredns", big(41000)), ("a", "coredns", big(41002))),
        ("too_big at kind-worker", "too_big at a"),
    ),
    "what is learnt from a ping counts for a datagram": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "coredns", big(41000)), ("a", "coredns", big(41002, "udp"))),
        ("too_big at kind-worker", "too_big at a"),
    ),
    "what is learnt from a datagram counts for TCP's MSS": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "coredns", big(41000, "udp")), ("a", "coredns", Packet("tcp", sport=41002))),
        ("too_big at kind-worker", "MSS 1260"),
    ),
    "another pod on the other node has a path of its own": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "coredns", big(41000)), ("a", "coredns2", Packet("tcp", sport=41002))),
        ("too_big at kind-worker", "MSS 1460"),
    ),
    "without DF the sender cuts to what it has learnt": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "coredns", big(41000)), ("a", "coredns", big(41002, size=3000, df=False))),
        ("too_big at kind-worker", "delivered"),
    ),
    "a node's own packet teaches it by the tunnel": Seen(
        FLANNEL,
        NARROW,
        ((WORKER, "coredns", big(41000, size=1422)), (WORKER, "coredns", big(41002, size=1422))),
        ("delivered", "too_big at kind-worker"),
    ),
    "TCP of the node then asks for less": Seen(
        FLANNEL,
        NARROW,
        ((WORKER, "coredns", big(41000, size=1422)), (WORKER, "coredns", Packet("tcp", sport=41002))),
        ("delivered", "MSS 1310"),
    ),
    "what a pod sends is forwarded as before": Seen(
        FLANNEL,
        NARROW,
        (("a", "coredns", big(41000, size=1422)), ("a", "coredns", big(41002, size=1422))),
        ("delivered", "delivered"),
    ),
    "but it has taught the node": Seen(
        CALICO,
        NARROW,
        (("a", "coredns", big(41000, size=1422)), (WORKER, "coredns", big(41002, size=1422))),
        ("delivered", "too_big at kind-worker"),
    ),
    "and the other node, by the answer": Seen(
        FLANNEL,
        NARROW,
        (("a", "coredns", big(41000, size=1422)), (CONTROL, "a", big(41002, size=1422))),
        ("delivered", "too_big at kind-control-plane"),
    ),
    "a path too narrow to believe is forwarded by too": Seen(
        FLANNEL,
        ((WORKER, "ip link set eth0 mtu 500"),),
        (
            (WORKER, "coredns", big(41000, size=1000, df=False)),
            ("a", "coredns", big(41002, size=1000)),
        ),
        ("dropped", "too_big at kind-worker"),
    ),
    "a Service's backend is told apart from the Service": Seen(
        HOST_GW,
        (ROUTER_SAYS,),
        (("a", "web", big(41000, "udp")), ("a", "web", big(41002, "udp"))),
        ("too_big at kind-worker", "too_big at a"),
    ),
}


def modelled(case: RandomCase) -> tuple[str, ...]:
    """Return what the model says came of the packets."""
    state = after(case)
    return tuple(_came(state, trial) for trial in case.trials)


def _came(state: State, trial: RandomTrial) -> str:
    traces = state.send(trial.src, trial.dst, trial.packet).traces
    syn = next((head for head in traces[0].steps[0].after if isinstance(head, Tcp)), None)
    if syn is not None:
        return f"MSS {int.from_bytes(syn.options[2:4])}"
    end = next((t for t in traces if t.name != "arp" and t.disposition != "delivered"), None)
    if end is None or end.disposition != "too_big":
        return end.disposition if end else "delivered"
    return f"too_big at {end.steps[-1].netns}"


@pytest.mark.parametrize("name", CASES)
def test_the_model_says_what_the_kernel_showed(name: str) -> None:
    assert modelled(CASES[name].case) == CASES[name].came


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    agree(CASES[name].case)
