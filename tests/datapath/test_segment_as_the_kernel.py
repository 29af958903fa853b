"""A segment that is narrower than the NICs believe: lost without a word, in model and kernel."""

from __future__ import annotations

import pytest

import packetwalk
from packetwalk.lab.proving.cases import Case, Trial
from packetwalk.lab.proving.prove import ProveTask
from packetwalk.plan.cluster import Cluster
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network

FAULT = "segment-mtu-1400"
PACKETS = {
    "icmp-1380": "dropped",
    "icmp-1300": "delivered",
    "udp-1380-df": "dropped",
    "tcp": "delivered",
    "tcp-1000": "delivered",
    "tcp-2000": "dropped",
}
"""The packet, in the words of its label, and what becomes of it."""


def packet(label: str) -> Packet:
    proto, *words = label.split("-")
    size = next((int(word) for word in words if word.isdigit()), None)
    return Packet(proto, size, "df" in words)  # type: ignore[arg-type]


@pytest.mark.parametrize("label", PACKETS)
@pytest.mark.parametrize("mode", ["vxlan", "host-gw"])
def test_what_is_longer_than_the_segment_carries_is_lost(mode: str, label: str) -> None:
    asked = packet(label).options()
    walked = packetwalk.walk("flannel", mode, "cross-node", fault=FAULT, **asked)
    assert walked.disposition == PACKETS[label]
    if walked.disposition == "dropped":
        lost = next(trace for trace in walked.traces if trace.disposition == "dropped")
        assert lost.steps[-1].note[0] == "segment-narrow"
        assert not [trace for trace in walked.traces if trace.name == "error"]


def test_a_full_segment_leaves_the_connection_open() -> None:
    walked = packetwalk.walk("flannel", "host-gw", "cross-node", proto="tcp", size=1448, fault=FAULT)
    assert [t.name for t in walked.traces if t.disposition == "delivered"] == ["request", "reply", "ack"]
    assert walked.summary.endswith("Lost without a word. The connection is open and hangs.")


def test_a_segment_between_routers_counts_too() -> None:
    network = Network(Cluster(segment_mtu=1400, underlay="routed"), "calico", "vxlan-crosssubnet")
    traces = network.send("a", "b", Packet("icmp", 1380)).traces
    assert traces[0].disposition == "dropped"


@pytest.mark.kernel("ipset")
@pytest.mark.parametrize("mode", ["vxlan", "host-gw"])
def test_the_kernel_loses_the_same(mode: str) -> None:
    trials = tuple(Trial("cross-node", packet(label)) for label in PACKETS)
    results = ProveTask(Case("flannel", mode, "flat", FAULT, None, trials))()
    assert len(results) == len(PACKETS) + 1
    assert [each for each in results if each.verdict != "proven"] == []
