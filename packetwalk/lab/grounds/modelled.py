"""A recording of what the model did: the same value and folder as from a kernel, so it is used alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from packetwalk import wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import VERSION, Place, Probe, Recording, Sent
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run
from packetwalk.tables import every_table
from packetwalk.tables.nftables import RULESET
from packetwalk.walks.known import Learnt
from packetwalk.walks.pcap import START_NS, STEP_NS

LEFT_OUT = ("ipset.txt", "wireguard.txt", "xfrm-policy.txt", "xfrm-state.txt", "sysctl.txt", "conntrack.txt")
"""Files that a recording of the model has never had; connections are a walk's, and in no table."""


def record(probe: Probe, run: Run, places: Iterable[Netns], **about: str) -> Recording:
    """Return the frames of a run of the model, and the tables of ``places`` as that packet left them.

    Times are made: a microsecond a step.
    """
    head = {"version": VERSION, "ground": "model", "kernel": "the model", **about}
    sent = Sent(*probe, frames=tuple(_frames(run)))
    known = {each.name: each for each in places}
    around = {name: Learnt(each, run) for name, each in known.items()}
    return Recording(head, tuple(_place(each, around) for each in known.values()), (sent,))


def _frames(run: Run) -> Iterable[Frame]:
    steps = sorted((step for trace in run.traces for step in trace.steps), key=lambda step: step.seq)
    for step in steps:
        if step.event in ("ingress", "egress") and step.dev and step.dev != "lo":
            bare = step.after[0].proto != "eth"
            way = "in" if step.event == "ingress" else "out"
            time = START_NS + step.seq * STEP_NS
            yield Frame(step.netns, step.dev, way, time, wire.encode(step.after), bare)  # type: ignore[arg-type]


def _place(ns: Netns, around: Mapping[str, Learnt]) -> Place:
    """Return a namespace with what the tools would print of what the model knows; labs' clusters are IPv4's alone."""
    tables = (table for table in every_table() if not table.second)
    files = {name: text for table in tables for name, text in table.printed(ns.name, around).items()}
    silent = [name for name in RULESET.files if not files[name]]  # where iptables keeps the rules
    for name in (*LEFT_OUT, *silent):
        files.pop(name)
    return Place(ns.name, ns.node, ns.kind, ns.label, files)
