"""Who writes the routes of an IP-in-IP pool, and what a stopped BIRD then takes along: as recorded, in virtual time."""

from __future__ import annotations

import gzip
import json
import re
from typing import Any

import pytest

from packetwalk.control.deeds import read
from packetwalk.control.running import timeline
from packetwalk.control.timeline import SECOND, LineChange, ProgramState
from packetwalk.tables import RouteEntry
from tests.control.recorded import FILE
from tests.proof.real.recording import RealRecording

RECORDED: dict[str, Any] = json.loads(
    gzip.decompress(FILE.with_name("calico-3.33-ipip.json.gz").read_bytes())
)
DEEDS = {
    "70-ipip-bird-n2-sigterm": ("0 stop n2",),
    "71-ipip-left-to-bgp": ("0 bird-writes on", "0 felix-writes off", "20.335 stop n2"),
}
UP = round(139.6 * SECOND)
"""BIRD has run so long.  Fitted for 71: when it had started was not recorded, but that it looked at the kernel when the first Felix had ended."""
WITHIN = 2.0  # seconds: when BIRD looks at the kernel next


@pytest.mark.parametrize("name", DEEDS)
def test_the_same_routes_come_and_go_on_n1(name: str) -> None:
    assert DEEDS.keys() == RECORDED.keys()
    net = RealRecording("calico-3.33-ipip-control-plane").network
    made = timeline(net, read(DEEDS[name]), 40 * SECOND, name, up=UP)
    here = sorted(
        (str(each.entry).strip(), each.added, each.at / SECOND)
        for each in made.of(LineChange)
        if each.node == "n1" and isinstance(each.entry, RouteEntry)
    )
    lines = (
        (re.fullmatch(r"n1 route: (Deleted )?(.*)", x["event"]), x["t"]) for x in RECORDED[name]["timeline"]
    )
    there = sorted((found[2].strip(), found[1] is None, at) for found, at in lines if found)
    assert [each[:2] for each in here] == [each[:2] for each in there]
    assert all(abs(one[2] - other[2]) <= WITHIN for one, other in zip(here, there, strict=True))
    assert any(
        each.what == "Mesh_172_18_0_3: Passive" for each in made.of(ProgramState) if each.lane.node == "n1"
    )
