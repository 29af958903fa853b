"""Model against recording: the tables of every namespace, every frame, connection and deciding line.

Where the recording comes from (this kernel, a guest's, a folder) makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from packetwalk.capture.recording import Recording, Sent
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES
from packetwalk.proof.compare import connections, errors, frames, lines, tables
from packetwalk.walks import warming
from packetwalk.walks.network import Network
from packetwalk.walks.paths import KnownPaths
from packetwalk.walks.scenario import network as canonical

TABLES = "tables"
MASKS = {**tables.MASKS, **frames.MASKS, **connections.MASKS, **lines.MASKS, **errors.MASKS}
"""What is not compared, and why."""


class Difference(NamedTuple):
    """Where model and recording differ: ``what`` is ``tables`` or a packet's name, ``detail`` one line."""

    what: str
    detail: str


def network(recording: Recording) -> Network:
    """Return the model's cluster of a recording; BadInput when the recording does not say which."""
    about = recording.about
    for key in ("plugin", "mode"):
        if not about.get(key):
            raise BadInput(f"recording, {key}", about.get(key), ["one of `packetwalk list`"])
    fault, special = (str(about[key]) if about.get(key) else None for key in ("fault", "special"))
    underlay = str(about.get("underlay") or "flat")
    rules = str(about.get("rules", IPTABLES))
    plugin, mode, release = str(about["plugin"]), str(about["mode"]), about.get("release")
    made = canonical(plugin, mode, underlay, fault, special, rules, release, bool(about.get("ipv6")))
    known = {*(n.name for n in made.nodes), *(p.name for p in made.pods), "router", "internet"}
    for place in recording.places:
        if place.netns not in known:
            raise BadInput("namespace of the recording", place.netns, sorted(known))
    return made


def modelled(model: Network, sent: Sent, paths: KnownPaths) -> Run:
    """Return what the model does with a recorded packet; ``paths`` know what was learnt before, and learn from it."""
    dst = f"[{sent.dst}]" if ":" in sent.dst else sent.dst
    goal = f"{dst}:{sent.dport}" if sent.dport else sent.dst
    return warming.send(model, sent.src, goal, sent.packet, paths)[0]


def compare(recording: Recording, model: Network | None = None) -> Iterator[Difference]:
    """Yield every difference of the tables, and the first one of each packet.

    A recording ``before`` which the cluster was another has its first packet from then.
    """
    model = model or network(recording)
    for detail in tables.differences(model, recording):
        yield Difference(TABLES, detail)
    paths, before = KnownPaths(), model.before if recording.about.get("before") else None
    for number, sent in enumerate(recording.sent):
        run = modelled(before if before and number == 0 else model, sent, paths)
        for part in (frames, connections, lines, errors):
            detail = part.difference(run, recording, sent)
            if detail:
                yield Difference(sent.name, detail)
                break
