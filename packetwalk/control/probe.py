"""Packets in a timeline: the cluster as it is at a moment, and what becomes of a ping that is sent then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from packetwalk.control.timeline import API, ApiObject, Line, LineChange, Timeline, Wire, ms
from packetwalk.plan.operation import Operation
from packetwalk.tables import LinkEntry
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Edit, Network
from packetwalk.walks.walk import Walk

EVERY = 200  # milliseconds from ping to ping, as in the recordings
UNPLUGGED = "nowhere"
"""The segment of a card whose wire is cut: nobody else is there."""


class PingSpan(NamedTuple):
    """From ``start`` to ``until``, in microseconds: what becomes of a ping that is sent then."""

    start: int
    until: int
    walk: Walk

    @property
    def answered(self) -> bool:
        """Whether the answer arrives."""
        return any(trace.name == "reply" and trace.disposition == "delivered" for trace in self.walk.traces)

    @property
    def what(self) -> str:
        """How the packet's way ends, in a sentence; that of its answer where it came so far."""
        traces = [each for each in self.walk.traces if each.name in ("request", "reply")]
        last = traces[-1].steps[-1]
        return f"{last.netns}: {last.why}"


def network_at(network: Network, timeline: Timeline, at: int) -> Network:
    """Return the cluster with the lines that its control planes have written by then, its wires as they are."""
    ever: dict[str, set[Line]] = {}
    for node, entry, *_ in (
        *timeline.initial,
        *((each.node, each.entry) for each in timeline.of(LineChange)),
    ):
        ever.setdefault(node, set()).add(entry)
    cut = timeline.cut(at)
    return network.edited(
        {
            node: [_edit(ever.get(node, set()), lines, node in cut)]
            for node, lines in timeline.tables(at).items()
            if node != API
        }
    )


def _edit(ever: set[Line], now: dict[Line, str], cut: bool) -> Edit:
    """Return what puts the lines of now in the place of all that control planes ever wrote."""

    def edit(plan: list[Operation]) -> list[Operation]:
        kept = [each for each in plan if each.entry not in ever or each.entry in now]
        planned = {each.entry for each in plan}
        here = plan[0].netns
        new = [
            Operation(here, entry, by)
            for entry, by in now.items()
            if entry not in planned and not isinstance(entry, ApiObject)
        ]
        return [_unplugged(each) if cut else each for each in (*kept, *new)]

    return edit


def _unplugged(each: Operation) -> Operation:
    if isinstance(each.entry, LinkEntry) and each.entry.kind == "eth":
        return each._replace(entry=each.entry._replace(segment=UNPLUGGED))
    return each


def walk_at(network: Network, timeline: Timeline, src: str, dst: str, at: int) -> Walk:
    """Send a ping at a moment, and return its walk."""
    return _sent(network_at(network, timeline, at), timeline, src, dst, f"{ms(at)} ms: {src} to {dst}")


def _sent(then: Network, timeline: Timeline, src: str, dst: str, title: str) -> Walk:
    packet = Packet("icmp")
    run = then.send(src, dst, packet)
    plugin = then.plugin
    title = f"{plugin.title} {then.mode.name}, {title}"
    return Walk(plugin.name, then.mode.name, "", title, plugin.version, packet, None, run.traces, run)


def spans(network: Network, timeline: Timeline, src: str, dst: str) -> Iterator[PingSpan]:
    """Yield what becomes of pings, from change to change; neighbours that behave alike are one."""
    moments = [0, *(each.at for each in timeline.events if isinstance(each, LineChange | Wire))]
    known: dict[tuple, Walk] = {}
    found: PingSpan | None = None
    for at in dict.fromkeys(moments):
        then = timeline.tables(at)
        key = (timeline.cut(at), *(frozenset(lines) for lines in then.values()))
        if key not in known:
            known[key] = walk_at(network, timeline, src, dst, at)
        here = PingSpan(at, timeline.until, known[key])
        if found and (found.answered, found.what) != (here.answered, here.what):
            yield found._replace(until=at)
            found = here
        found = found or here
    if found:
        yield found


def probed(src: str, dst: str, found: Iterable[PingSpan], *, walks: bool = False) -> dict[str, Any]:
    """Return spans as JSON's values, times in milliseconds; with their ``walks`` as the player reads them."""
    return {
        "src": src,
        "dst": dst,
        "every": EVERY,
        "spans": [
            {
                "from": ms(each.start),
                "until": ms(each.until),
                "answered": each.answered,
                "what": each.what,
                "walk": each.walk.to_json() if walks else None,
            }
            for each in found
        ],
    }
