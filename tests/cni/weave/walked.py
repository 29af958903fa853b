"""Walks of Weave Net's modes, asked for what its tests look at."""

from __future__ import annotations

import packetwalk
from packetwalk.cni import plugin
from packetwalk.trace.step import Step

WEAVE = plugin("weave")
MODES = [mode.name for mode in WEAVE.modes]
A, B = "10.32.0.2", "10.40.0.1"


def walk(mode: str, scenario: str = "cross-node", **options):
    return packetwalk.walk("weave", mode, scenario, **options)


def steps(done, event: str, netns: str | None = None) -> list[Step]:
    return [s for t in done.traces for s in t.steps if s.event == event and netns in (None, s.netns)]


def on_wire(done, name: str = "request") -> list[tuple]:
    """Return the frames that leave a node by its NIC, in one trace."""
    return [
        s.after
        for t in done.traces
        if t.name == name
        for s in t.steps
        if (s.event, s.dev) == ("egress", "eth0") and s.netns == s.node
    ]


def protos(stack: tuple) -> list[str]:
    return [header.proto for header in stack]
