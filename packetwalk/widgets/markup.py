"""A walk as HTML: the player's element with its data, and the steps in words for everybody else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape

from packetwalk.plan.rules import IPTABLES
from packetwalk.walks.walk import Walk
from packetwalk.widgets.bundle import catalogue, key, offer
from packetwalk.widgets.pack import pack


def page_of(walk: Walk, beside: Sequence[Walk] = ()) -> dict:
    """Return what a page holds for a player: its choices, its walk, the walks beside it."""
    page: dict = {"walks": {key(walk.packet): walk.to_json()}}
    if not recorded(walk) and not walk.policies:  # no other packet than these is made ahead
        page = {"catalogue": catalogue(offer(walk.plugin, walk.mode, opens=walk.scenario)), **page}
    if beside:
        page["compare"] = {mode_key(other): other.to_json() for other in beside}
    return page


def recorded(walk: Walk) -> bool:
    """Say whether a walk was stitched from a recording."""
    return walk.traces[0].source != "model"


def mode_key(walk: Walk) -> str:
    """Return the name of a walk's mode: ``flannel/host-gw``."""
    return f"{walk.plugin}/{walk.mode}"


def element(walk: Walk, step: int = 0, beside: Sequence[Walk] = ()) -> str:
    """Return a ``<packet-walk>`` element.

    ``step`` is where the player starts, from 0; ``beside`` the walks it compares with.
    """
    packet = walk.packet
    attributes = {
        "plugin": walk.plugin,
        "mode": walk.mode,
        "scenario": walk.scenario,
        "proto": packet.proto,
        "size": packet.size,
    }
    attributes.update({name: 1 for name in ("df", "cold") if getattr(packet, name)})
    if walk.fault:
        attributes["fault"] = walk.fault
    if walk.rules != IPTABLES:
        attributes["rules"] = walk.rules
    if walk.release:
        attributes["release"] = walk.release
    if recorded(walk):
        attributes["recorded"] = 1
    if step:
        attributes["step"] = step
    if beside:
        attributes["with"] = ",".join(mode_key(other) for other in beside)
    words = " ".join(f'{name}="{escape(str(value))}"' for name, value in attributes.items())
    data = json.dumps(pack(page_of(walk, beside)), separators=(",", ":")).replace("<", "\\u003c")
    return (
        f"<packet-walk {words}>\n"
        f'<script type="application/json" class="walk">{data}</script>\n'
        f"{steps_in_words(walk)}\n</packet-walk>"
    )


def steps_in_words(walk: Walk) -> str:
    """Return the steps as an ordered list, for readers without JavaScript and for print."""
    items = []
    for step in walk.steps:
        where = step.netns + (f", {step.dev}" if step.dev else "")
        line = f" <code>{escape(str(step.entry))}</code>" if step.entry is not None else ""
        items.append(
            f"<li><b>{escape(where)}</b> {escape(step.event)}, {step.size} bytes. "
            f"{escape(step.why)}{line}</li>"
        )
    words = f"<p><b>{escape(walk.title)}.</b> {escape(walk.summary)}</p>"
    if walk.policies:
        words += f"<p><b>Policies:</b> {escape('; '.join(walk.policies))}.</p>"
    if walk.broken:
        words += f"<p><b>{escape(walk.broken.title)}.</b> {escape(walk.broken.story)}</p>"
    return f'<div class="walk-words">{words}<ol class="walk-steps">{"".join(items)}</ol></div>'
