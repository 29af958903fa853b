"""A scenario that users ask for as a person reviews it: how it ends in every mode, then what decides on the way.

First each end that it has, with the modes in which it ends so (``+`` stands for rules of nftables too); then, for
the first mode of each plugin, the steps that change or decide something, with the line that did; with nftables
those of the request.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache

import packetwalk
from packetwalk.cni import plugins
from packetwalk.plan.rules import NFTABLES
from packetwalk.trace.step import Trace
from packetwalk.walks.walk import Walk
from packetwalk.wire import Ipv4

TOLD = ("nat", "policy", "deliver", "drop")
"""The events of the steps that are shown."""
SAME = ("ack", "close")
"""Packets that do as those before them."""


@cache
def walked(plugin: str, mode: str, scenario: str, rules: str) -> Walk:
    """Return a walk, made once."""
    return packetwalk.walk(plugin, mode, scenario, rules=rules)


def every(scenario: str) -> Iterator[tuple[str, str, str, Walk]]:
    """Yield plugin, mode, form of the rules and walk of all modes in all forms."""
    for plugin in plugins().values():
        for mode in plugin.modes:
            for rules in plugin.rules:
                yield plugin.name, mode.name, rules, walked(plugin.name, mode.name, scenario, rules)


def text(scenario: str) -> str:
    """Return a golden file."""
    ends: dict[str, list[str]] = defaultdict(list)
    for plugin, mode, rules, walk in every(scenario):
        name, form = f"{plugin} {mode}", end(walk)
        if rules == NFTABLES and name in ends[form]:
            ends[form].remove(name)
            name += "+"
        ends[form].append(f"{name} {rules}" if rules == NFTABLES and name[-1] != "+" else name)
    out = [title(scenario), ""]
    for form, names in ends.items():
        out += [form, f"    {', '.join(names)}"] if names else []
    for plugin in plugins().values():
        for rules in plugin.rules:
            out += ["", f"# {plugin.name} {plugin.modes[0].name}, {rules}"]
            walk = walked(plugin.name, plugin.modes[0].name, scenario, rules)
            for trace in walk.traces if rules != NFTABLES else walk.traces[:1]:
                out += course(trace) if trace.name not in SAME else ()
    return "\n".join(out) + "\n"


def title(scenario: str) -> str:
    """Return what a scenario is called, with what is sent in it."""
    walk = next(walk for *_, walk in every(scenario))
    return f"{scenario}: {walk.title.split(': ', 1)[1]}, {walk.packet.label}"


def end(walk: Walk) -> str:
    """Return how a walk ended: who got the request from whom, or what was the last word of whom; and on the wire."""
    request = walk.traces[0]
    wires = {step.size for step in walk.steps if step.event == "egress" and step.dev == "eth0"}
    last = request.steps[-1]
    if request.disposition == "delivered":
        ip = next(header for header in reversed(last.after) if isinstance(header, Ipv4))
        heard = f"{last.netns} hears {ip.src} ttl {ip.ttl}"
    else:
        heard = f"{request.disposition} at {last.netns}"
    told = [
        f"{trace.name} from {trace.flow.src}" for trace in walk.traces if trace.name in ("error", "reset")
    ]
    longest = [f"longest frame {max(wires)}"] if wires else []
    return f"{walk.disposition}: {'; '.join([heard, *dict.fromkeys(told), *longest])}"


def course(trace: Trace) -> Iterator[str]:
    """Yield a packet's name and fate, then its steps that change or decide something."""
    yield f"{trace.name}: {trace.flow.label} - {trace.disposition}"
    for step in trace.steps:
        if step.event in TOLD:
            hook = f" {step.hook}" if step.hook else ""
            yield f"  {step.netns} {step.dev or ''} {step.event}{hook}: {step.why}".replace("  ", " ", 1)
            if step.entry is not None and step.event != "deliver":
                yield f"    | {step.entry}"
