"""What the page's own Python does about a kernel beside it: it writes the job, and judges what came of it.

The page asks with a walk's options as they stand in its JSON; both answers are JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from packetwalk.capture.recording import Recording
from packetwalk.cni import plugin
from packetwalk.errors import BadInput, LabError
from packetwalk.lab.kernel.inventory import operations
from packetwalk.lab.page.answer import recording
from packetwalk.lab.page.job import Ask, Job, job
from packetwalk.lab.page.job import again as again_job
from packetwalk.plan.rules import IPTABLES
from packetwalk.proof import compare
from packetwalk.proof.compare import frames
from packetwalk.tables import LinkEntry, SocketEntry, table_of
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.replay import replay
from packetwalk.walks.scenario import network, scenario

KINDS = ("lo", "eth", "veth", "bridge", "vxlan", "ipip", "wireguard")
"""Devices that the guest's kernel makes."""
SENT = ("proto", "size", "df", "cold", "ttl", "tos")
MOST = 40  # differences that are told


class AskedWalk(NamedTuple):
    """A walk that was asked for."""

    options: Mapping[str, Any]
    job: Job


_asked: list[AskedWalk] = []
PORTS = 2  # source ports that each sending takes: the packet's, and that of the one before


def order(options: str) -> str:
    """Return ``{"job": text}`` for a walk's options, or ``{"refused": one line}``."""
    try:
        asked = _asked_for(json.loads(options))
    except (BadInput, LabError) as error:
        return json.dumps({"refused": str(error)})
    return _handed(asked)


def again(options: str, number: int) -> str:
    """Return, as ``order`` does, what sends a walk's packet for the ``number``-th time into the cluster that it made."""
    asked = _asked_for(json.loads(options))
    ends, packet = scenario(asked.options["scenario"], asked.job.network.plugin), _packet(asked.options)
    other = replace(packet, sport=packet.sport + PORTS * number)
    return _handed(asked._replace(job=again_job(asked.job.network, Ask(ends.name, other), asked.job)))


def _handed(asked: AskedWalk) -> str:
    _asked[:] = [asked]
    made = asked.job
    return json.dumps({"job": made.encoded().decode(), "orders": len(made.orders), "namespaces": made.namespaces})


def verdict(folder: str, names: str, kernel: str, altered: str = "") -> str:
    """Return what became of the job asked for last: ``{"frames": n, "places": n, "differences": [...]}``.

    Its answer is the one file in a folder.  ``altered`` names a fault: then the model has it and the kernel has not,
    for who wants to see that a wrong model is noticed.
    """
    (asked,) = _asked
    (name,) = json.loads(names)
    try:
        recorded = recording(asked.job, Path(folder, "0").read_bytes(), kernel)
    except LabError as error:
        return json.dumps({"refused": str(error), "file": name})
    return json.dumps(judged(asked, recorded, altered))


def walked(folder: str, names: str, kernel: str) -> str:
    """Return ``{"walk": ...}``, what the kernel did with the packet of ``again``, or ``{"why_not": one line}``."""
    (asked,) = _asked
    of = {key: asked.options[key] for key in ("plugin", "mode", "rules", "release") if asked.options.get(key)}
    try:
        recorded = recording(asked.job, Path(folder, "0").read_bytes(), kernel)
        made = replay(recorded._replace(about={**recorded.about, **of}))
    except (BadInput, LabError) as error:
        return json.dumps({"why_not": str(error)})
    return json.dumps({"walk": made.to_json(), "said": recorded.sent[0].said})


def judged(asked: AskedWalk, recorded: Recording, altered: str = "") -> dict[str, Any]:
    """Return what the comparison of ``prove`` says of a recording."""
    model = _network(asked.options, altered) if altered else asked.job.network
    found = [f"{each.what}: {each.detail}" for each in compare.compare(recorded, model)]
    frames_seen = [sum(map(len, frames.recorded(sent).values())) for sent in recorded.sent]
    return {
        "frames": sum(frames_seen),
        "places": len(recorded.places),
        "differences": found[:MOST],
        "more": max(0, len(found) - MOST),
    }


def _asked_for(options: Mapping[str, Any]) -> AskedWalk:
    """Return the job of a walk; BadInput for options of none, LabError for a cluster that the guest cannot carry."""
    made = _network(options, options.get("fault"))
    missing = lacking(made)
    if missing:
        raise LabError(missing)
    ends = scenario(options["scenario"], made.plugin)
    return AskedWalk(options, job(made, [Ask(ends.name, _packet(options))]))


def _packet(options: Mapping[str, Any]) -> Packet:
    return Packet(**{name: options[name] for name in SENT if name in options})


def _network(options: Mapping[str, Any], fault: str | None) -> Network:
    of = plugin(options["plugin"], options.get("release") or None)
    ends = scenario(options["scenario"], of)
    special = ends.name if ends.special else None
    rules = options.get("rules") or IPTABLES
    return network(of.name, options["mode"], ends.underlay, fault, special, rules, of.other)


def lacking(made: Network) -> str:
    """Return what the guest lacks for a cluster, on one line; empty when there is nothing."""
    for entry in (op.entry for op in operations(made)):
        if isinstance(entry, LinkEntry) and entry.kind not in KINDS:
            return f"The kernel in the page has no {entry.kind} device, and nobody who plays one."
        if not entry.argv() and not isinstance(entry, LinkEntry | SocketEntry):
            table = table_of(entry)
            return f"In the page nobody fills {table.name}, a table of {table.by}."
    return ""
