"""hostPorts: the plan against what portmap wrote, recorded for two pods; and drawn ones, where it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from packetwalk.lab.proving.real.host_ports import (
    MANY,
    MappedPod,
    PortsCase,
    compared,
    difference,
    draw,
    listing,
)
from packetwalk.plan.cluster import Cluster
from packetwalk.plan.host_port import PortMapping
from packetwalk.plan.operation import Operation
from packetwalk.plan.rules import NFTABLES
from packetwalk.walks.catalogue import HOST_PORT
from packetwalk.walks.network import Network

RECORDED = Path(__file__).parents[3] / "recordings" / "portmap" / "two-pods.txt"
TWO = PortsCase(
    "two",
    (
        MappedPod(
            "a" * 64,
            "10.244.1.2/24",
            (
                PortMapping(8080, 80),
                PortMapping(8080, 80, address="172.18.0.9"),
                PortMapping(5353, 53, "udp"),
                PortMapping(2905, 2905, "sctp", "0.0.0.0"),
                PortMapping(8080, 80, address="0.0.0.0"),
            ),
        ),
        MappedPod("b" * 64, "10.244.1.3/24", tuple(PortMapping(9000 + k, 80) for k in range(MANY))),
    ),
)
"""A port at all addresses and at one, twice the same rule, three protocols; more ports than one match takes."""


def test_the_plan_says_what_portmap_wrote() -> None:
    assert compared(TWO, RECORDED.read_text()) == ""


def test_another_order_and_another_port_are_differences() -> None:
    text = RECORDED.read_text()
    assert compared(TWO, text.replace("--to-destination 10.244.1.2:80\n", "--to-destination 10.244.1.2:81\n"))
    lines = text.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("-A CNI-DN-"))
    lines[first : first + 3] = reversed(lines[first : first + 3])
    assert compared(TWO, "\n".join(lines)).startswith("nat CNI-DN-")


@pytest.mark.parametrize("plugin", ["calico", "flannel"])
def test_a_port_is_reached_at_the_loopback_by_a_setting_that_is_made_once(plugin: str) -> None:
    """Beside kube-proxy's nftables mode, which sets nothing for all devices."""
    network = Network(Cluster(), plugin, change=HOST_PORT, rules=NFTABLES)
    settings = [op for op in network.plan("kind-worker") if "route_localnet" in str(op.entry)]
    assert len({op.entry for op in settings}) == len(settings) > 0
    assert network.send("kind-worker", "127.0.0.1:18080", proto="tcp").traces[0].disposition == "delivered"

    def without(plan: list[Operation]) -> list[Operation]:
        return [op for op in plan if op not in settings]

    lost = network.edited({"kind-worker": [without]}).send("kind-worker", "127.0.0.1:18080", proto="tcp")
    assert lost.traces[0].disposition != "delivered"


@pytest.mark.kernel
@pytest.mark.real
def test_drawn_ports_do_not_differ_and_the_recording_is_true() -> None:
    assert [difference(draw(f"few-{number}")) for number in range(5)] == [""] * 5
    kept = [line for line in listing(TWO).splitlines() if not line.startswith("#")]
    assert "\n".join(kept) + "\n" == RECORDED.read_text()
