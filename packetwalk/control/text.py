"""A timeline as lines of text, in the order of time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from packetwalk.control.flows import KINDS, ClientFlow
from packetwalk.control.probe import PingSpan
from packetwalk.control.timeline import (
    RECORDED,
    SECOND,
    ConntrackDeletion,
    Deed,
    Event,
    LineChange,
    Message,
    ProgramState,
    Timeline,
    Wire,
)

Pings = Iterable[tuple[str, str, Iterable[PingSpan]]]
"""Who pings whom, and what became of it."""
Flows = Iterable[tuple[ClientFlow, Iterable[PingSpan]]]
"""Whose sockets stay open, or whose client comes again, and what became of it."""
IDLE = ("KEEPALIVE", "HEARTBEAT")
PASSING = (
    *(": Idle", ": Active", ": Connect", ": OpenSent", ": OpenConfirm", ": Passive"),
    *(": attempting connection", ": connection accepted", ": connection ready; using protocol version 2"),
)
"""Through what a session only passes on its way."""


def text(timeline: Timeline, pings: Pings = (), flows: Flows = (), *, messages: bool = False) -> str:
    """Return the timeline, deeds marked by asterisks; with its ``messages`` if they are wanted, heartbeats left out.

    What a message says is computed where it was never recorded, and says so.
    """
    lines = [f"{timeline.title}   [{timeline.plugin} {timeline.mode}, computed]", "", "   seconds"]
    lines += [f"{at / SECOND:10.3f}  {what}" for at, what in said(timeline, messages=messages)]
    for src, dst, spans in pings:
        lines += ["", f"ping {src} to {dst}", *_spans(spans)]
    for flow, spans in flows:
        lines += ["", f"{flow}: {KINDS[flow.kind]}", *_answered(spans)]
    return "\n".join(lines) + "\n"


def said(timeline: Timeline, *, messages: bool = False) -> Iterator[tuple[int, str]]:
    """Yield what happens in words, each with its time in microseconds."""
    for event in timeline.events:
        what = _event(event, messages)
        if what:
            yield event.at, what


def _event(event: Event, messages: bool) -> str:
    match event:
        case Deed():
            return f"*** {event.what}"
        case LineChange():
            sign = "+" if event.added else "-"
            return f"{event.node}: {sign} {event.entry}   [{event.by}: {event.why}]"
        case ConntrackDeletion():
            what = f"UDP to {event.dst or 'any address'}:{event.dport} that {event.endpoint} answers"
            return f"{event.node}: conntrack - {what}   [{event.by}: {event.why}]"
        case Message() if messages and event.kind not in IDLE:
            lost = "" if event.until is not None else "   (lost on the way, sent again later)"
            computed = "" if event.evidence == RECORDED else f"   [{event.evidence}]"
            return f"{event.src} > {event.dst}: {event.text}{computed}{lost}"
        case ProgramState() if messages or not event.what.endswith(PASSING):
            return f"{event.lane}: {event.what}"
        case Wire() | Message() | ProgramState():
            return ""


def _spans(spans: Iterable[PingSpan]) -> Iterator[str]:
    for span in spans:
        word = "answered" if span.answered else "lost"
        yield f"{span.start / SECOND:10.3f} to {span.until / SECOND:.3f}  {word}: {span.what}"


def _answered(spans: Iterable[PingSpan]) -> Iterator[str]:
    for span in spans:
        what = f"{span.answerer} answers" if span.answered else f"lost: {span.what}"
        yield f"{span.start / SECOND:10.3f} to {span.until / SECOND:.3f}  {what}"
