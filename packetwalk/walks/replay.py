"""A recording as a walk: what players show, and what prints, of packets that a real kernel moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packetwalk.capture.frames import counted
from packetwalk.capture.recording import Place, Recording, read
from packetwalk.capture.stitch import stitched
from packetwalk.cni import plugins
from packetwalk.errors import BadInput
from packetwalk.plan.rules import IPTABLES
from packetwalk.tables import Entry, every_table
from packetwalk.tables.table import E, Table
from packetwalk.walks.scenario import network
from packetwalk.walks.walk import Walk

RECORDED = "recorded"


@dataclass(frozen=True, eq=False)
class RecordedNetns:
    """The tables of one recorded namespace, as listings of walks read them."""

    name: str
    node: str
    kind: str
    label: str
    origin: dict[Entry, tuple[str, str]]
    held: dict[str, list]

    def entries(self, table: Table[E]) -> Sequence[E]:
        """Return the lines of a table."""
        return self.held[table.name]


class RecordedTables:
    """Stands where a walk of the model has its run: it knows the tables, and has learnt nothing since."""

    def __init__(self, recording: Recording) -> None:
        written = _authors(recording)
        self._places = {place.netns: _tables(place, written) for place in recording.places}

    def netns(self, name: str) -> RecordedNetns:
        """Return the tables of a namespace."""
        return self._places[name]

    def lines(self, netns: str, table: Table[E]) -> Sequence[E]:
        """Return nothing: what was learnt is in the tables."""
        return ()


def replay(recording: Recording | Path | str, name: str | None = None) -> Walk:
    """Return the walk of a recorded packet, the first when ``name`` is None.

    BadInput for a folder that is no recording, for a packet it has not, or for frames in no order.
    """
    of = recording if isinstance(recording, Recording) else read(recording)
    sent = of.packet(name)
    try:
        traces, left_out = stitched(of, sent)
    except ValueError as error:
        raise BadInput(f"recording, {sent.name}", str(error)) from None
    if not traces:
        more = f"; {'; '.join(left_out)}" if left_out else ""
        raise BadInput(f"recording, {sent.name}", f"no frame of IPv4 or ARP in it{more}")
    about = of.about
    where = " ".join(str(about[key]) for key in ("kernel",) if about.get(key)) or "a real kernel"
    plugin, mode = str(about.get("plugin") or "linux"), f"{about.get('mode') or 'network'}-recorded"
    return Walk(
        plugin=plugin,
        mode=mode,
        scenario=sent.name,
        title=f"{_title(about)}: {sent.src} to {sent.dst}, recorded",
        holds_for=f"recorded in {where}",
        packet=sent.packet,
        fault=None,
        traces=traces,
        run=RecordedTables(of),
        left_out=(*left_out, *_lost(of)),
    )


def _lost(of: Recording) -> Iterator[str]:
    """Yield of each namespace how many frames its taps had no room for."""
    for netns, count in of.about.get("lost", {}).items():
        yield counted(count, f"of {netns} that its taps had no room for")


def _title(about: Any) -> str:
    found = plugins().get(str(about.get("plugin")))
    return " ".join(filter(None, [found.title if found else "Linux", about.get("mode") or ""]))


def _authors(recording: Recording) -> dict[tuple[str, str], tuple[str, str]]:
    """Return who writes which line, by namespace and line, where the plugin and its mode are known."""
    about = recording.about
    found = plugins().get(str(about.get("plugin")))
    if found is None or about.get("mode") not in {mode.name for mode in found.modes}:
        return {}
    rules = str(about.get("rules", IPTABLES))
    underlay, release = str(about.get("underlay") or "flat"), about.get("release")
    model = network(found.name, str(about["mode"]), underlay, rules=rules, release=release)
    return {
        (operation.netns, str(operation.entry)): (operation.by, operation.source)
        for node in model.nodes
        for operation in model.plan(node.name)
    }


def _tables(place: Place, written: dict[tuple[str, str], tuple[str, str]]) -> RecordedNetns:
    held = {table.name: place.entries(table) for table in every_table()}
    origin = {
        entry: written.get((place.netns, str(entry)), (table.author(entry) or RECORDED, ""))
        for table in every_table()
        if not table.hidden
        for entry in held[table.name]
    }
    return RecordedNetns(place.netns, place.node, place.kind, place.label, origin, held)
