"""What the kernel remembers of a client in a timeline: sockets that stay open, and Services with session affinity.

One packet after another is sent, from change to change of the tables.  With a socket that stays open the kernel's
conntrack sends each where it sent the first: NAT's rules are asked for the first packet of a connection only.
So TCP stays with an endpoint that the Service no longer has, for nobody deletes its entry; UDP, until kube-proxy
deletes it.  Packets come often enough that no entry times out (UDP's after 30 seconds, or 120).  A segment of TCP is shown by a SYN of the same ports, which takes the same way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import partial
from typing import Any, NamedTuple

from packetwalk.control import probe
from packetwalk.control.probe import Edits, PingSpan, network_at, sent
from packetwalk.control.timeline import ConntrackDeletion, LineChange, Timeline, Wire, ms
from packetwalk.datapath.run import Run
from packetwalk.errors import BadInput
from packetwalk.plan.affinity import met
from packetwalk.plan.operation import Operation
from packetwalk.trace.packet import Packet
from packetwalk.walks.network import Network
from packetwalk.walks.walk import Walk

KINDS = {
    "udp": "conntrack sends each packet where it sent the first, as long as it has the flow's entry",
    "tcp": "conntrack sends each segment where it sent the first, whatever the rules say now",
    "connections": "each is a new one for conntrack: rules choose, where none remembers the client",
}
"""A socket of UDP or TCP that stays open, one connection of TCP after another: and why packets go where they go."""


class ClientFlow(NamedTuple):
    """Who sends to whom; ``kind`` is one of KINDS, ``sport`` the source port, by which the model draws an endpoint."""

    src: str
    dst: str
    kind: str
    sport: int = 40000

    def __str__(self) -> str:
        how = "one connection after another" if self.kind == "connections" else f"{self.kind}, one socket"
        return f"{self.src} to {self.dst}, {how}"


class Visit(NamedTuple):
    """On a node, a client was sent to the endpoint of a Service by a connection of its."""

    node: str
    service: str
    client: str
    endpoint: str


def flow(src: str, dst: str, kind: str) -> ClientFlow:
    """Return a flow; BadInput for a kind that there is not."""
    if kind not in KINDS:
        raise BadInput("kind of flow", kind, KINDS)
    return ClientFlow(src, dst, kind)


def spans(network: Network, timeline: Timeline, asked: ClientFlow) -> Iterator[PingSpan]:
    """Yield what becomes of its packets, from change to change; neighbours that behave alike are one."""
    found: PingSpan | None = None
    for at, walk in _walks(network, timeline, asked):
        here = PingSpan(at, timeline.until, walk)
        if found and (found.answerer, found.what) != (here.answerer, here.what):
            yield found._replace(until=at)
            found = here
        found = found or here
    if found:
        yield found


def walk_at(network: Network, timeline: Timeline, asked: ClientFlow, at: int) -> Walk:
    """Send a packet at a moment, after all that were sent before, and return its walk."""
    *_, (_, walk) = _walks(network, timeline, asked, (at,))
    return walk


def _walks(
    network: Network, timeline: Timeline, asked: ClientFlow, ends: tuple[int, ...] = ()
) -> Iterator[tuple[int, Walk]]:
    """Send a packet at 0, at each change until then, and at the end; each knows what the ones before left behind."""
    kinds = LineChange | Wire | ConntrackDeletion
    moments = [0, *(each.at for each in timeline.events if isinstance(each, kinds)), *ends]
    deletions = list(timeline.of(ConntrackDeletion))
    before: Run | None = None
    visits: dict[tuple[str, str], Visit] = {}
    proto = "tcp" if asked.kind == "connections" else asked.kind
    for at in sorted({each for each in moments if not ends or each <= ends[0]}):
        while deletions and deletions[0].at <= at:
            before = _without(before, deletions.pop(0))
        then = network_at(network, timeline, at, _remembering(visits))
        title = f"{ms(at)} ms: {asked.src} to {asked.dst}, {proto}"
        walk, run = sent(then, asked.src, asked.dst, Packet(proto, sport=asked.sport), title, after=before)
        if asked.kind != "connections":
            before = run
        for each in _visits(network, run):
            visits[each.node, each.service] = each
        yield at, walk


def _without(run: Run | None, deleted: ConntrackDeletion) -> Run | None:
    """Return what a socket has sent, without the entry of conntrack that was deleted."""
    if run is None or deleted.node not in run.conntracks:
        return run
    other, table = copy(run), run.conntracks[deleted.node].copy()
    for each in table.connections():
        tuples = each.original.protocol, each.original.dport, each.reply.src
        if tuples == ("udp", deleted.dport, deleted.endpoint) and deleted.dst in ("", each.original.dst):
            table.kill(each)
    other.conntracks = run.conntracks | {deleted.node: table}
    return other


def _visits(network: Network, run: Run) -> Iterator[Visit]:
    """Yield which endpoints of which Services a run came to, where it was translated."""
    services = {each.address: f"{each.namespace}/{each.name}" for each in network.cluster.services}
    for node, table in run.conntracks.items():
        for each in table.connections():
            if each.original.dst in services:
                yield Visit(node, services[each.original.dst], each.original.src, each.reply.src)


def _remembering(visits: dict[tuple[str, str], Visit]) -> Edits:
    """Return what puts into a node's tables that a Service with affinity has been asked there before."""
    found: Edits = {}
    for each in visits.values():
        found.setdefault(each.node, []).append(partial(_met, each))
    return found


def _met(visit: Visit, plan: list[Operation]) -> list[Operation]:
    return met(plan, visit.service, visit.client, visit.endpoint)


def probed(asked: ClientFlow, found: Iterable[PingSpan], *, walks: bool = False) -> dict[str, Any]:
    """Return spans as JSON's values, times in milliseconds, with who answers."""
    found = list(found)
    made = probe.probed(asked.src, asked.dst, found, walks=walks)
    for each, span in zip(made["spans"], found, strict=True):
        each["answerer"] = span.answerer
    return {"kind": asked.kind} | made
