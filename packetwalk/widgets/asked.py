"""Tables for pages: what users ask for, and what can be broken, with how it ends in a mode; all of it walked."""

from __future__ import annotations

import pandas as pd

from packetwalk.cni import plugin as find_plugin
from packetwalk.plan.rules import IPTABLES
from packetwalk.walks.catalogue import ASKED
from packetwalk.walks.scenario import walk
from packetwalk.walks.walk import Walk
from packetwalk.widgets.frames import CaptionedTable, code
from packetwalk.wire import Icmp, Ipv4

NONE = "–"
TOLD = {
    (3, 0): "network unreachable",
    (3, 1): "host unreachable",
    (3, 3): "port unreachable",
    (3, 4): "fragmentation needed",
    (3, 10): "host prohibited",
}
"""What an ICMP error says, by type and code."""


def asked(plugin: str, mode: str, rules: str = IPTABLES) -> CaptionedTable:
    """Return how each scenario that users ask for ends in a mode."""
    walks = [walk(plugin, mode, scenario.name, rules=rules) for scenario in ASKED]
    frame = pd.DataFrame(
        {
            "Who asks, and whom": [scenario.title for scenario in ASKED],
            "How it ends": [_end(each) for each in walks],
            "The sender hears": [_heard(each) for each in walks],
            "The receiver sees": [_seen(each) for each in walks],
        },
        index=pd.Index([code(scenario.name) for scenario in ASKED], name="Walk"),
    )
    return CaptionedTable(
        frame, f"{walks[0].title.partition(':')[0]}: pod a is on kind-worker, pod b on kind-worker2"
    )


def broken(plugin: str, mode: str) -> CaptionedTable:
    """Return what each fault of a mode does to the first scenario that shows it."""
    faults = find_plugin(plugin).faults_of(mode)
    walks = [walk(plugin, mode, fault.shows[0], fault=fault.name) for fault in faults]
    frame = pd.DataFrame(
        {
            "What is broken": [fault.title for fault in faults],
            "Walk": [code(each.scenario) for each in walks],
            "How it ends": [_end(each) for each in walks],
            "The sender hears": [_heard(each) for each in walks],
        },
        index=pd.Index([code(fault.name) for fault in faults], name="Fault"),
    )
    return CaptionedTable(
        frame, f"{walks[0].title.partition(':')[0]}: what a fault does to the walk that shows it"
    )


def _end(walk: Walk) -> str:
    """Return how a walk ended, and where it did not arrive."""
    if walk.disposition == "delivered":
        return "arrives, answered" if any(trace.name == "reply" for trace in walk.traces) else "arrives"
    lost = walk.end
    return f"{lost.name} ends at {lost.steps[-1].netns}: {walk.disposition.replace('_', ' ')}"


def _heard(walk: Walk) -> str:
    """Return what the sender is told, and by whom."""
    for trace in walk.traces:
        if trace.name == "reset":
            return "reset"
        if trace.name == "error":
            ip = next(h for h in trace.steps[-1].after if isinstance(h, Ipv4))
            message = next(h for h in trace.steps[-1].after if isinstance(h, Icmp))
            if ip.dst == walk.traces[0].flow.src:
                said = TOLD.get((message.type, message.code), f"ICMP {message.type}/{message.code}")
                return f"{said}, from {ip.src}"
    return "the answer" if walk.disposition == "delivered" else NONE


def _seen(walk: Walk) -> str:
    """Return the source that the receiver sees."""
    if walk.traces[0].disposition != "delivered":
        return NONE
    arrived = [step for trace in walk.traces for step in trace.steps if step.event == "deliver"]
    last = next((step for step in arrived if step.after), None)
    ip = next((h for h in reversed(last.after) if isinstance(h, Ipv4)), None) if last else None
    return ip.src if ip else NONE
