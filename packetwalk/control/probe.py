"""Packets in a timeline: the cluster as it is at a moment, and what becomes of a ping that is sent then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from packetwalk.control.timeline import API, ApiObject, Line, LineChange, Timeline, Wire, ms
from packetwalk.datapath.run import Run
from packetwalk.plan.operation import Operation
from packetwalk.tables import AddrEntry, LinkEntry
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Edit, Network
from packetwalk.walks.walk import Walk

Edits = dict[str, list[Edit]]
"""By namespace, what is done there besides."""
EVERY = 200  # milliseconds from ping to ping, as in the recordings
NO_EDITS: Mapping[str, Iterable[Edit]] = {}
RESET = ("delivered-rst",)
"""The note of the step in which a client hears that nobody listens."""
UNPLUGGED = "nowhere"
"""The segment of a card whose wire is cut: nobody else is there."""


class PingSpan(NamedTuple):
    """From ``start`` to ``until``, in microseconds: what becomes of a ping that is sent then."""

    start: int
    until: int
    walk: Walk

    @property
    def answered(self) -> bool:
        """Whether the answer arrives, and is not a reset of TCP."""
        replies = (each for each in self.walk.traces if each.name == "reply")
        return any(
            each.disposition == "delivered" and each.steps[-1].decision.note != RESET for each in replies
        )

    @property
    def answerer(self) -> str:
        """Who answers: the namespace where the question ends; nobody if the answer does not arrive."""
        return self.walk.traces[0].steps[-1].netns if self.answered else ""

    @property
    def what(self) -> str:
        """How the packet's way ends, in a sentence; that of its answer where it came so far."""
        traces = [each for each in self.walk.traces if each.name in ("request", "reply")]
        last = traces[-1].steps[-1]
        return f"{last.netns}: {last.why}"


def network_at(
    network: Network, timeline: Timeline, at: int, more: Mapping[str, Iterable[Edit]] = NO_EDITS
) -> Network:
    """Return the cluster with the lines that its control planes have written by then, its wires as they are.

    ``more`` is done to the tables of nodes besides.
    """
    ever: dict[str, set[Line]] = {}
    for node, entry, *_ in (
        *timeline.initial,
        *((each.node, each.entry) for each in timeline.of(LineChange)),
        *timeline.governed,
    ):
        ever.setdefault(node, set()).add(entry)
    cut, then = timeline.cut(at), timeline.tables(at)
    return network.edited(
        {
            node: [_edit(ever.get(node, set()), then.get(node, {}), node in cut), *more.get(node, ())]
            for node in dict.fromkeys([*then, *ever])
            if node != API
        }
    )


def _edit(ever: set[Line], now: dict[Line, str], cut: bool) -> Edit:
    """Return what puts the lines of now in the place of all that control planes ever wrote, new ones in their order."""

    def edit(plan: list[Operation]) -> list[Operation]:
        planned = {each.entry for each in plan}
        lines = [entry for entry in now if not isinstance(entry, ApiObject)]
        order = {entry: number for number, entry in enumerate(lines)}
        made, done = [], 0
        for each in plan:
            if each.entry not in ever:
                made.append(each)
            elif each.entry in order:
                new = [entry for entry in lines[done : order[each.entry]] if entry not in planned]
                made += [Operation(each.netns, entry, now[entry]) for entry in new]
                made.append(each)
                done = max(done, order[each.entry] + 1)
        new = [entry for entry in lines[done:] if entry not in planned]
        made += [Operation(plan[0].netns, entry, now[entry]) for entry in new]
        return [_unplugged(each) if cut else each for each in made]

    return edit


def _unplugged(each: Operation) -> Operation:
    if isinstance(each.entry, LinkEntry) and each.entry.kind == "eth":
        return each._replace(entry=each.entry._replace(segment=UNPLUGGED))
    return each


def walk_at(network: Network, timeline: Timeline, src: str, dst: str, at: int) -> Walk:
    """Send a ping at a moment, or to a Service a connection of TCP, and return its walk."""
    services = {each.name for each in network.cluster.services}
    packet = Packet.towards(dst, {}, {"proto": "tcp"} if dst in services else {})
    then = network_at(network, timeline, at)
    goal = _address(network, timeline, dst, at)
    return sent(then, src, goal, packet, f"{ms(at)} ms: {src} to {dst}")[0]


def _address(network: Network, timeline: Timeline, end: str, at: int) -> str:
    """Return the address that a pod has at a moment, where a control plane gave it one; else the end as it is."""
    lines = timeline.tables(at).get(end, {}) if network.cluster.find_pod(end) else {}
    return next((each.local for each in lines if isinstance(each, AddrEntry)), end)


def sent(
    then: Network, src: str, dst: str, packet: Packet, title: str, *, after: Run | None = None
) -> tuple[Walk, Run]:
    """Return the walk of a packet in the cluster of a moment, and what a later one of the same socket is sent after."""
    run, plugin = then.send(src, dst, packet, after=after), then.plugin
    title = f"{plugin.title} {then.mode.name}, {title}"
    walk = Walk(
        plugin.name,
        then.mode.name,
        "",
        title,
        plugin.version,
        packet,
        None,
        run.traces,
        run,
        rules=then.rules,
    )
    return walk, run


def spans(network: Network, timeline: Timeline, src: str, dst: str) -> Iterator[PingSpan]:
    """Yield what becomes of pings, from change to change; neighbours that behave alike are one."""
    moments = [0, *(each.at for each in timeline.events if isinstance(each, LineChange | Wire))]
    known: dict[tuple, Walk] = {}
    found: PingSpan | None = None
    for at in dict.fromkeys(moments):
        then = timeline.tables(at)
        key = (timeline.cut(at), *(tuple(lines) for lines in then.values()))  # of rules the order counts
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
