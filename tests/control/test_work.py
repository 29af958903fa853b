"""How much is done for each event, whatever the size of the cluster: counted, for a clock would tell of the machine."""

from __future__ import annotations

import gc
import sys
from types import FrameType

import pytest

from packetwalk import Cluster
from packetwalk.control.deeds import read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND
from packetwalk.errors import BadInput


def calls_for_an_event(nodes: int) -> float:
    """Return how many functions of Python are called for an event of a killed BIRD."""
    net, calls = Cluster(nodes).use("calico", "bgp"), 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        made = timeline(net, read(["0 kill kind-worker2", "150 start kind-worker2"]), 170 * SECOND, "")
    finally:
        sys.setprofile(None)
    assert len(made.events) > nodes**2
    return calls / len(made.events)


def test_an_event_costs_little_more_in_a_larger_cluster() -> None:
    assert calls_for_an_event(40) < 1.3 * calls_for_an_event(8)


@pytest.mark.parametrize("deed", ["0 kill kind-worker2", "0 kill nobody"])
def test_python_collects_garbage_again_afterwards(deed: str) -> None:
    assert gc.isenabled()
    try:
        timeline(Cluster(3).use("calico", "bgp"), read([deed]), SECOND, "")
    except BadInput:
        assert "nobody" in deed
    assert gc.isenabled()
