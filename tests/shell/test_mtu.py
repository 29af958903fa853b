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
    "what a router told is known from then on": (
        HOST_GW,
        Said(WORKER, "ip route replace 10.244.0.0/24 via 172.18.0.2 dev eth0 mtu 1300"),
        Said(
            "a",
            "ip route get 10.244.0.2",
            "10.244.0.2 via 10.244.1.1 dev eth0 src 10.244.1.2 uid 0 \n    cache \n",
        ),
        Said(
            "a",
            "ping -M do -s 1400 -c 3 -i 0.2 -W 1 10.244.0.2",
            "From 10.244.1.1 icmp_seq=1 Frag needed and DF set (mtu = 1300)\n"
            "ping: local error: message too long, mtu=1300\n"
            "ping: local error: message too long, mtu=1300\n",
        ),
        Said("a", "ip route get 10.244.0.2", "cache expires 599sec mtu 1300"),
        Said("a", "ip -j route get 10.244.0.2", '"metrics":[{"mtu":1300}]'),
        Said("a", "ip route get 10.244.0.3", "uid 0 \n    cache \n"),
        Said(
            "a",
            "ip route show cache",
            "10.244.0.2 via 10.244.1.1 dev eth0 \n    cache expires 599sec mtu 1300 \n" * 2,
        ),
        Said("a", "ping -s 1400 -c 1 -W 1 10.244.0.2", "1 received"),
        Said("a", "ping -M want -s 1273 -c 1 -W 1 10.244.0.2", "1 received"),
        Said("a", "ip route flush cache"),
        Said("a", "ip route show cache"),
        Said("a", "ping -M do -s 1400 -c 1 -W 1 10.244.0.2", "Frag needed and DF set (mtu = 1300)"),
    ),
    "what is known of a path goes with its next hop, and follows its device": (
        HOST_GW,
        Said(WORKER, "ip route replace 10.244.0.0/24 via 172.18.0.2 dev eth0 mtu 1300"),
        Said("a", "ping -M do -s 1400 -c 1 -W 1 10.244.0.2", "Frag needed and DF set (mtu = 1300)"),
        Said("a", "ip route add 10.99.0.0/16 via 10.244.1.1"),
        Said("a", "ip link set eth0 mtu 1400"),
        Said("a", "ip route get 10.244.0.2", "mtu 1300"),
        Said("a", "ip link set eth0 mtu 1200"),
        Said("a", "ip route get 10.244.0.2", "mtu 1200"),
        Said("a", "ip link set eth0 mtu 1500"),
        Said("a", "ip route get 10.244.0.2", "mtu 1500"),
        Said("a", "ip route del 10.244.0.0/16"),
        Said("a", "ip route get 10.244.0.2", "mtu 1500"),
        Said("a", "ip route add 10.244.0.0/16 via 10.244.1.1 metric 7"),
        Said("a", "ip route get 10.244.0.2", "uid 0 \n    cache \n"),
    ),
    "a tunnel teaches its own machine what does not fit, also of what it only forwards": (
        FLANNEL,
        Said(WORKER, "ip link set eth0 mtu 1400"),
        Said(CONTROL, "ip link set eth0 mtu 1400"),
        Said("a", "ping -s 1422 -c 2 -i 0.2 -W 1 10.244.0.2", "2 received"),
        Said("a", "ip route get 10.244.0.2", "uid 0 \n    cache \n"),
        Said(WORKER, "ip route get 10.244.0.2", "cache expires 599sec mtu 1350"),
        Said(
            WORKER,
            "ip route get 10.244.0.2 from 10.244.1.2 iif cni0",
            "10.244.0.2 from 10.244.1.2 via 10.244.0.0 dev flannel.1 \n    cache expires 599sec mtu 1350 iif cni0 \n",
        ),
        Said(CONTROL, "ip route get 10.244.1.2", "cache expires 599sec mtu 1350"),
        Said("a", "ping -M do -s 1422 -c 1 -W 1 10.244.0.2", "1 received"),
    ),
    "a machine's own large packet passes a tunnel once, then it is too long": (
        FLANNEL,
        Said(WORKER, "ip link set eth0 mtu 1400"),
        Said(CONTROL, "ip link set eth0 mtu 1400"),
        Said(
            WORKER,
            "ping -M do -s 1422 -c 3 -i 0.2 -W 1 10.244.0.2",
            "1430 bytes from 10.244.0.2: icmp_seq=1 ttl=63 time=0.100 ms\n"
            "ping: local error: message too long, mtu=1350\n",
        ),
        Said(WORKER, "ip route get 10.244.0.2", "cache expires 599sec mtu 1350"),
        Said(WORKER, "ping -s 1422 -c 1 -W 1 10.244.0.2", "1 received"),
        Said("a", "ping -M do -s 1422 -c 1 -W 1 10.244.0.2", "1 received"),
    ),
    "a path that is narrower than the kernel takes is locked": (
        FLANNEL,
        Said(WORKER, "ip link set eth0 mtu 500"),
        Said(WORKER, "ping -M dont -s 1000 -c 1 -W 1 10.244.0.2", "0 received"),
        Said(WORKER, "ip route get 10.244.0.2", "cache expires 599sec mtu lock 552"),
    ),
}


def _untimed(text: str) -> str:
    return TIMES.sub("#", text)


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
            assert _untimed(said.words) in _untimed(theirs) if said.words else not theirs, f"{said}: {theirs}"
            assert _untimed(ours) == _untimed(theirs), said
            assert ours.code == theirs.code, said
    finally:
        live.close()
