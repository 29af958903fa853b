"""A recording of what the model did: the same value and folder as from a kernel, so it is used alike."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from packetwalk import wire
from packetwalk.capture.frames import Frame
from packetwalk.capture.recording import VERSION, Place, Probe, Recording, Sent
from packetwalk.datapath.netns import Netns
from packetwalk.datapath.run import Run
from packetwalk.shell.devices import numbers
from packetwalk.tables import LinkEntry
from packetwalk.tables.fdb import FORWARDING
from packetwalk.tables.iptables import IPTABLES
from packetwalk.tables.neighbour import NEIGHBOURS
from packetwalk.walks.known import Learnt
from packetwalk.walks.pcap import START_NS, STEP_NS

LAST_RULE = {"priority": 32767, "src": "all", "table": "default"}
"""A rule that every namespace has, for a table in which there is never anything."""


def record(probe: Probe, run: Run, places: Iterable[Netns], **about: str) -> Recording:
    """Return the frames of a run of the model, and the tables of ``places`` as that packet left them.

    Times are made: a microsecond a step.
    """
    head = {"version": VERSION, "ground": "model", "kernel": "the model", **about}
    sent = Sent(*probe, frames=tuple(_frames(run)))
    known = {each.name: each for each in places}
    return Recording(head, tuple(_place(each, run, known) for each in known.values()), (sent,))


def _frames(run: Run) -> Iterable[Frame]:
    steps = sorted((step for trace in run.traces for step in trace.steps), key=lambda step: step.seq)
    for step in steps:
        if step.event in ("ingress", "egress") and step.dev and step.dev != "lo":
            bare = step.after[0].proto != "eth"
            way = "in" if step.event == "ingress" else "out"
            time = START_NS + step.seq * STEP_NS
            yield Frame(step.netns, step.dev, way, time, wire.encode(step.after), bare)  # type: ignore[arg-type]


def _cable(link: LinkEntry, ns: Netns, known: Mapping[str, Netns]) -> dict[str, Any]:
    """Return a device's number and, of a cable, its other end, as ``ip -j link`` names it."""
    out: dict[str, Any] = {"ifindex": numbers(ns)[link.ifname]}
    if link.peer and link.peer[0] == ns.name:
        out["link"] = link.peer[1]
    elif link.peer and link.peer[0] in known:
        out["link_index"] = numbers(known[link.peer[0]])[link.peer[1]]
    return out


def _place(ns: Netns, run: Run, known: Mapping[str, Netns]) -> Place:
    """Return a namespace with what the tools would print of what the model knows."""
    tables, seen = ns.json(), Learnt(ns, run)
    addresses: dict[str, list[dict]] = {name: [] for name in ns.links}
    for each in tables["addr"]:
        addresses[each["label"]].append(each)
    forwarding = sorted(FORWARDING.in_order(seen.entries(FORWARDING)), key=lambda e: FORWARDING.key(e)[0])
    files = {
        "link.json": [  # a layer-3 tunnel has no address
            {**_cable(ns.links[link["ifname"]], ns, known), "address": "", **link} for link in tables["link"]
        ],
        "addr.json": [{"ifname": name, "addr_info": infos} for name, infos in addresses.items()],
        "route.json": tables["route"],
        "rule.json": [*(rule.json() for rule in ns.fib.rules), LAST_RULE],
        "neigh.json": [entry.json() for entry in NEIGHBOURS.in_order(seen.entries(NEIGHBOURS))],
        "fdb.json": [entry.json() for entry in forwarding],
        "port.json": [{"ifname": link.ifname, "hairpin": True} for link in ns.links.values() if link.hairpin],
    }
    texts = {name: json.dumps(found) + "\n" for name, found in files.items()}
    texts["iptables.txt"] = "".join(f"{line}\n" for line in IPTABLES.lines(ns.entries(IPTABLES)))
    return Place(ns.name, ns.node, ns.kind, ns.label, texts)
