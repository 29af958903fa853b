"""What happened when: deeds, messages, states of programs and table lines that come and go; nothing here changes.

Times are whole microseconds after the first deed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from packetwalk.tables import Entry, table_of

MILLISECOND, SECOND = 1_000, 1_000_000
VERSION = 1
RECORDED, COMPUTED = "recorded", "computed"
"""Where it is known from what a message says: such messages were seen, or the programs' sources say so."""


API = "API"
"""Whose lane holds what is no node's: the objects of the API server."""


class ApiObject(NamedTuple):
    """An object of the API as one line of text."""

    kind: str
    text: str

    def __str__(self) -> str:
        return self.text


Line = Entry | ApiObject
"""What stands in a table of a node, or in the API."""


class Lane(NamedTuple):
    """Where things happen: a program on a node, or the node's kernel, which has the tables."""

    node: str
    program: str

    def __str__(self) -> str:
        return f"{self.node}/{self.program}"


class Deed(NamedTuple):
    """What somebody did."""

    at: int
    what: str
    node: str


class Message(NamedTuple):
    """What one program told another; ``until`` is when it was heard, None if it never was.

    ``evidence`` is RECORDED or COMPUTED.
    """

    at: int
    until: int | None
    src: Lane
    dst: Lane
    kind: str
    text: str
    evidence: str = RECORDED


class ProgramState(NamedTuple):
    """What a program says of itself."""

    at: int
    lane: Lane
    what: str


class LineChange(NamedTuple):
    """A table line that came (``added``) or went, by the program that did it; it came ``before`` another, or last."""

    at: int
    node: str
    by: str
    entry: Line
    added: bool
    why: str
    before: Line | None = None


class ConntrackDeletion(NamedTuple):
    """A program deleted what conntrack knew of UDP flows to ``dst``:``dport`` that ``endpoint`` answers.

    An empty ``dst`` is any address: that of a NodePort.
    """

    at: int
    node: str
    by: str
    dst: str
    dport: int
    endpoint: str
    why: str


class Wire(NamedTuple):
    """A node's wire was cut, or is ``whole`` again."""

    at: int
    node: str
    whole: bool


Event = Deed | Message | ProgramState | LineChange | ConntrackDeletion | Wire
Tables = dict[str, dict[Line, str]]
"""The lines of control planes, by network namespace, each with its author; rules of a chain in their order."""


def put(lines: dict[Line, str], entry: Line, by: str, before: Line | None) -> None:
    """Put a line among those of a node: before another that is there, else last."""
    later = list(lines.items()) if before in lines else []
    for each, _ in later:
        del lines[each]
    for each, author in later:
        if each == before:
            lines[entry] = by
        lines[each] = author
    lines.setdefault(entry, by)


class Timeline(NamedTuple):
    """All that happened from 0 to ``until``; ``initial`` are the lines that were there.

    ``governed`` are lines of the plan that stand only while a control plane writes them.
    """

    title: str
    plugin: str
    mode: str
    until: int
    lanes: tuple[Lane, ...]
    initial: tuple[tuple[str, Line, str], ...]
    events: tuple[Event, ...]
    governed: tuple[tuple[str, Line], ...] = ()

    def of(self, kind: type) -> Iterator[Any]:
        """Yield the events of one kind, in order."""
        return (each for each in self.events if isinstance(each, kind))

    def tables(self, at: int) -> Tables:
        """Return the lines of every node, and of pods, as they are at a time, its own changes made."""
        found: Tables = {lane.node: {} for lane in self.lanes}
        for node, entry, by in self.initial:
            found.setdefault(node, {})[entry] = by
        for each in self.of(LineChange):
            if each.at > at:
                break
            there = found.setdefault(each.node, {})
            if each.added:
                put(there, each.entry, each.by, each.before)
            else:
                there.pop(each.entry, None)
        return found

    def cut(self, at: int) -> frozenset[str]:
        """Return the nodes whose wire is cut at a time."""
        last = {each.node: each.whole for each in self.of(Wire) if each.at <= at}
        return frozenset(node for node, whole in last.items() if not whole)

    def json(self) -> dict[str, Any]:
        """Return it as JSON's values, times in milliseconds."""
        found: dict[str, Any] = {
            "version": VERSION,
            "title": self.title,
            "plugin": self.plugin,
            "mode": self.mode,
            "until": ms(self.until),
            "lanes": [{"id": str(each), "node": each.node, "program": each.program} for each in self.lanes],
            "initial": {},
            "deeds": [{"at": ms(each.at), "what": each.what, "node": each.node} for each in self.of(Deed)],
            "messages": [_message(each) for each in self.of(Message)],
            "states": [
                {"at": ms(each.at), "lane": str(each.lane), "what": each.what}
                for each in self.of(ProgramState)
            ],
            "changes": [
                {
                    "at": ms(each.at),
                    "node": each.node,
                    **_line(each.entry, each.by),
                    "added": each.added,
                    "why": each.why,
                }
                for each in self.of(LineChange)
            ],
            "conntrack": [each._asdict() | {"at": ms(each.at)} for each in self.of(ConntrackDeletion)],
        }
        for node, entry, by in self.initial:
            found["initial"].setdefault(node, []).append(_line(entry, by))
        return found


def ms(at: int) -> float:
    """Return milliseconds, as a whole number where they are one."""
    return at // MILLISECOND if at % MILLISECOND == 0 else at / MILLISECOND


def _line(entry: Line, by: str) -> dict[str, str]:
    table = entry.kind if isinstance(entry, ApiObject) else table_of(entry).name
    return {"table": table, "line": str(entry), "by": by}


def _message(each: Message) -> dict[str, Any]:
    lost = each.until is None
    return {
        "at": ms(each.at),
        "until": ms(each.at if each.until is None else each.until),
        "src": str(each.src),
        "dst": str(each.dst),
        "kind": each.kind,
        "text": each.text,
        "lost": lost,
        "evidence": each.evidence,
    }
