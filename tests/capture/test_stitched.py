"""The recordings that come with the package, as walks: nothing of a healthy cluster's packets is lost on the way."""

from __future__ import annotations

import pytest

from packetwalk.capture.stitch import stitch
from packetwalk.proof import recordings

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
