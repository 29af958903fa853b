"""The recordings that come with the package, as walks: nothing of a healthy cluster's packets is lost on the way."""

from __future__ import annotations

import pytest

from packetwalk import lab
from packetwalk.capture.stitch import stitch
from packetwalk.proof import recordings
from packetwalk.trace.packet import Packet

HEALTHY = [
    pytest.param(recorded, sent, id=f"{recorded.about['plugin']}-{recorded.about['mode']}-{sent.name}")
    for recorded in recordings.recordings()
    if not recorded.about.get("fault")
    for sent in recorded.sent
]


@pytest.mark.parametrize(("recorded", "sent"), HEALTHY)
def test_every_trace_ends_where_its_packet_arrived(recorded, sent) -> None:
    traces = stitch(recorded, sent)
    assert traces[0].name == "request"
    assert {trace.disposition for trace in traces} == {"delivered"}
    assert {"reply", "error"} & {trace.name for trace in traces}
    unexplained = {"unrouted", "addressed", "lost-behind-unread", "for-unread"}
    assert not unexplained & {step.note[0] for trace in traces for step in trace.steps}


def test_a_packet_that_a_recorded_route_refuses_ends_there() -> None:
    """Calico's block ends in a blackhole: what nobody has is discarded by the node that owns it."""
    with lab.open("calico", "ipip", ground="model") as cluster:
        recorded = cluster.record_packet("b", "10.244.162.180", Packet())
    (request,) = stitch(recorded, recorded.sent[0])
    assert request.disposition == "no_route"
    assert request.steps[-1].why.endswith("a blackhole: the packet is discarded without a word.")
