"""What commands say of MTUs and of learnt paths: as the kernel said it, in the model and in the kernel itself.

What is expected was seen in Linux 6.18.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.kernel.live import Live
from packetwalk.proof.draws import network
from packetwalk.shell import Shell, State

FLANNEL, HOST_GW = ("flannel", "vxlan"), ("flannel", "host-gw")
CONTROL, WORKER, VETH = "kind-control-plane", "kind-worker", "veth86f7e437"
TIMES = re.compile(r"time[ =]\S+|, time \d+ms|expires \d+sec|rtt .*")


class Said(NamedTuple):
    """A command in a namespace, and words that were in what it said; none where it said nothing."""

    netns: str
    command: str
    words: str = ""


CASES = {
    "a bridge has the smallest MTU of its ports": (
        FLANNEL,
        Said(WORKER, "ip link show cni0", "mtu 1450"),
        Said("a", "ip link set eth0 mtu 1300"),
        Said(WORKER, "ip link show cni0", "mtu 1450"),
        Said(WORKER, f"ip link set {VETH} mtu 1200"),
        Said(WORKER, "ip link show cni0", "mtu 1200"),
        Said(WORKER, f"ip link set {VETH} mtu 1500"),
        Said(WORKER, "ip link show cni0", "mtu 1450"),
    ),
    "a bridge with an MTU of somebody's choice keeps it": (
        FLANNEL,
        Said(WORKER, "ip link set cni0 mtu 1400"),
        Said(WORKER, f"ip link set {VETH} mtu 1200"),
        Said(WORKER, "ip link show cni0", "mtu 1400"),
        Said(WORKER, "ip link set cni0 mtu 9000"),
        Said(WORKER, "ip link show cni0", "mtu 9000"),
    ),
    "a tunnel takes what its lower device allows": (
        FLANNEL,
        Said(WORKER, "ip link set flannel.1 mtu 1451", "RTNETLINK answers: Invalid argument"),
        Said(WORKER, "ip link set eth0 mtu 1400"),
        Said(WORKER, "ip link show flannel.1", "mtu 1450"),
        Said(WORKER, "ip link set flannel.1 mtu 1351", "RTNETLINK answers: Invalid argument"),
        Said(WORKER, "ip link set flannel.1 mtu 1350"),
        Said(WORKER, "ip link show flannel.1", "mtu 1350"),
    ),
}


def _comparable(text: str) -> list[str]:
    return [TIMES.sub("", line).strip() for line in text.splitlines()]


@pytest.mark.parametrize("name", CASES)
def test_the_model_says_what_the_kernel_said(name: str) -> None:
    mode, *commands = CASES[name]
    state = State(network(*mode, "flat"))
    for said in commands:
        output = Shell(state, said.netns).run(said.command.split())
        assert said.words in output if said.words else not output, f"{said}: {output}"


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("name", CASES)
def test_the_kernel_says_the_same(name: str) -> None:
    mode, *commands = CASES[name]
    made = network(*mode, "flat")
    state, live = State(made), Live()
    try:
        live.build(operations(made))
        for said in commands:
            argv = said.command.split()
            ours, theirs = Shell(state, said.netns).run(argv), live.execute(said.netns, argv)
            assert said.words in theirs if said.words else not theirs, f"{said}: {theirs}"
            assert _comparable(ours) == _comparable(theirs), said
            assert ours.code == theirs.code, said
    finally:
        live.close()
