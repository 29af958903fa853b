"""Data on a TCP connection, over paths that carry it and paths that do not: done in model and kernel, and equal.

What became of the segments was seen in Linux 6.18.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest

import packetwalk
from packetwalk.errors import BadInput
from packetwalk.proof.draws import Command, RandomCase, RandomTrial, network
from packetwalk.trace.packet import Packet
from packetwalk.wire import Tcp, size
from tests.datapath.as_the_kernel import after, agree

FLANNEL, HOST_GW, CALICO = ("flannel", "vxlan"), ("flannel", "host-gw"), ("calico", "vxlan")
CONTROL, WORKER = "kind-control-plane", "kind-worker"
NARROW = tuple((node, "ip link set eth0 mtu 1400") for node in (CONTROL, WORKER))
TOO_LARGE = (
    *((WORKER, f"ip link set {veth} mtu 1500") for veth in ("veth86f7e437", "vethb9f85daa")),
    ("a", "ip link set eth0 mtu 1500"),
    ("coredns", "ip link set eth0 mtu 1500"),
)


class Seen(NamedTuple):
    """Commands, what is sent, and the client's segments of data: bytes, and what became of them."""

    mode: tuple[str, str]
    commands: tuple[tuple[str, str], ...]
    way: tuple[str, str]
    bytes: int
    came: tuple[str, ...]

    @property
    def case(self) -> RandomCase:
        """The case as the random search makes it."""
        commands = tuple(Command(netns, tuple(line.split())) for netns, line in self.commands)
        packet = Packet("tcp", self.bytes, sport=41000)
        return RandomCase(*self.mode, "flat", commands, (RandomTrial(*self.way, packet),))


CASES = {
    "one byte": Seen(FLANNEL, (), ("a", "coredns"), 1, ("1 delivered",)),
    "as many segments as the MSS makes": Seen(
        FLANNEL, (), ("a", "coredns"), 4000, ("1398 delivered", "1398 delivered", "1204 delivered")
    ),
    "to a Service": Seen(FLANNEL, (), ("a", "web"), 2000, ("1398 delivered", "602 delivered")),
    "to the same node": Seen(CALICO, (), ("a", "a2"), 2000, ("1398 delivered", "602 delivered")),
    "from a node": Seen(CALICO, (), (WORKER, "coredns"), 2000, ("1398 delivered", "602 delivered")),
    "the smaller MSS of the two counts": Seen(
        FLANNEL,
        (("coredns", "ip link set eth0 mtu 1000"),),
        ("a", "coredns"),
        2000,
        ("948 delivered", "948 delivered", "104 delivered"),
    ),
    "too long for the tunnel: told, cut anew, sent again": Seen(
        FLANNEL,
        TOO_LARGE,
        ("a", "coredns"),
        2896,
        ("1448 too_big", "1448 too_big", "1398 delivered", "1398 delivered", "100 delivered"),
    ),
    "too long for the tunnel, but for the end": Seen(
        FLANNEL,
        TOO_LARGE,
        ("a", "coredns"),
        2000,
        ("1448 too_big", "552 delivered", "1398 delivered", "50 delivered"),
    ),
    "nobody hears the error: the connection is open and hangs": Seen(
        FLANNEL,
        (*TOO_LARGE, ("a", "iptables -A INPUT -p icmp -j DROP")),
        ("a", "coredns"),
        2896,
        ("1448 too_big", "1448 too_big"),
    ),
    "a cable that is narrower inside says nothing": Seen(
        HOST_GW,
        ((CONTROL, "ip link set eth0 mtu 1400"),),
        ("a", "coredns"),
        2896,
        ("1448 dropped", "1448 dropped"),
    ),
    "and lets what is short enough through": Seen(
        HOST_GW,
        ((CONTROL, "ip link set eth0 mtu 1400"),),
        ("a", "coredns"),
        2000,
        ("1448 dropped", "552 delivered"),
    ),
    "what is wrapped and cut outside arrives": Seen(
        FLANNEL, NARROW, ("a", "coredns"), 2000, ("1398 delivered", "602 delivered")
    ),
}


def modelled(case: RandomCase) -> tuple[str, ...]:
    """Return the client's segments of data in the model."""
    state = after(case)
    (trial,) = case.trials
    traces = state.send(trial.src, trial.dst, trial.packet).traces
    return tuple(
        f"{_bytes(t.steps[0].after)} {t.disposition}" for t in traces if t.name in ("data", "resent")
    )


def _bytes(stack: tuple) -> int:
    at = next(k for k, header in enumerate(stack) if isinstance(header, Tcp))
    return size(stack[at + 1 :])


@pytest.mark.parametrize("name", CASES)
def test_the_model_says_what_the_kernel_showed(name: str) -> None:
    assert modelled(CASES[name].case) == CASES[name].came


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_model_and_kernel_agree(name: str) -> None:
    agree(CASES[name].case)


def test_an_own_address_is_reached_with_the_mss_of_the_loopback() -> None:
    traces = network(*HOST_GW, "flat").send("a", "a:8080", Packet("tcp", 4000)).traces
    syn = next(head for head in traces[0].steps[0].after if isinstance(head, Tcp))
    assert syn.options[:4] == b"\x02\x04" + (65495).to_bytes(2)
    assert [_bytes(t.steps[0].after) for t in traces if t.name == "data"] == [4000]


def test_more_than_the_first_window_takes_is_refused_in_a_line() -> None:
    with pytest.raises(BadInput, match="1 to 13980: ten segments of 1398 bytes"):
        network(*FLANNEL, "flat").send("a", "coredns", Packet("tcp", 14000))


def test_what_is_sent_again_ends_no_walk() -> None:
    walked = packetwalk.walk("flannel", "vxlan", "cross-node", proto="tcp", size=2896, fault="mtu-mismatch")
    assert [t.name for t in walked.traces].count("resent") == 2
    assert walked.disposition == "delivered"
